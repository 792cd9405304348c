"""The parser of every subcommand: one way to be wrong, one status for it."""

import argparse
import sys
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Ends with PgBouncer's status, where argparse has one of its own.

    Which is 2, and that Docker reserves for itself where it asks for health.
    """

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and end."""
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")
