"""``pgpool-py``: the first word chooses the subcommand, else it is a file to run."""

import difflib
import os.path
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
    if command is not None:
        return command(words[1:])
    meant = _meant(words[0]) if words else None
    if meant is not None:
        print(
            f'pgpool-py: there is neither a command nor a file "{words[0]}": did you '
            f"mean pgpool-py {meant}?",
            file=sys.stderr,
        )
        return 1
    return run.run(words)


def _meant(word: str) -> str | None:
    """Give the command that a word is a slip of, if there is no such file."""
    if os.path.lexists(word):
        return None
    return next(iter(difflib.get_close_matches(word, COMMANDS, 1)), None)
