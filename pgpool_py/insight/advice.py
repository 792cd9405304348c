"""How many servers a pool should have, by what its clients have done with them.

By Little's law, so many servers are held at a time: links per second by the mean time
for which one is held. Clients that waited in vain would have held some too: for as long
as others do, but, for what keeps them out may be one that does not end, for no longer
than they waited. Half as many again leave room for chance. What counts is the busiest
minute of the last hour: a mean over a day would advise a size for nobody. Before
a whole minute was seen no size is said: a burst would be taken for the load.
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.statistics import BOUNDS, Distribution
from pgpool_py.wording import counted

#: Servers to have for each that is held.
ROOM: Final = 1.5
#: Seconds that are looked at together, and how many such spans are kept.
SPAN: Final = 60.0
SPANS: Final = 60


@dataclass(frozen=True, slots=True)
class Advice:
    """For one pool; times are seconds.

    Attributes:
        configured: ``pool_size``; 0 is unlimited.
        recommended: 0 where nothing was seen yet, or not for a minute.
        links: per second, servers that were lent, in the busiest span.
        held: for how long each of these was held on average.
        mean_wait, p99_wait: of all clients since the start, those that got no server
            in the end too; the latter is the upper bound of its bucket.
        why: in a sentence.
    """

    database: str
    user: str
    configured: int
    recommended: int
    links: float
    held: float
    mean_wait: float
    p99_wait: float
    why: str


@dataclass(slots=True)
class Span:
    """What was seen in a while.

    Attributes:
        busy: server-seconds that were held.
        links: servers that were lent.
        unserved, waited: clients that waited in vain, and for how long together.
    """

    seconds: float = 0.0
    busy: float = 0.0
    links: int = 0
    unserved: int = 0
    waited: float = 0.0

    @property
    def servers(self) -> float:
        """Give how many servers were held on average."""
        return self.busy / self.seconds if self.seconds else 0.0

    @property
    def lacking(self) -> float:
        """Give how many more those would have held that waited in vain."""
        if not self.unserved:
            return 0.0
        # Where none was lent anew nobody knows for how long one is held.
        held = self.busy / self.links if self.links else self.seconds
        each = min(held, self.waited / self.unserved, self.seconds)
        return self.unserved * each / self.seconds

    @property
    def wanted(self) -> float:
        """Give how many servers were wanted on average."""
        return self.servers + self.lacking


class _Watched:
    """One pool's spans."""

    __slots__ = ("_linked", "_seen", "_unserved", "spans")

    def __init__(self, pool: Pool, now: float) -> None:
        self._seen = now
        self._linked = pool.counters.server_assignment_count
        self._unserved = pool.counters.tallies.unserved.snapshot()
        self.spans = deque([Span()], maxlen=SPANS)

    def look(self, pool: Pool, now: float) -> None:
        """Add what was since the last look."""
        if self.spans[-1].seconds >= SPAN:
            self.spans.append(Span())
        span = self.spans[-1]
        passed, self._seen = now - self._seen, now
        linked = pool.counters.server_assignment_count
        span.seconds += passed
        span.busy += passed * len(pool.books.busy)
        span.links += linked - self._linked
        self._linked = linked
        unserved, before = pool.counters.tallies.unserved, self._unserved
        if unserved.total != before.total:
            self._unserved = unserved.snapshot()
            if _is_too_small(pool):
                span.unserved += self._unserved.count - before.count
                span.waited += self._unserved.total - before.total

    def busiest(self) -> Span:
        """Give the span in which most servers were wanted; of whole ones, if any."""
        spans = [span for span in self.spans if span.seconds >= SPAN]
        return max(spans or self.spans, key=lambda span: span.wanted)


def _is_too_small(pool: Pool) -> bool:
    """Whether who waits in vain does so because the pool has no more servers."""
    return not pool.paused and pool.refusal is None and pool.staffing.failure is None


class Advisor:
    """Looks at all pools at every tick, and advises."""

    __slots__ = ("_pooler", "_watched")

    def __init__(self, pooler: Pooler) -> None:
        self._pooler = pooler
        self._watched: WeakKeyDictionary[Pool, _Watched] = WeakKeyDictionary()

    def tick(self) -> None:
        """Look once; called by the pooler at every tick."""
        now = self._pooler.now
        for pool in self._pooler.pools.values():
            watched = self._watched.get(pool)
            if watched is None:
                self._watched[pool] = _Watched(pool, now)
            else:
                watched.look(pool, now)

    def all(self) -> Iterator[Advice]:
        """Advise on each pool, by database and user."""
        for _, pool in sorted(self._pooler.pools.items()):
            yield self.of(pool)

    def of(self, pool: Pool) -> Advice:
        """Advise on one."""
        watched = self._watched.get(pool)
        span = Span() if watched is None else watched.busiest()
        counters = pool.counters
        tallied = counters.tallies.waits.snapshot()
        waits = tallied.with_instant(
            counters.server_assignment_count - tallied.count
        ).plus(counters.tallies.unserved.snapshot())
        configured = pool.settings.pool_size
        recommended = size_for(span)
        return Advice(
            database=pool.database,
            user=pool.user,
            configured=configured,
            recommended=recommended,
            links=span.links / span.seconds if span.seconds else 0.0,
            held=span.busy / span.links if span.links else 0.0,
            mean_wait=waits.total / waits.count if waits.count else 0.0,
            p99_wait=quantile(waits, 0.99),
            why=_why(span, configured, recommended, counters.tallies.exhausted),
        )


def size_for(span: Span) -> int:
    """Give half as many again as were wanted, 0 if that is not known."""
    if span.seconds < SPAN:
        return 0
    return math.ceil(span.wanted * ROOM)


def quantile(waits: Distribution, part: float) -> float:
    """Give the upper bound of the bucket in which a quantile is; 0 for the first."""
    rank = part * waits.count
    for number, bound in zip(waits.at_most(), (0.0, *BOUNDS[1:]), strict=False):
        if number >= rank:
            return bound
    return BOUNDS[-1]


def _why(span: Span, configured: int, recommended: int, exhausted: float) -> str:
    if not span.wanted:
        return "nothing was asked of it in the last hour"
    held = f"{span.servers:.1f} servers were held at a time"
    if not recommended:
        return (
            f"so far {held}, {span.wanted:.1f} wanted; a size is said after a whole "
            f"minute, that is in {SPAN - span.seconds:.0f} s"
        )
    lacking = ""
    if span.unserved:
        lacking = (
            f"{counted(span.unserved, 'client')} that got none, after "
            f"{span.waited / span.unserved:.1f} s on average, would have held "
            f"{span.lacking:.1f} more, "
        )
    return (
        f"in its busiest minute {held}, {lacking}and half as many again leave room for "
        f"chance{_verdict(span, configured, recommended, exhausted)}"
    )


def _verdict(span: Span, configured: int, recommended: int, exhausted: float) -> str:
    if not configured:
        return "; it may have any number"
    if span.servers >= configured * 0.9:
        return (
            f"; so it was full, with nothing to be had for {exhausted:.0f} s since the "
            "start, and more may be needed still: look again after raising pool_size, "
            "or at who holds servers (SHOW SERVERS)"
        )
    if span.unserved:
        return (
            "; pool_size was not reached: see max_db_connections and "
            "max_user_connections"
        )
    if recommended > configured:
        return ": raise pool_size"
    return ": pool_size is enough"
