"""A pooler that is not started, with clients and servers on socket pairs."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pgpool_py.client.door import Visitor
from pgpool_py.client.identity import ClientIdentity
from pgpool_py.client.session import ClientSession
from pgpool_py.net.address import Address
from pgpool_py.net.loop import ReactorLoop, new_loop
from pgpool_py.net.stream import Stream
from pgpool_py.pooler.gatehouse import ConsoleClient
from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.opening import Destination, Opened
from pgpool_py.server.state import ServerState
from pgpool_py.settings import DatabaseSettings, Settings
from pgwire.server_secret import ServerSecret

FIRST_PID = 4_194_400
DATABASES = {"shop": DatabaseSettings(host=("127.0.0.1",), port=5432)}


@dataclass
class Nobody:
    """A stream's user that takes no notice."""

    faults: list[Exception] = field(default_factory=list)

    def on_readable(self) -> None:
        pass

    def on_drained(self) -> None:
        pass

    def on_fault(self, error: Exception) -> None:
        self.faults.append(error)


class NoConsole:
    """A console that opens nothing."""

    def __call__(
        self,
        stream: Stream,
        identity: ClientIdentity,
        *,
        admin: bool,
        on_closed: Callable[[], None],
    ) -> ConsoleClient:
        raise AssertionError("nobody comes to the console here")


def identity(number: int, database: str = "shop", user: str = "ann") -> ClientIdentity:
    return ClientIdentity(
        Visitor(
            number=number,
            address="192.0.2.7",
            port=50_000 + number,
            local_address="192.0.2.1",
            local_port=6432,
            accepted=0.0,
            connected=1_000_000_000.0,
        ),
        database=database,
        user=user,
        pid=FIRST_PID + number,
        cancel_key=b"\1\2\3\4",
    )


def destination(host: str) -> Destination:
    return Destination(host, 5432, "ann", ServerSecret(), {}, "")


class Stage:
    """A pooler and all that is put on it; the loop never runs."""

    def __init__(
        self, loop: ReactorLoop, databases: Mapping[str, DatabaseSettings] = DATABASES
    ) -> None:
        self.loop = loop
        self.sockets: list[socket.socket] = []
        self.streams: list[Stream] = []
        self.numbers = iter(range(1, 1000))
        self.settings = Settings(databases=databases, admin_users=("root",))
        self.pooler = Pooler(loop, self.settings, {}, NoConsole())

    def close(self) -> None:
        """Close every socket."""
        for stream in self.streams:
            stream.close()
        for sock in self.sockets:
            sock.close()

    def stream(self) -> tuple[Stream, socket.socket]:
        """Give a stream and the socket at its other end."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.sockets.append(theirs)
        stream = Stream(self.loop.reactor, ours, Nobody())
        self.streams.append(stream)
        return stream, theirs

    def pool(self, database: str = "shop", user: str = "ann") -> Pool:
        """Give a pool, a new one if need be."""
        return self.pooler.pool_for(database, user)

    def client(self, pool: Pool) -> ClientSession:
        """Let a client in that wants nothing yet."""
        context = self.pooler.context
        stream, _ = self.stream()
        client = ClientSession(
            context.reactor,
            context.scratch,
            stream,
            on_closed=self.pooler.gatehouse.on_client_closed,
            lender=pool,
            identity=identity(next(self.numbers), pool.database, pool.user),
            parameters=context.book.defaults,
            limits=pool.settings,
        )
        self.pooler.gatehouse._on_session(client)
        self.pooler.gatehouse.census.add(pool.database, pool.user)
        return client

    def server(
        self,
        pool: Pool,
        owner: ClientSession | None = None,
        peer: Address = ("127.0.0.1", 5432),
    ) -> ServerConnection:
        """Give the pool a server: idle, or lent to ``owner``."""
        context = self.pooler.context
        stream, _ = self.stream()
        number = next(self.numbers)
        server = ServerConnection(
            context.reactor,
            context.scratch,
            pool,
            Opened(
                stream,
                destination("127.0.0.1"),
                peer,
                pid=700 + number,
                cancel_key=b"\5\6\7\10",
                reported={"application_name": "psql"},
            ),
            number=number,
            parameters=context.book.defaults,
        )
        pool.books.begin_opening()
        pool.books.opened(server)
        for quota in pool.quotas:
            quota.add()
        if owner is None:
            server.state = ServerState.IDLE
            pool.books.put(server)
        else:
            server.state = ServerState.ACTIVE
            server.owner = owner
            owner.server = server
        return server

    def wait(self, client: ClientSession, pool: Pool, seconds: float) -> None:
        """Put a client into the queue, so long ago."""
        since = self.pooler.now - seconds
        client.waiting = True
        client.timing.since = since
        pool.books.wait(client, since)

    def tick(self) -> None:
        """Call whoever watches, as the pooler's timer does."""
        for watcher in list(self.pooler._watchers):
            watcher()

    def leave(self, server: ServerConnection) -> None:
        """End a server, as one that PostgreSQL closed."""
        server.owner = None
        server.close(Reason.SERVER_CRASHED)


@contextmanager
def staged(databases: Mapping[str, DatabaseSettings] = DATABASES) -> Iterator[Stage]:
    """Give a stage, and clear it away."""
    loop = new_loop()
    stage = Stage(loop, databases)
    yield stage
    stage.close()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
