"""What is counted, per pool; times are float seconds, sizes bytes.

Counters only grow. PgBouncer's names; a snapshot is an immutable copy, and the only way
to see the number, the times and the bytes of exchanges that are not settled yet.
"""

from dataclasses import dataclass, field, fields
from typing import Self

from pgwire.server_statements import ServerStatements

from .exchanges import Exchanged, Exchanges
from .multiplexed import MultiplexedCounts
from .tallies import Tallies


@dataclass(slots=True)
class Counters:
    """Counts of one pool, added to where things happen.

    Attributes:
        server_assignment_count: how often a server was linked to a client.
        xact_count: transactions begun.
        query_count: exchanges begun: a simple Query, or an extended batch.
        bytes_received: from clients.
        bytes_sent: to clients, that is, received from servers.
        xact_time: spent in transactions.
        query_time: spent waiting for the answers of servers.
        wait_time: spent by clients in the queue.
        client_parse_count: statements that clients gave names, where these travel:
            not in session mode, or without ``max_prepared_statements``.
        server_parse_count: how often servers were to prepare one of these.
        bind_count: how often one was bound.
        client_login_count: logins completed.
        pin_count: how often a client began to keep its server past the transaction.
        lone_count: exchanges begun that each begin a transaction, and are in neither
            of these two counts yet; in no snapshot.
        tallies: what is counted by name; neither.
        multiplexed: what became of exchanges that could share a server; neither.
        exchanges: how long these took, and what they brought; neither.
    """

    server_assignment_count: int = 0
    xact_count: int = 0
    query_count: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    xact_time: float = 0.0
    query_time: float = 0.0
    wait_time: float = 0.0
    client_parse_count: int = 0
    server_parse_count: int = 0
    bind_count: int = 0
    client_login_count: int = 0
    pin_count: int = 0
    lone_count: int = 0
    tallies: Tallies = field(default_factory=Tallies, repr=False, compare=False)
    multiplexed: MultiplexedCounts = field(
        default_factory=MultiplexedCounts, repr=False, compare=False
    )
    exchanges: Exchanges = field(default_factory=Exchanges, repr=False, compare=False)

    def add(self, other: Self) -> None:
        """Add field by field."""
        self.settle()
        other.settle()
        for f in fields(Snapshot):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))
        self.tallies.add(other.tallies)
        self.multiplexed.add(other.multiplexed)
        self.exchanges.add(other.exchanges)

    def snapshot(self) -> "Snapshot":
        """Copy what is counted so far."""
        self.settle()
        return Snapshot(**{f.name: getattr(self, f.name) for f in fields(Snapshot)})

    def collect(self, statements: ServerStatements) -> None:
        """Take over what is counted of a server's statements."""
        made, given, bound = statements.take_counts()
        self.client_parse_count += made
        self.server_parse_count += given
        self.bind_count += bound

    def settle(self) -> None:
        """Count what exchanges took and brought that are only written down."""
        begun, self.lone_count = self.lone_count, 0
        self.query_count += begun
        self.xact_count += begun
        found = self.exchanges.sort()
        self.query_time += found.spent
        self.xact_time += found.spent
        self.bytes_sent += found.brought
        self.wait_time += found.waited

    def exchanged(self) -> Exchanged:
        """Copy what is counted so far of exchanges."""
        self.settle()
        return self.exchanges.snapshot(
            query_time=self.query_time,
            xact_time=self.xact_time,
            bytes_sent=self.bytes_sent,
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The counters at one moment, or a difference of two; fields as in Counters."""

    server_assignment_count: int = 0
    xact_count: int = 0
    query_count: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    xact_time: float = 0.0
    query_time: float = 0.0
    wait_time: float = 0.0
    client_parse_count: int = 0
    server_parse_count: int = 0
    bind_count: int = 0
    client_login_count: int = 0
    pin_count: int = 0

    def plus(self, other: Self) -> "Snapshot":
        """Add field by field."""
        return Snapshot(
            **{
                f.name: getattr(self, f.name) + getattr(other, f.name)
                for f in fields(self)
            }
        )

    def minus(self, other: Self) -> "Snapshot":
        """Subtract field by field."""
        return Snapshot(
            **{
                f.name: getattr(self, f.name) - getattr(other, f.name)
                for f in fields(self)
            }
        )
