"""SHOW HELP: what can be said here."""

from collections.abc import Iterable

from pgpool_py import __version__

from .result import SHOW_TAG, Done, Notice


def show(shows: Iterable[str], others: Iterable[str]) -> Done:
    """Give the usage as a notice; ``shows`` are names, ``others`` whole lines."""
    names = "|".join(name.upper() for name in shows)
    lines = [f"SHOW {names}", *others]
    usage = "".join(f"\n\t{line}" for line in lines)
    return Done(
        SHOW_TAG, Notice("Console usage", f"{usage}\n\npgpool-py {__version__}")
    )
