"""``pgpool-py check FILE``: say whether a configuration can be used."""

import os

from pgpool_py.config import check as config_check
from pgpool_py.config.alone import EXAMPLE, is_given

from .parser import Parser


def parser() -> Parser:
    """Give the parser of the options."""
    options = Parser(
        prog="pgpool-py check",
        description="Read a configuration, and what PGPOOL_<SETTING> in the "
        "environment sets over it, and print every fault, or the warnings. Starts "
        "nothing.",
        epilog="Exit status: 0 if it can be used, else 1.",
    )
    options.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="pgbouncer.ini; without it DATABASE_URL says what to pool",
    )
    return options


def run(arguments: list[str]) -> int:
    """Print every fault, or the warnings and ``ok``; 1 if there are faults."""
    path = parser().parse_args(arguments).file
    if path is None and not is_given(os.environ):
        print(EXAMPLE)
        return 1
    report = config_check.check(path, os.environ)
    for line in report.lines:
        print(line)
    return report.status
