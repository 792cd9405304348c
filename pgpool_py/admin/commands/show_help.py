"""SHOW HELP: what can be said here."""

from collections.abc import Iterable
from typing import Final

from pgpool_py import __version__

from .result import SHOW_TAG, Done, Notice

_IN_A_LINE: Final = 6


def show(shows: Iterable[str], others: Iterable[str]) -> Done:
    """Give the usage as a notice; ``shows`` are names, ``others`` whole lines."""
    names = [name.upper() for name in shows]
    starts = range(0, len(names), _IN_A_LINE)
    lines = ["SHOW " + "|".join(names[at : at + _IN_A_LINE]) for at in starts]
    lines += others
    usage = "".join(f"\n\t{line}" for line in lines)
    return Done(
        SHOW_TAG, Notice("Console usage", f"{usage}\n\npgpool-py {__version__}")
    )
