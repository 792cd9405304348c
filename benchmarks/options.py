"""The command line."""

import argparse
import shlex
from pathlib import Path

from . import ours, pgbouncer
from .cases import CASES
from .runner import Plan

TARGETS = (pgbouncer.NAME, ours.NAME)
DEFAULT = Plan(seconds=5.0, runs=9)
QUICK = Plan(seconds=2.0, runs=3)


def command(text: str) -> tuple[str, ...]:
    """Split a command line as a shell would; an empty one is refused."""
    words = tuple(shlex.split(text))
    if not words:
        raise argparse.ArgumentTypeError("an empty command")
    return words


def positive(text: str) -> int:
    """Read a whole number of at least one."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def setting(text: str) -> tuple[str, str]:
    """Split `name=value`; what has no name or no equals sign is refused."""
    name, equals, value = text.partition("=")
    if not (name.strip() and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    return name.strip(), value.strip()


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    names = ", ".join(case.name for case in CASES)
    result = argparse.ArgumentParser("python -m benchmarks", description=description)
    result.add_argument("cases", nargs="*", metavar="case", help=f"any of {names}")
    result.add_argument(
        "--quick", action="store_true", help="3 runs of 2 s: to see that it works"
    )
    result.add_argument("--runs", type=positive, help="rounds (9; 5 for tails)")
    result.add_argument("--seconds", type=positive, help="seconds of one run (5)")
    result.add_argument(
        "--pgbouncer", type=command, metavar="CMD", help="the PgBouncer to run"
    )
    result.add_argument("--ours", type=command, metavar="CMD", help="our pooler to run")
    result.add_argument(
        "--setting",
        type=setting,
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a setting of our pooler alone, over the case's; may be repeated",
    )
    result.add_argument(
        "--without", choices=TARGETS, action="append", default=[], help="leave one out"
    )
    result.add_argument("--markdown", action="store_true", help="print Markdown tables")
    result.add_argument(
        "--svg", type=Path, metavar="FILE", help="draw the comparison with PgBouncer"
    )
    return result


def plan(arguments: argparse.Namespace) -> Plan:
    """Return the plan: --runs and --seconds go before --quick."""
    base = QUICK if arguments.quick else DEFAULT
    return Plan(
        arguments.seconds or base.seconds,
        arguments.runs or base.runs,
        asked=arguments.runs is not None,
    )
