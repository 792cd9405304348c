"""Everything about a pooler at one moment: one tree of frozen data.

Metrics, pages and advice read this and nothing else, in whatever thread. Times are
seconds since the epoch, lengths of time are seconds.
"""

from dataclasses import dataclass, field, fields
from typing import Self

from pgpool_py.pooler.holders import Holder, Waiting
from pgpool_py.statistics import Distribution, Exchanged, Snapshot, Tallied

from .advice import Advice
from .alerts import Alert
from .condition import Condition
from .events import Event
from .reloads import Reloaded


@dataclass(frozen=True, slots=True)
class Multiplexed:
    """What became of exchanges that could share a server; see SHOW MULTIPLEXING."""

    shared: int = 0
    taken_back: int = 0
    rerun: int = 0
    refused: int = 0
    alone: int = 0
    slow: int = 0
    no_room: int = 0

    def plus(self, other: Self) -> "Multiplexed":
        """Add field by field."""
        return Multiplexed(
            **{
                f.name: getattr(self, f.name) + getattr(other, f.name)
                for f in fields(self)
            }
        )


@dataclass(frozen=True, slots=True)
class PoolNow:
    """What a pool is like just now.

    Attributes:
        clients_active: clients that have a server, or share one.
        clients_idle: clients that want none.
        clients_waiting: clients that want one and have none, at login too.
        clients_pinned: clients that keep a server for their session state, among
            those that are active.
        servers_active: servers that are lent.
        servers_busy: servers that are checked, reset, cleared or cancelled.
        servers_idle: servers that may be lent.
        servers_opening: servers that are being opened.
        limit: servers the pool may usually have, without its reserve; 0 is unlimited.
        oldest_wait: for how long the client that waits longest has waited.
        shared: servers that several clients share.
        in_flight: exchanges on these.
        paused: whether no server is lent: 1 or 0.
        leaks: clients idle in transaction for ``leak_detection_threshold``.
    """

    clients_active: int = 0
    clients_idle: int = 0
    clients_waiting: int = 0
    clients_pinned: int = 0
    servers_active: int = 0
    servers_busy: int = 0
    servers_idle: int = 0
    servers_opening: int = 0
    limit: int = 0
    oldest_wait: float = 0.0
    shared: int = 0
    in_flight: int = 0
    paused: int = 0
    leaks: int = 0

    @property
    def utilisation(self) -> float:
        """Give the part of the limit that is in use, 0 where there is no limit."""
        used = self.servers_active + self.servers_busy
        return used / self.limit if self.limit else 0.0

    def plus(self, other: Self) -> "PoolNow":
        """Add field by field; of waits the longest counts."""
        sums = {
            f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)
        }
        sums["oldest_wait"] = max(self.oldest_wait, other.oldest_wait)
        return PoolNow(**sums)


@dataclass(frozen=True, slots=True)
class PoolSnapshot:
    """One pool, or what one counted that is no more.

    Attributes:
        user: the servers' user.
        now: all 0 of a pool that is no more.
        holders: the clients that are idle in transaction longest, a bounded number.
        waiting: the clients that wait longest, likewise.
        advice: None of a pool that is no more, or of several.
    """

    database: str
    user: str
    now: PoolNow = field(default_factory=PoolNow)
    counted: Snapshot = field(default_factory=Snapshot)
    tallied: Tallied = field(default_factory=Tallied)
    multiplexed: Multiplexed = field(default_factory=Multiplexed)
    exchanged: Exchanged = field(default_factory=Exchanged)
    holders: tuple[Holder, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    advice: Advice | None = None

    def plus(self, other: Self) -> "PoolSnapshot":
        """Sum two up, under this one's name."""
        return PoolSnapshot(
            self.database,
            self.user,
            self.now.plus(other.now),
            self.counted.plus(other.counted),
            self.tallied.plus(other.tallied),
            self.multiplexed.plus(other.multiplexed),
            self.exchanged.plus(other.exchanged),
        )


@dataclass(frozen=True, slots=True)
class DatabaseSnapshot:
    """One database; limits of 0 are unlimited."""

    name: str
    clients: int
    max_clients: int
    servers: int
    max_servers: int
    paused: bool
    disabled: bool


@dataclass(frozen=True, slots=True)
class ProcessSnapshot:
    """The process.

    Attributes:
        version: of pgpool_py; ``python`` is Python's.
        started: when the pooler was built.
        cpu: processor time used so far, of all threads.
        lag: how late the loop's timers were.
        latest_lag: the last of these.
        clients: how many there are, those that log in included.
        arriving: those that log in.
        consoles: sessions on the console.
        nobodys: what was counted of clients that were, or are, in no pool.
    """

    version: str
    python: str
    pid: int
    started: float
    cpu: float
    lag: Distribution
    latest_lag: float
    clients: int
    max_clients: int
    arriving: int
    consoles: int
    reloaded: Reloaded
    nobodys: Tallied


@dataclass(frozen=True, slots=True)
class PoolerSnapshot:
    """See the module's text.

    Attributes:
        taken: when.
        pools: by database and user, those that are no more among them.
        databases: by name.
        alerts: that have begun and not ended.
        events: the last ones, the oldest first.
    """

    taken: float
    condition: Condition
    process: ProcessSnapshot
    pools: tuple[PoolSnapshot, ...]
    databases: tuple[DatabaseSnapshot, ...]
    alerts: tuple[Alert, ...] = ()
    events: tuple[Event, ...] = ()
