"""Losses: servers that are gone though nobody here wanted that.

The log has a line for each, with its backend. Here those of a second are one event, for
a PostgreSQL that ends takes all of them at once.
"""

from weakref import WeakKeyDictionary

from pgpool_py.pooler.pooler import Pooler
from pgpool_py.reasons import LOST, Reason
from pgpool_py.statistics import Tally
from pgpool_py.wording import counted

from .events import EventKind, Events


class Losses:
    """Compares what is counted with what it has seen of it."""

    __slots__ = ("_events", "_pooler", "_seen")

    def __init__(self, pooler: Pooler, events: Events) -> None:
        self._pooler = pooler
        self._events = events
        # A pool that is made anew goes on with its counts.
        self._seen: WeakKeyDictionary[Tally, dict[Reason, int]] = WeakKeyDictionary()

    def tick(self) -> None:
        """Tell of what was lost since the last look; called once a second."""
        for (database, user), pool in self._pooler.pools.items():
            closed = pool.counters.tallies.servers_closed
            seen = self._seen.setdefault(closed, {})
            for reason in LOST:
                number = closed.number(reason)
                lost = number - seen.get(reason, 0)
                if lost:
                    seen[reason] = number
                    self._note(f"pool {database}/{user}", lost, reason)

    def _note(self, pool: str, lost: int, reason: Reason) -> None:
        text = f"{pool}: {counted(lost, 'server')} lost: {reason}"
        self._events.note(EventKind.LOSS, text)
