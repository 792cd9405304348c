"""Clients that share the servers of a scripted PostgreSQL, in a whole pooler."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from pgpool_py.client.session import ClientSession
from pgpool_py.pooler.pool import Pool
from pgpool_py.settings import Multiplex
from pgwire.codes import Target
from pgwire.frontend import Bind, Describe
from pgwire.startup import CancelRequest
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import (
    EXECUTE,
    READY,
    SYNC,
    complete,
    done,
    parse,
    query,
    refused,
    split,
)
from tests.pgwire.replies import BOUND, COLUMNS, PARSED, row
from tests.pooler.house import House, startup
from tests.pooler.postgres import CANCEL_REQUEST

Build = Callable[..., House]
Share = Callable[..., "Shared"]

#: What the head asks, where that does not matter.
WRITE = query("UPDATE t SET a = 1 WHERE b = 2")
WRITTEN = done("UPDATE 1")
FAILED = refused("division by zero", "22012") + READY
CANCELED = refused("canceling statement due to user request", "57014") + READY


def asks(number: int) -> bytes:
    """Make a Query that may be run twice."""
    return query(f"SELECT {number}")


def answers(number: int) -> bytes:
    """Make the answer to it."""
    return COLUMNS + row(b"%d" % number) + done()


def batch(number: int, name: str = "") -> bytes:
    """Make the same as a batch that parses, and leaves the statement."""
    return parse(name, f"SELECT {number}") + uses(name)


def uses(name: str = "") -> bytes:
    """Make a batch that runs a statement that is there."""
    bind = Bind(b"", name.encode()).encode()
    return bind + Describe(Target.PORTAL, b"").encode() + EXECUTE + SYNC


def batch_answers(number: int, *, parsed: bool = True) -> bytes:
    """Make the answer to a batch."""
    rows = COLUMNS + row(b"%d" % number) + complete() + READY
    return (PARSED if parsed else b"") + BOUND + rows


@dataclass(eq=False)
class Shared:
    """A pooler whose one pool has all the servers that it may have.

    Attributes:
        servers: the far ends, all idle at first; the first one is lent first.
        clients: those that came in.
        sessions: what stands for them in the pooler.
        cancels: the CancelRequest of each.
    """

    house: House
    clock: Clock
    servers: list[Wire] = field(default_factory=list)
    clients: list[Wire] = field(default_factory=list)
    sessions: dict[Wire, ClientSession] = field(default_factory=dict)
    cancels: dict[Wire, bytes] = field(default_factory=dict)

    @property
    def pool(self) -> Pool:
        (pool,) = self.house.pooler.pools.values()
        return pool

    def enter(self, count: int = 1, **parameters: str) -> list[Wire]:
        """Let clients in, for which there is a server already."""
        return [self.welcome(self.arrive(**parameters)) for _ in range(count)]

    def arrive(self, **parameters: str) -> Wire:
        """Let a client come that may have to wait for the first server."""
        return self.house.arrive(startup(**parameters))

    def welcome(self, client: Wire) -> Wire:
        """Take note of a client that is in."""
        packet = dict(split(client.received()))["K"]
        pid = int.from_bytes(packet[:4], "big")
        self.cancels[client] = CancelRequest(pid, packet[4:]).encode()
        self.clients.append(client)
        *_, self.sessions[client] = self.house.pooler.gatehouse.sessions.values()
        return client

    def send(self, wire: Wire, *data: bytes) -> None:
        """Let a client or a server send."""
        for piece in data:
            wire.send(piece)
            self.house.turn()

    def ask(self, *clients: int, first: bytes | None = None) -> None:
        """Let these clients ask for their numbers, the first one for something else."""
        for place, number in enumerate(clients):
            own = first is not None and place == 0
            self.send(self.clients[number], first if own and first else asks(number))

    def answer(self, *numbers: int, server: int = 0) -> None:
        """Let a server answer these, in one write."""
        self.send(self.servers[server], b"".join(answers(n) for n in numbers))

    def learn(self) -> None:
        """Share once, so that it is known how long an answer takes: no time."""
        busy = min(len(self.servers), len(self.clients) - 1)
        self.ask(*range(busy + 1))
        for server, sent in zip(self.servers, self.received(), strict=True):
            self.send(server, *[answers(0)] * len(split(sent)))
        self.let_pass(0.003)
        self.told()

    def cancel(self, number: int) -> None:
        """Let a client's CancelRequest come."""
        self.house.arrive(self.cancels[self.clients[number]])

    def cancelled(self) -> bool:
        """Let a CancelRequest of ours arrive at PostgreSQL, if one is on its way."""
        waiting = self.house.postgres.waiting()
        for wire in waiting:
            assert wire.received() == CANCEL_REQUEST
            wire.close()
        self.house.turn()
        return bool(waiting)

    def let_pass(self, seconds: float) -> None:
        """Let time pass, and then do what is due."""
        self.clock.advance(seconds)
        self.house.turn()

    def log_in(self) -> Wire:
        """Let a server in that is being opened."""
        wire = self.house.log_in_server()
        wire.received()
        return wire

    def log_in_at_once(self) -> Wire:
        """Let a server in for which somebody waits, and keep what it is sent then."""
        return self.house.log_in_server()

    def received(self) -> list[bytes]:
        """Give what each server was sent since the last call."""
        return [server.received() for server in self.servers]

    def told(self) -> list[bytes]:
        """Give what each client was sent since the last call."""
        return [client.received() for client in self.clients]

    def shelved(self) -> bool:
        """Tell whether all servers are idle, and shared by nobody."""
        pool = self.pool
        books = pool.books
        return not (books.busy or books.waiters or pool.multiplexing.pipelines)


@pytest.fixture
def share(build: Build, clock: Clock) -> Share:
    """Return a maker of a pooler with so many idle servers, and so many clients.

    It takes settings by name. Nobody asks which functions are volatile.
    """

    def make(clients: int = 3, servers: int = 1, **given: Any) -> Shared:
        settings = {
            "multiplexing": Multiplex.AUTO,
            "default_pool_size": servers,
            "query_wait_notify": 0,
            **given,
        }
        shared = Shared(build(**settings), clock)
        first = shared.arrive()
        shared.servers.append(shared.log_in())
        shared.welcome(first)
        shared.pool.multiplexing.functions.wanted = False
        shared.enter(clients - 1)
        for client in shared.clients[:servers]:
            shared.send(client, WRITE)
            if len(shared.servers) < servers and client is not first:
                shared.servers.append(shared.log_in())
        for server in reversed(shared.servers):
            shared.send(server, WRITTEN)
        shared.received()
        shared.told()
        return shared

    return make


def prepared(shared: Shared, number: int) -> None:
    """Let a client have a statement on the one server."""
    shared.send(shared.clients[number], batch(number, "s"))
    shared.send(shared.servers[0], batch_answers(number))
    shared.told()
    shared.received()
