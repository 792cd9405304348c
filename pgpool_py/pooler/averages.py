"""Statistics per second and per item, over the last one to two periods.

As PgBouncer does it: at the end of every ``stats_period`` the counters are kept, and
an average runs from the end of the period before the last one up to now. Everything is
rounded down to an integer; times are microseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pgpool_py.statistics import Snapshot

# A pool, by database and servers' user.
PoolKey = tuple[str, str]

MICROSECONDS: Final = 1_000_000
# Before the first period is over there is no earlier end: this many seconds are taken.
_BEFORE_START: Final = 1.0


@dataclass(frozen=True, slots=True)
class Average:
    """Averages of one pool or of several.

    Attributes:
        xact_time, query_time: microseconds per transaction and per query.
        wait_time: microseconds per time that a server was assigned.
        bytes_received, bytes_sent: per second, and so are all counts.
    """

    server_assignment_count: int = 0
    xact_count: int = 0
    query_count: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    xact_time: int = 0
    query_time: int = 0
    wait_time: int = 0
    client_parse_count: int = 0
    server_parse_count: int = 0
    bind_count: int = 0
    client_login_count: int = 0

    def __str__(self) -> str:
        """Give the text of the periodic log line."""
        return (
            f"{self.xact_count} xacts/s, {self.query_count} queries/s, "
            f"{self.client_parse_count} client parses/s, "
            f"{self.server_parse_count} server parses/s, "
            f"{self.bind_count} binds/s, "
            f"{self.client_login_count} client logins/s, "
            f"in {self.bytes_received} B/s, out {self.bytes_sent} B/s, "
            f"xact {self.xact_time} us, query {self.query_time} us, "
            f"wait {self.wait_time} us"
        )


def microseconds(seconds: float) -> int:
    """Give whole microseconds."""
    return int(seconds * MICROSECONDS)


def average(counted: Snapshot, seconds: float) -> Average:
    """Divide what was counted within so many seconds."""
    duration = microseconds(seconds)
    if duration <= 0:
        return Average()

    def rate(count: int) -> int:
        return count * MICROSECONDS // duration

    return Average(
        server_assignment_count=rate(counted.server_assignment_count),
        xact_count=rate(counted.xact_count),
        query_count=rate(counted.query_count),
        bytes_received=rate(counted.bytes_received),
        bytes_sent=rate(counted.bytes_sent),
        xact_time=_each(counted.xact_time, counted.xact_count),
        query_time=_each(counted.query_time, counted.query_count),
        wait_time=_each(counted.wait_time, counted.server_assignment_count),
        client_parse_count=rate(counted.client_parse_count),
        server_parse_count=rate(counted.server_parse_count),
        bind_count=rate(counted.bind_count),
        client_login_count=rate(counted.client_login_count),
    )


def _each(seconds: float, count: int) -> int:
    return microseconds(seconds) // count if count else 0


class Averages:
    """Keeps what was counted at the end of the last two periods; ``now`` is any clock.

    Feed it with :meth:`refresh` whenever it is :meth:`due`.
    """

    __slots__ = ("_newer", "_newer_at", "_older", "_older_at")

    def __init__(self, now: float) -> None:
        self._newer_at = now
        self._older_at = now - _BEFORE_START
        self._newer: Mapping[PoolKey, Snapshot] = {}
        self._older: Mapping[PoolKey, Snapshot] = {}

    def due(self, now: float, period: float) -> bool:
        """Say whether a period of so many seconds is over."""
        return now - self._newer_at >= period

    def refresh(self, now: float, totals: Mapping[PoolKey, Snapshot]) -> None:
        """End a period; ``totals`` are the counters of all pools there are."""
        self._older, self._newer = self._newer, dict(totals)
        self._older_at, self._newer_at = self._newer_at, now

    def of(self, now: float, totals: Mapping[PoolKey, Snapshot]) -> Average:
        """Give the averages of the pools in ``totals`` together, up to now."""
        counted = Snapshot()
        for key, total in totals.items():
            counted = counted.plus(self._counted(key, total))
        return average(counted, now - self._older_at)

    def _counted(self, key: PoolKey, total: Snapshot) -> Snapshot:
        older = self._older.get(key)
        if older is None or total.bytes_received < older.bytes_received:
            # Not there then, or removed and made anew since.
            return total
        return total.minus(older)
