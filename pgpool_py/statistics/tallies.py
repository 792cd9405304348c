"""What is counted by name, per pool: all of it happens seldom, none per exchange.

Names are reasons (``pgpool_py.reasons``) and SQLSTATEs. Tallies only grow; a snapshot
is an immutable copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Self

from .histogram import Distribution, Histogram

#: RAISE takes any five letters and digits for an SQLSTATE: so many names have a count
#: of their own.
MOST_NAMES: Final = 100
#: Where the rest is summed up.
OTHER: Final = "other"


def _none() -> Mapping[str, int]:
    return MappingProxyType({})


class Tally:
    """Counts by name, of bounded size."""

    # What others know of one they keep by it, for as long as it is there.
    __slots__ = ("__weakref__", "_counts")

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def note(self, name: str, number: int = 1) -> None:
        """Count something of this name."""
        counts = self._counts
        if name not in counts and len(counts) >= MOST_NAMES:
            name = OTHER
        counts[name] = counts.get(name, 0) + number

    def add(self, counted: Mapping[str, int]) -> None:
        """Add name by name."""
        for name, number in counted.items():
            self.note(name, number)

    def snapshot(self) -> Mapping[str, int]:
        """Copy what is counted so far."""
        return MappingProxyType({str(name): n for name, n in self._counts.items()})

    def number(self, name: str) -> int:
        """Give what is counted of a name."""
        return self._counts.get(name, 0)


@dataclass(slots=True)
class Tallies:
    """Those of one pool, or of all clients that are in none.

    Attributes:
        clients_closed, servers_closed: by reason.
        openings_failed: logins at PostgreSQL, by reason.
        client_errors: errors of ours that clients were told, by SQLSTATE.
        server_errors: PostgreSQL's errors that clients were told, by SQLSTATE.
        servers_opened: logins at PostgreSQL that succeeded.
        cancels: CancelRequests that were sent to PostgreSQL.
        query_timeouts: queries that ``query_timeout`` had cancelled.
        leaks: clients found idle in transaction too long.
        prepared_hits, prepared_misses: of servers that are closed: how often a
            statement was prepared already where it was to be run, and how often not.
        exhausted: seconds in which clients waited and no server was being opened.
        waits: of clients that did not get a server at once, until they got one.
        unserved: waits of clients that got none: they were refused in the end, their
            exchange was cancelled, or they were gone.
        logins: of clients, from ``accept`` until they were in.
    """

    clients_closed: Tally = field(default_factory=Tally)
    servers_closed: Tally = field(default_factory=Tally)
    openings_failed: Tally = field(default_factory=Tally)
    client_errors: Tally = field(default_factory=Tally)
    server_errors: Tally = field(default_factory=Tally)
    servers_opened: int = 0
    cancels: int = 0
    query_timeouts: int = 0
    leaks: int = 0
    prepared_hits: int = 0
    prepared_misses: int = 0
    exhausted: float = 0.0
    waits: Histogram = field(default_factory=Histogram)
    unserved: Histogram = field(default_factory=Histogram)
    logins: Histogram = field(default_factory=Histogram)

    def add(self, other: Self) -> None:
        """Add one by one."""
        for name in _TALLIES:
            getattr(self, name).add(getattr(other, name).snapshot())
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _HISTOGRAMS:
            getattr(self, name).add(getattr(other, name))

    def snapshot(self) -> "Tallied":
        """Copy what is counted so far."""
        return Tallied(
            **{name: getattr(self, name).snapshot() for name in _TALLIES},
            **{name: getattr(self, name) for name in _NUMBERS},
            **{name: getattr(self, name).snapshot() for name in _HISTOGRAMS},
        )


@dataclass(frozen=True, slots=True)
class Tallied:
    """The tallies at one moment; fields as in Tallies."""

    clients_closed: Mapping[str, int] = field(default_factory=_none)
    servers_closed: Mapping[str, int] = field(default_factory=_none)
    openings_failed: Mapping[str, int] = field(default_factory=_none)
    client_errors: Mapping[str, int] = field(default_factory=_none)
    server_errors: Mapping[str, int] = field(default_factory=_none)
    servers_opened: int = 0
    cancels: int = 0
    query_timeouts: int = 0
    leaks: int = 0
    prepared_hits: int = 0
    prepared_misses: int = 0
    exhausted: float = 0.0
    waits: Distribution = field(default_factory=Distribution)
    unserved: Distribution = field(default_factory=Distribution)
    logins: Distribution = field(default_factory=Distribution)

    def plus(self, other: Self) -> "Tallied":
        """Add one by one."""
        return Tallied(
            clients_closed=_sum(self.clients_closed, other.clients_closed),
            servers_closed=_sum(self.servers_closed, other.servers_closed),
            openings_failed=_sum(self.openings_failed, other.openings_failed),
            client_errors=_sum(self.client_errors, other.client_errors),
            server_errors=_sum(self.server_errors, other.server_errors),
            **{n: getattr(self, n) + getattr(other, n) for n in _NUMBERS},
            **{n: getattr(self, n).plus(getattr(other, n)) for n in _HISTOGRAMS},
        )


_TALLIES: Final = (
    "clients_closed",
    "servers_closed",
    "openings_failed",
    "client_errors",
    "server_errors",
)
_NUMBERS: Final = (
    "servers_opened",
    "cancels",
    "query_timeouts",
    "leaks",
    "prepared_hits",
    "prepared_misses",
    "exhausted",
)
_HISTOGRAMS: Final = ("waits", "unserved", "logins")


def _sum(one: Mapping[str, int], two: Mapping[str, int]) -> Mapping[str, int]:
    tally = Tally()
    tally.add(one)
    tally.add(two)
    return tally.snapshot()
