"""A PostgreSQL whose every word the test says, and a pool in front of it."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgpool_py.errors import PoolerError
from pgpool_py.net.address import unix_socket_path
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.resolver import Resolver
from pgpool_py.pool.quota import Quota
from pgpool_py.pooler.context import Context
from pgpool_py.pooler.pool import Pool
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.parameters import ParameterSet
from pgpool_py.settings import (
    DatabaseSettings,
    Multiplex,
    PoolMode,
    PoolSettings,
    Settings,
)
from pgwire.exchange import StatementEvent, StatementsDropped
from pgwire.frontend import Terminate
from tests.fixtures.hand import Clock, Wire, turn
from tests.fixtures.messages import (
    IN_TRANSACTION,
    READY,
    complete,
    query,
    refused,
    split,
    welcome,
)

PORT = 5432
TERMINATE = Terminate().encode()
CANCELED = refused("canceling statement due to user request", "57014") + READY
# length 16, code 80877102, process id 77, key
CANCEL_REQUEST = b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x4dkey!"
# CommandComplete is not even needed: what answers an empty query, which is the check.
EMPTY = b"I\0\0\0\4" + READY


class FakePostgres:
    """Listens; what it accepts is answered by the test."""

    def __init__(self, directory: Path) -> None:
        self.directory = str(directory)
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(unix_socket_path(self.directory, PORT))
        self._listening.listen(50)
        self._listening.setblocking(False)
        self._accepted: list[Wire] = []

    def waiting(self) -> list[Wire]:
        """Accept all who wait, and return them."""
        found: list[Wire] = []
        while True:
            try:
                found.append(Wire(self._listening.accept()[0]))
            except BlockingIOError:
                self._accepted += found
                return found

    def accept(self) -> Wire:
        """Accept the one who waits."""
        (wire,) = self.waiting()
        return wire

    def stop_listening(self) -> None:
        self._listening.close()
        Path(unix_socket_path(self.directory, PORT)).unlink(missing_ok=True)

    def close(self) -> None:
        self.stop_listening()
        for wire in self._accepted:
            wire.close()


@dataclass(eq=False)
class Client:
    """A client of a pool, as far as the pool can see."""

    parameters: ParameterSet
    limits: PoolSettings
    server: ServerConnection | None = None
    delivered: bytearray = field(default_factory=bytearray)
    calls: list[str] = field(default_factory=list)
    error: PoolerError | None = None
    reason: Reason | None = None
    refuses_transactions: bool = False

    def on_linked(self, server: ServerConnection) -> None:
        self.calls.append("linked")
        self.server = server

    def deliver(self, data: memoryview) -> None:
        self.delivered += data

    def in_own_names(self, error: bytes, *, altered: bool) -> bytes:
        return error.replace(b"pgpool_00", b"its_own_0")

    def on_answered(self, server: ServerConnection) -> None:
        self.calls.append("answered")

    def on_query_answered(self, server: ServerConnection, data: memoryview) -> None:
        self.deliver(data)
        self.on_answered(server)

    def on_parameter(self, name: str, value: str) -> None:
        self.calls.append(f"parameter {name}={value}")

    def on_transaction(self, server: ServerConnection, *, ready: bool) -> None:
        self.calls.append("in transaction, ready" if ready else "in transaction")

    def on_rolled_back(self, server: ServerConnection) -> None:
        self.calls.append("rolled back")

    def on_copy_in(self, server: ServerConnection) -> None:
        self.calls.append("copy in")

    def on_event(self, server: ServerConnection, event: StatementEvent) -> None:
        dropped = isinstance(event, StatementsDropped)
        self.calls.append("statements dropped" if dropped else "plan stale")

    def on_server_drained(self) -> None:
        self.calls.append("drained")

    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        self.calls.append("closed")
        self.server, self.error, self.reason = None, error, reason

    def on_parameters_set(self, parameters: ParameterSet) -> None:
        self.parameters = parameters

    def on_notice(self, text: str) -> None:
        self.calls.append(f"notice {text}")

    def on_refused(self, error: PoolerError, reason: Reason) -> None:
        self.calls.append("refused")
        self.error, self.reason = error, reason

    def ask(self, *messages: bytes) -> None:
        """Send to the server it is lent."""
        assert self.server is not None
        for message in messages:
            self.server.ledger.request(message[0])
            self.server.stream.write(message)


def never(delay: float, callback: Callable[[], None]) -> None:
    """Call nothing back: who is no ClientSession shares no server."""


def evict_nothing(full: tuple[Quota, ...]) -> bool:
    return False


@dataclass(eq=False)
class Bench:
    """A pool, its PostgreSQL, and the clock of both."""

    reactor: Reactor
    clock: Clock
    context: Context
    postgres: FakePostgres
    pool: Pool

    def turn(self) -> None:
        turn(self.reactor)

    def client(self, **parameters: str) -> Client:
        return Client(self.context.book.of(parameters), self.pool.settings)

    def request(self, **parameters: str) -> Client:
        """Let a new client ask for a server."""
        client = self.client(**parameters)
        self.pool.request(client)
        self.turn()
        return client

    def log_in(self, wire: Wire, **changed: str) -> Wire:
        """Let one that waits at PostgreSQL's door in."""
        self.turn()
        wire.received()
        wire.send(welcome(changed=changed))
        self.turn()
        return wire

    def open(self) -> tuple[Client, Wire]:
        """Return a client, linked to a server that was opened for it."""
        client = self.request()
        wire = self.log_in(self.postgres.accept())
        assert client.calls == ["linked"]
        return client, wire

    def give_back(self, client: Client) -> None:
        server, client.server = client.server, None
        assert server is not None
        server.owner = None
        self.pool.give_back(server)
        self.turn()

    def idle(self) -> Wire:
        """Return the far end of a server that is idle in the pool."""
        client, wire = self.open()
        self.give_back(client)
        wire.received()
        return wire

    def abandon(self, client: Client, *, half_written: bool = False) -> None:
        server, client.server = client.server, None
        assert server is not None
        server.owner = None
        self.pool.abandon(server, half_written=half_written, must_reset=False)
        self.turn()

    def answer(self, wire: Wire, data: bytes) -> None:
        wire.send(data)
        self.turn()

    def states(self) -> list[str]:
        """Return the states of all servers that are logged in."""
        books = self.pool.books
        return sorted(str(server.state) for server in (*books.idle, *books.busy))


