"""How late the loop does what is due: for so long everybody's answers wait."""

import logging
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from pgpool_py.client.repeats import Repeats
from pgpool_py.pooler.upkeep import INTERVAL
from pgpool_py.statistics import Histogram

_log = logging.getLogger(__name__)

#: Seconds; what is later than that a person wants to know of. The page says the same.
LATE: Final = 0.1
#: Seconds between two lines of it.
QUIET: Final = 60.0


class _Repeated(StrEnum):
    LATE = "late loop turn"


class LoopLag:
    """Measures how much later than :data:`INTERVAL` each tick comes after the last.

    Attributes:
        latest: seconds.
        histogram: of all.
    """

    __slots__ = ("_clock", "_due", "_longest", "_repeats", "histogram", "latest")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._repeats = Repeats(most=1, period=QUIET, clock=clock)
        # Of those since the last line.
        self._longest = 0.0
        self.latest = 0.0
        self.histogram = Histogram()
        self.begin()

    def begin(self) -> None:
        """Measure from now on; what went before kept nobody waiting."""
        self._due = self._clock() + INTERVAL

    def tick(self) -> None:
        """Take note; called by the pooler at every tick."""
        now = self._clock()
        self.latest = max(0.0, now - self._due)
        self.histogram.observe(self.latest)
        self._due = now + INTERVAL
        if self.latest > LATE:
            self._tell()
        self._repeats.maintain()

    def _tell(self) -> None:
        if not self._repeats.admit(_Repeated.LATE):
            self._longest = max(self._longest, self.latest)
            return
        unsaid, longest = self._repeats.unsaid(_Repeated.LATE), self._longest
        self._longest = 0.0
        more = f" ({unsaid} more before, up to {longest:.3f} s)" if unsaid else ""
        _log.warning(
            "the loop was late by %.3f s (more than %g s), and nobody was answered for "
            "so long: the process has more to do than one core can, or was not given "
            "one; see pgpool_loop_lag_seconds, and so_reuseport for another process%s",
            *(self.latest, LATE, more),
        )
