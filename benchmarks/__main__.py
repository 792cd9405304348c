"""Measure the pooler beside PostgreSQL and PgBouncer: `python -m benchmarks`."""

import argparse
import platform
import resource
import shlex
import signal
import sys
from types import FrameType

from pgpool_py.embedded import EmbeddedError

from . import machine, ours, pgbench, pgbouncer, postgres, report
from .cases import CASES, Case, select
from .errors import BenchmarkError, OursError, PgbouncerError
from .runner import Plan, Result, Runner, say
from .targets import Program

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


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    names = ", ".join(case.name for case in CASES)
    result = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    result.add_argument("cases", nargs="*", metavar="case", help=f"any of {names}")
    result.add_argument(
        "--quick", action="store_true", help="3 runs of 2 s: to see that it works"
    )
    result.add_argument("--runs", type=positive, help="rounds (9)")
    result.add_argument("--seconds", type=positive, help="seconds of one run (5)")
    result.add_argument(
        "--pgbouncer", type=command, metavar="CMD", help="the PgBouncer to run"
    )
    result.add_argument("--ours", type=command, metavar="CMD", help="our pooler to run")
    result.add_argument(
        "--without", choices=TARGETS, action="append", default=[], help="leave one out"
    )
    result.add_argument(
        "--markdown", action="store_true", help="print one Markdown table"
    )
    return result


def poolers(arguments: argparse.Namespace) -> tuple[list[Program], list[str]]:
    """Return the poolers to measure, and notes on those that are missing.

    One that was asked for by its command may not be missing: BenchmarkError.
    """
    found: list[Program] = []
    notes: list[str] = []
    finders = (
        (pgbouncer.NAME, pgbouncer.find, arguments.pgbouncer),
        (ours.NAME, ours.find, arguments.ours),
    )
    for name, find, given in finders:
        if name in arguments.without:
            continue
        try:
            found.append(find(given))
        except (PgbouncerError, OursError) as error:
            if given is not None:
                raise
            notes.append(f"{name} is missing: {error}")
    return found, notes


def plan(arguments: argparse.Namespace) -> Plan:
    """Return the plan: --runs and --seconds go before --quick."""
    base = QUICK if arguments.quick else DEFAULT
    return Plan(arguments.seconds or base.seconds, arguments.runs or base.runs)


def raise_descriptor_limit() -> None:
    """Allow this process, and the poolers it starts, as many files as it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def stop(number: int, frame: FrameType | None) -> None:
    """Turn SIGTERM into an exit that ends everything we started."""
    del frame
    raise SystemExit(128 + number)


def measure(
    chosen: list[Case], arguments: argparse.Namespace
) -> tuple[list[Result], list[str]]:
    """Run the cases; return their results and the facts that go with them."""
    programs, notes = poolers(arguments)
    chosen_plan = plan(arguments)
    say("starting PostgreSQL and filling pgbench's tables")
    with postgres.running() as server:
        facts = [
            machine.describe(),
            f"PostgreSQL {server.version}, Python {platform.python_version()}",
            *(f"{program.name}: {program.version}" for program in programs),
            *notes,
            f"runs: {chosen_plan.runs} of {chosen_plan.seconds:g} s, interleaved",
            "each figure: median [quartiles]",
        ]
        program = pgbench.Pgbench(pgbench.find(server.bindir), chosen_plan.seconds)
        runner = Runner(server, program, programs, chosen_plan)
        if not arguments.markdown:
            print("\n".join(facts), flush=True)
        results: list[Result] = []
        for case in chosen:
            results.append(runner.run(case))
            if not arguments.markdown:
                print(report.block(results[-1]), flush=True)
    return results, facts


def main() -> int:
    """Run the benchmarks; 1 if a target failed where it should not, 2 for bad use."""
    options = parser()
    arguments = options.parse_args()
    try:
        chosen = select(arguments.cases)
    except ValueError as error:
        options.error(str(error))
    signal.signal(signal.SIGTERM, stop)
    raise_descriptor_limit()
    try:
        results, facts = measure(chosen, arguments)
    except (BenchmarkError, EmbeddedError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    if arguments.markdown:
        print(report.markdown(results, facts))
    else:
        print("\n".join(report.flatness(results)))
    failed = [each for each in results if each.failures and not each.case.optional]
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
