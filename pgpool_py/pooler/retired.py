"""What pools counted that are no more: totals never decrease because of a clean-up."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from pgpool_py.settings import FALLBACK_DATABASE
from pgpool_py.statistics import Counters, Tallies

from .averages import PoolKey

# Names of users and of databases for * are clients' to choose.
MOST_RETIRED: Final = 1000

# Where the oldest are summed up once there are more.
REST: Final = (FALLBACK_DATABASE, "")


class Retired:
    """Counters by database and servers' user, until a pool is made anew for them.

    ``nobodys`` gets the tallies of pools that no client ever got into: their names may
    be invented.
    """

    __slots__ = ("_counters", "_nobodys", "_rest")

    def __init__(self, nobodys: Tallies) -> None:
        self._nobodys = nobodys
        self._counters: OrderedDict[PoolKey, Counters] = OrderedDict()
        self._rest: Counters | None = None

    def keep(self, key: PoolKey, counters: Counters) -> None:
        """Take the counters of a pool that is dropped."""
        if not counters.client_login_count:
            self._nobodys.add(counters.tallies)
            return
        self._counters[key] = counters
        if len(self._counters) > MOST_RETIRED:
            _, oldest = self._counters.popitem(last=False)
            if self._rest is None:
                self._rest = Counters()
            self._rest.add(oldest)

    def take(self, key: PoolKey) -> Counters:
        """Give the counters for a pool that is made, fresh ones if there are none."""
        return self._counters.pop(key, None) or Counters()

    def forget(self, is_gone: Callable[[str], bool]) -> None:
        """Drop what was counted for databases that are no more."""
        for key in [key for key in self._counters if is_gone(key[0])]:
            del self._counters[key]

    def items(self) -> Iterator[tuple[PoolKey, Counters]]:
        """Give all of them with their keys."""
        yield from self._counters.items()
        if self._rest is not None:
            yield REST, self._rest