@contextmanager
def new_bench(
    reactor: Reactor,
    clock: Clock,
    resolver: Resolver,
    directory: Path,
    *,
    secrets: Mapping[str, str] | None = None,
    quotas: tuple[Quota, ...] = (),
    **given: Any,
) -> Iterator[Bench]:
    """Make a pool in transaction mode, unless ``given`` settings say otherwise."""
    postgres = FakePostgres(directory)
    settings = Settings(
        databases={"app": DatabaseSettings(host=(str(directory),), port=PORT)},
        **{
            "pool_mode": PoolMode.TRANSACTION,
            "query_wait_notify": 0,
            "multiplexing": Multiplex.OFF,
            **given,
        },
    )
    context = Context(
        reactor=reactor,
        resolver=resolver,
        settings=settings,
        secrets=dict(secrets or {}),
        evict=evict_nothing,
        call_later=never,
    )
    pool = Pool(context, settings.for_pool("app", "alice"), quotas)
    yield Bench(reactor, clock, context, postgres, pool)
    pool.paused = True
    pool.staffing.stop()
    for server in (*pool.books.idle, *pool.books.busy):
        server.close(Reason.POOLER_SHUTTING_DOWN)
    pool.notifications.close(Reason.POOLER_SHUTTING_DOWN)
    for cancel in list(pool.aftercare.cancels):
        cancel.give_up()
    postgres.close()


def sent_nonce(data: bytes) -> bytes:
    """Return the nonce of the last query of a stream."""
    kind, body = split(data)[-1]
    assert kind == "Q"
    return body.split(b'"')[1]


def nonce_answer(nonce: bytes) -> bytes:
    # RowDescription: one column, its name, then 18 bytes that say nothing here
    body = b"\0\1" + nonce + b"\0" + bytes(18)
    row = b"T" + (len(body) + 4).to_bytes(4, "big") + body
    return row + b"C\0\0\0\x0dSELECT 1\0" + READY


def server_of(client: Client) -> ServerConnection:
    assert client.server is not None
    return client.server


def begin(bench: Bench) -> tuple[Client, Wire]:
    """Return a client in a transaction."""
    client, wire = bench.open()
    client.ask(query("BEGIN"))
    bench.answer(wire, complete("BEGIN") + IN_TRANSACTION)
    wire.received()
    return client, wire
