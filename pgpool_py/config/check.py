"""Say whether a configuration can be used, without starting anything."""

from collections.abc import Mapping
from dataclasses import dataclass

from .exposed import readable_by_all
from .faults import ConfigError, printable
from .load import load


@dataclass(frozen=True, slots=True)
class Report:
    """What to print, and the exit status: 0 for usable, 1 for faults."""

    lines: tuple[str, ...]
    status: int


def check(path: str | None, environment: Mapping[str, str]) -> Report:
    """Return every fault by file and line, else the warnings and ``FILE: ok``.

    What ``environment`` sets stands over the file; without one it says all.
    """
    try:
        loaded = load(path, environment)
    except ConfigError as error:
        return Report(tuple(map(str, sorted(error.faults))), 1)
    lines = (
        *(f"warning: {text}" for text in loaded.warnings),
        *(f"warning: {text}" for text in readable_by_all(loaded.settings)),
        f"{path or 'environment'}: ok",
    )
    return Report(tuple(map(printable, lines)), 0)
