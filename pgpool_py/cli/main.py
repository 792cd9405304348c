"""``pgpool-py``: the first word chooses the subcommand, else it is a file to run."""

import difflib
import os.path
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final

#: Each is the module of this name beside this one, with `run`.
COMMANDS: Final = ("advise", "check", "demo", "health", "run", "top")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; give the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] in COMMANDS:
        return _command(words[0])(words[1:])
    meant = _meant(words[0]) if words else None
    if meant is not None:
        print(
            f'pgpool-py: there is neither a command nor a file "{words[0]}": did you '
            f"mean pgpool-py {meant}?",
            file=sys.stderr,
        )
        return 1
    return _command("run")(words)


def _command(name: str) -> Callable[[list[str]], int]:
    """Import one command alone: a probe is run every few seconds."""
    command: Callable[[list[str]], int] = import_module(f"{__package__}.{name}").run
    return command


def _meant(word: str) -> str | None:
    """Give the command that a word is a slip of, if there is no such file."""
    if os.path.lexists(word):
        return None
    return next(iter(difflib.get_close_matches(word, COMMANDS, 1)), None)
