"""How long things took: how many of them took how long, by fixed bounds."""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Self

#: Seconds, upper bounds that count as within; above the last there is one bucket more.
#: From a wait of one turn of the loop up to the default of ``query_wait_timeout``.
BOUNDS: Final = (
    *(0.0001, 0.00025, 0.0005),
    *(0.001, 0.0025, 0.005),
    *(0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0),
    *(10.0, 30.0, 60.0, 120.0),
)


class Histogram:
    """Counts durations; times are seconds.

    Attributes:
        counts: one for each bucket.
        total: all durations together.
    """

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def add(self, other: Self) -> None:
        """Add bucket by bucket."""
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    def snapshot(self) -> "Distribution":
        """Copy what is counted so far."""
        return Distribution(tuple(self.counts), self.total)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A histogram at one moment; fields as in Histogram.

    Attributes:
        bounds: of its buckets but the last; of seconds, unless it says otherwise.
    """

    counts: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    total: float = 0.0
    bounds: tuple[float, ...] = BOUNDS

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self.counts)

    def at_most(self) -> tuple[int, ...]:
        """Give how many were within each bound; last, how many there were."""
        return tuple(accumulate(self.counts))

    def with_instant(self, number: int) -> "Distribution":
        """Add so many that took no time at all."""
        first, *rest = self.counts
        return Distribution((first + number, *rest), self.total, self.bounds)

    def plus(self, other: Self) -> "Distribution":
        """Add bucket by bucket; the bounds are the same."""
        pairs = zip(self.counts, other.counts, strict=True)
        return Distribution(
            tuple(one + two for one, two in pairs),
            self.total + other.total,
            self.bounds,
        )
