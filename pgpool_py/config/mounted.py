"""Whether files were replaced: by others, or behind a symbolic link.

Kubernetes swaps a link above the files of a secret, so their path stays as it is.
"""

import os
from collections.abc import Sequence
from typing import Final

#: Seconds between two looks.
PERIOD: Final = 1.0

_Mark = tuple[int, int, int, int]


class Mounted:
    """The files as they were when looked at last; built, it looks."""

    __slots__ = ("_marks", "_next", "_paths")

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = tuple(paths)
        self._marks = self._look()
        self._next = 0.0

    def has_changed(self, now: float) -> bool:
        """Say whether one is another than at the last look.

        ``now`` is a monotonic clock; within PERIOD of a look there is none.
        """
        if now < self._next:
            return False
        self._next = now + PERIOD
        marks = self._look()
        changed = marks != self._marks
        self._marks = marks
        return changed

    def _look(self) -> tuple[_Mark | None, ...]:
        return tuple(map(_mark, self._paths))


def _mark(path: str) -> _Mark | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
