"""How many lines of one kind the log has: a flood of them must not fill the disk."""

import logging
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from pgpool_py.wording import counted

_log = logging.getLogger(__name__)

#: In one period. A person who mistypes, or an application that retries, is all there.
MOST: Final = 20
PERIOD: Final = 1.0
# Periods without a line of a kind after which its flood is over.
_OVER: Final = 2


class Repeated(StrEnum):
    """What may come in floods, as a line calls one that says how many there were."""

    FAILED_LOGINS = "failed login"
    FAILED_SERVER_LOGINS = "failed server login"
    LONG_EXCHANGES = "long exchange"


class _Kind:
    """Lines of one kind: of this period, and those since one was shown."""

    __slots__ = ("began", "count", "last", "unsaid")

    def __init__(self, now: float) -> None:
        self.began = self.last = now
        self.count = self.unsaid = 0


class Repeats:
    """Counts the lines of a period by kind; what is above the limit is only counted.

    Kinds are words of ours, so that there are few.
    """

    __slots__ = ("_clock", "_kinds", "_most", "_period")

    def __init__(
        self,
        most: int = MOST,
        period: float = PERIOD,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._period = period
        self._clock = clock
        self._kinds: dict[StrEnum, _Kind] = {}

    def admit(self, what: StrEnum) -> bool:
        """Note one line; say whether the log is to have it."""
        now = self._clock()
        kind = self._kinds.get(what)
        if kind is None:
            kind = self._kinds[what] = _Kind(now)
        elif now - kind.began >= self._period:
            kind.began, kind.count = now, 0
        kind.last = now
        kind.count += 1
        if kind.count <= self._most:
            return True
        kind.unsaid += 1
        return False

    def unsaid(self, what: StrEnum) -> int:
        """Give how many were not shown, which the line must say; forget them."""
        kind = self._kinds.get(what)
        if kind is None:
            return 0
        count, kind.unsaid = kind.unsaid, 0
        return count

    def behind(self, what: StrEnum) -> str:
        """Give what a line of this kind must add of those that were not shown."""
        count = self.unsaid(what)
        return f" (not shown before: {counted(count, what)})" if count else ""

    def maintain(self) -> None:
        """Tell of floods that are over, for no line of theirs may ever follow."""
        now = self._clock()
        for what, kind in self._kinds.items():
            if kind.unsaid and now - kind.last >= _OVER * self._period:
                _log.warning("not shown: %s", counted(self.unsaid(what), what))
