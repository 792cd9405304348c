"""How long exchanges and transactions took, and how much they brought, per pool.

What nearly all exchanges are, one that is a transaction by itself, is counted once for
both, and only written down: finding its bucket would cost more than all that is counted
of it besides. So many are found theirs at once, which costs little for each. What they
come to together is added to the pool's counters then, not at each.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from .histogram import BOUNDS, Distribution, Histogram

#: Bytes, upper bounds that count as within: powers of four, up to what one read brings
#: many times.
SIZE_BOUNDS: Final = tuple(4**power for power in range(3, 15))

#: What is written down before it is sorted.
MOST_UNSORTED: Final = 1000

_SIZES: Final = (0,) * (len(SIZE_BOUNDS) + 1)


def _no_sizes() -> Distribution:
    return Distribution(_SIZES, bounds=SIZE_BOUNDS)


class Unsorted(NamedTuple):
    """What exchanges that were only written down come to together.

    Attributes:
        spent, waited: seconds.
        brought: bytes.
    """

    spent: float
    brought: int
    waited: float


class Exchanges:
    """Counts by the bounds of their length or size; only grows.

    Attributes:
        spent: the seconds of exchanges that each were a transaction. This and the next
            three are in no bucket yet.
        brought: the bytes of answers that went out at once, and nobody has counted.
        delivered: those of answers that were counted piece by piece.
        waited: the seconds of ``shared_waits``.
        lone: exchanges that each were a transaction, by their seconds.
        queries, transactions: all others.
        sizes: all exchanges, by the bytes of their answers.
        shared_waits: of clients whose exchange then shared a server.
    """

    __slots__ = (
        "brought",
        "delivered",
        "lone",
        "queries",
        "shared_waits",
        "sizes",
        "spent",
        "transactions",
        "waited",
    )

    def __init__(self) -> None:
        self.spent: list[float] = []
        self.brought: list[int] = []
        self.delivered: list[int] = []
        self.waited: list[float] = []
        self.lone = [0] * (len(BOUNDS) + 1)
        self.queries = list(self.lone)
        self.transactions = list(self.lone)
        self.sizes = list(_SIZES)
        self.shared_waits = Histogram()

    def note_query(self, seconds: float, size: int) -> None:
        """Count an exchange that is answered, with bytes that are counted."""
        self.queries[bisect_left(BOUNDS, seconds)] += 1
        self.sizes[bisect_left(SIZE_BOUNDS, size)] += 1

    def note_transaction(self, seconds: float) -> None:
        """Count a transaction that is over."""
        self.transactions[bisect_left(BOUNDS, seconds)] += 1

    def note_lone(self, seconds: float, size: int) -> None:
        """As note_query, for one that was a transaction by itself."""
        self.spent.append(seconds)
        self.delivered.append(size)

    def sort(self) -> Unsorted:
        """Find the buckets of all that is in none; give what it comes to together."""
        waited = sum(self.waited)
        self.shared_waits.total += waited
        found = Unsorted(sum(self.spent), sum(self.brought), waited)
        _sort_into(self.lone, self.spent, BOUNDS)
        _sort_into(self.sizes, self.brought, SIZE_BOUNDS)
        _sort_into(self.sizes, self.delivered, SIZE_BOUNDS)
        _sort_into(self.shared_waits.counts, self.waited, BOUNDS)
        return found

    def add(self, other: Self) -> None:
        """Add one by one; both are sorted."""
        for name in ("lone", "queries", "transactions", "sizes"):
            pairs = zip(getattr(self, name), getattr(other, name), strict=True)
            setattr(self, name, [one + two for one, two in pairs])
        self.shared_waits.add(other.shared_waits)

    def snapshot(
        self, *, query_time: float, xact_time: float, bytes_sent: int
    ) -> "Exchanged":
        """Copy what is sorted; the arguments are what it comes to together."""
        lone = Distribution(tuple(self.lone))
        return Exchanged(
            lone.plus(Distribution(tuple(self.queries), query_time)),
            lone.plus(Distribution(tuple(self.transactions), xact_time)),
            Distribution(tuple(self.sizes), bytes_sent, SIZE_BOUNDS),
            self.shared_waits.snapshot(),
        )


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What was counted at one moment.

    Attributes:
        queries, transactions: seconds.
        sizes: bytes of answers; together they are all that clients were sent.
        shared_waits: seconds.
    """

    queries: Distribution = field(default_factory=Distribution)
    transactions: Distribution = field(default_factory=Distribution)
    sizes: Distribution = field(default_factory=_no_sizes)
    shared_waits: Distribution = field(default_factory=Distribution)

    def plus(self, other: Self) -> "Exchanged":
        """Add one by one."""
        return Exchanged(
            self.queries.plus(other.queries),
            self.transactions.plus(other.transactions),
            self.sizes.plus(other.sizes),
            self.shared_waits.plus(other.shared_waits),
        )


def _sort_into(
    counts: list[int], values: list[float] | list[int], bounds: Sequence[float]
) -> None:
    if not values:
        return
    values.sort()
    counted = 0
    for index, bound in enumerate(bounds):
        within = bisect_right(values, bound, counted)
        counts[index] += within - counted
        counted = within
    counts[-1] += len(values) - counted
    values.clear()
