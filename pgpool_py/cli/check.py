"""``pgpool-py check FILE``: say whether a configuration can be used."""

import argparse

from pgpool_py.config import check as config_check


def run(arguments: list[str]) -> int:
    """Print every fault, or the warnings and ``ok``; 1 if there are faults."""
    options = argparse.ArgumentParser(
        prog="pgpool-py check",
        description="Read a configuration and print every fault in it. Starts nothing.",
    )
    options.add_argument("file", metavar="FILE", help="pgbouncer.ini")
    report = config_check.check(options.parse_args(arguments).file)
    for line in report.lines:
        print(line)
    return report.status
