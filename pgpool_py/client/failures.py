"""How many failed logins the log tells of: a flood of them must not fill the disk."""

import time
from collections.abc import Callable
from typing import Final

# In one period. A person who mistypes, or an application that retries, is all there.
MOST: Final = 20
PERIOD: Final = 1.0


class Failures:
    """Counts the failures of a period; what is above the limit is only counted."""

    __slots__ = ("_began", "_clock", "_count", "_unsaid")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._count = 0
        self._unsaid = 0

    def admit(self) -> bool:
        """Note one failure; say whether the log is to tell of it."""
        now = self._clock()
        if now - self._began >= PERIOD:
            self._began, self._count = now, 0
        self._count += 1
        if self._count <= MOST:
            return True
        self._unsaid += 1
        return False

    def unsaid(self) -> str:
        """Give what a line must add of those that were not told of; forget them."""
        count, self._unsaid = self._unsaid, 0
        return f" ({count} failed logins before this one are not shown)" * bool(count)
