"""``pgpool-py``: the first word chooses the subcommand, else it is a file to run."""

import sys
from collections.abc import Callable

from . import advise, check, demo, health, run, top

COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "advise": advise.run,
    "check": check.run,
    "demo": demo.run,
    "health": health.run,
    "run": run.run,
    "top": top.run,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; give the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    command = COMMANDS.get(words[0]) if words else None
    return command(words[1:]) if command is not None else run.run(words)
