"""``pgpool-py demo``: show what a pooler does, on a PostgreSQL made for it."""

import argparse
import os
import sys
from collections.abc import Callable

from pgpool_py.demo.errors import DemoError
from pgpool_py.demo.options import MAX_CLIENTS, MAX_POOL_SIZE, MAX_PORT, Options
from pgpool_py.embedded import BinariesNotFoundError, EmbeddedError

from .parser import Parser

INSTALL = "pip install 'pgpool-py[demo]'"


def run(arguments: list[str]) -> int:
    """Run until the time is over or a signal comes; give the exit status."""
    given = parser().parse_args(arguments)
    try:
        # Not at the top: the other commands need no psycopg.
        from pgpool_py.demo import show  # noqa: PLC0415 - an extra, may be absent
    except ImportError as error:
        print(f"the demo needs psycopg ({error}): {INSTALL}", file=sys.stderr)
        return 1
    options = Options(
        seconds=given.seconds,
        clients=given.clients,
        pool_size=given.pool_size,
        port=given.port,
    )
    try:
        return show.run(options, sys.stdout)
    except BinariesNotFoundError as error:
        print(f"{error}; {INSTALL} brings all the demo needs", file=sys.stderr)
    except (DemoError, EmbeddedError) as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:
        # Nobody reads any more. Python would flush, and fail, once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def parser() -> argparse.ArgumentParser:
    """Give the parser of the demo's options."""
    options = Parser(
        prog="pgpool-py demo",
        description="Start a throw-away PostgreSQL and a pooler in front of it, let "
        "many clients share few servers, and show what the pooler does. Nothing of it "
        "stays.",
        epilog="Exit status: 0 at its end, 1 if it could not be shown.",
    )
    options.add_argument(
        "--seconds",
        type=_seconds,
        metavar="N",
        help="end after this time; else with Ctrl-C",
    )
    ours = Options()
    for name, default, most, text in (
        ("--clients", ours.clients, MAX_CLIENTS, "at work at the same time"),
        ("--pool-size", ours.pool_size, MAX_POOL_SIZE, "servers that they share"),
        ("--port", ours.port, MAX_PORT, "of the pooler; when taken, the next free one"),
    ):
        options.add_argument(
            name,
            type=_number(most),
            default=default,
            metavar="N",
            help=f"{text}; default: {default}, at most {most}",
        )
    return options


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time above 0 seconds")
    return seconds


def _number(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is not between 1 and {most}")
        return int(text)

    return read
