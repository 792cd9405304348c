"""What pools counted that are no more: totals never decrease because of a clean-up."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from pgpool_py.settings import FALLBACK_DATABASE
from pgpool_py.statistics import OTHER, Counters, Tallied

from .averages import PoolKey

# Names of users and of databases for * are clients' to choose.
MOST_RETIRED: Final = 1000

# Where the oldest are summed up once there are more.
REST: Final = (FALLBACK_DATABASE, "")
# The same for those that no client got into: metrics sum up others by this name.
OTHERS: Final = (OTHER, OTHER)


# Of pools that no client ever got into: their names may be invented.
MOST_STRANGERS: Final = 100


class Retired:
    """Counters by database and servers' user, until a pool is made anew for them.

    Of pools that no client ever got into only what was tallied is of interest, if
    anything was. It stays under their names, where it was shown while they were there;
    the oldest are summed up as others, so that what is shown as that never decreases.
    """

    __slots__ = ("_counters", "_others", "_rest", "_strangers")

    def __init__(self) -> None:
        self._counters: OrderedDict[PoolKey, Counters] = OrderedDict()
        self._rest: Counters | None = None
        self._strangers: OrderedDict[PoolKey, Counters] = OrderedDict()
        self._others: Counters | None = None

    def keep(self, key: PoolKey, counters: Counters) -> None:
        """Take the counters of a pool that is dropped."""
        if counters.client_login_count:
            self._counters[key] = counters
            self._rest = _bound(self._counters, MOST_RETIRED, self._rest)
        elif counters.tallies.snapshot() != Tallied():
            self._strangers[key] = counters
            self._others = _bound(self._strangers, MOST_STRANGERS, self._others)

    def take(self, key: PoolKey) -> Counters:
        """Give the counters for a pool that is made, fresh ones if there are none."""
        kept = self._counters.pop(key, None) or self._strangers.pop(key, None)
        return kept or Counters()

    def forget(self, is_gone: Callable[[str], bool]) -> None:
        """Drop what was counted for databases that are no more."""
        for kept in (self._counters, self._strangers):
            for key in [key for key in kept if is_gone(key[0])]:
                del kept[key]

    def items(self) -> Iterator[tuple[PoolKey, Counters]]:
        """Give those of pools that somebody got into, with their keys."""
        yield from self._counters.items()
        if self._rest is not None:
            yield REST, self._rest

    def strangers(self) -> Iterator[tuple[PoolKey, Counters]]:
        """Give those of pools that nobody got into, with their keys."""
        yield from self._strangers.items()
        if self._others is not None:
            yield OTHERS, self._others


def _bound(
    kept: OrderedDict[PoolKey, Counters], most: int, rest: Counters | None
) -> Counters | None:
    """Sum up the oldest if there are too many; give the sum."""
    if len(kept) > most:
        _, oldest = kept.popitem(last=False)
        rest = rest or Counters()
        rest.add(oldest)
    return rest
