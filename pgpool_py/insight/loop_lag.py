"""How late the loop does what is due: for so long everybody's answers wait."""

import time
from collections.abc import Callable

from pgpool_py.pooler.upkeep import INTERVAL
from pgpool_py.statistics import Histogram


class LoopLag:
    """Measures how much later than :data:`INTERVAL` each tick comes after the last.

    Attributes:
        latest: seconds.
        histogram: of all.
    """

    __slots__ = ("_clock", "_due", "histogram", "latest")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = clock() + INTERVAL
        self.latest = 0.0
        self.histogram = Histogram()

    def tick(self) -> None:
        """Take note; called by the pooler at every tick."""
        now = self._clock()
        self.latest = max(0.0, now - self._due)
        self.histogram.observe(self.latest)
        self._due = now + INTERVAL
