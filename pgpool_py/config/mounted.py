"""Whether files were replaced: by others, or behind a symbolic link.

Kubernetes swaps a link above the files of a secret, so their path stays as it is.
"""

import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

#: Seconds between two looks.
PERIOD: Final = 1.0

_Mark = tuple[int, int, int, int]

#: What each file was, by its path; None for one that was not there.
Marks = Mapping[str, _Mark | None]


def look(paths: Iterable[str]) -> Marks:
    """Give what the files are; look before they are read, for they may be replaced."""
    return MappingProxyType({path: _mark(path) for path in paths})


class Mounted:
    """The files as they were when looked at last, at first as ``seen``."""

    __slots__ = ("_next", "_seen")

    def __init__(self, seen: Marks) -> None:
        self._seen = seen
        self._next = 0.0

    def has_changed(self, now: float) -> bool:
        """Say whether one is another than at the last look.

        ``now`` is a monotonic clock; within PERIOD of a look there is none.
        """
        if now < self._next:
            return False
        self._next = now + PERIOD
        before, self._seen = self._seen, look(self._seen)
        return self._seen != before


def _mark(path: str) -> _Mark | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
