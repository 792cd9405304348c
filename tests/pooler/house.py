"""A whole pooler in the hands of a test: clients on socket pairs, a fake PostgreSQL."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgpool_py.client.identity import ClientIdentity
from pgpool_py.net.stream import Stream
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.pooler.stopping import Stopping
from pgpool_py.reasons import Reason
from pgpool_py.settings import AuthType, DatabaseSettings, Multiplex, PoolMode, Settings
from pgwire.startup import StartupMessage
from tests.fixtures.hand import HandLoop, NewWire, Wire
from tests.fixtures.messages import welcome
from tests.pooler.postgres import PORT, FakePostgres


@dataclass(eq=False)
class FakeConsole:
    """Opens consoles that write down what becomes of them."""

    opened: list["FakeConsoleClient"] = field(default_factory=list)

    def __call__(
        self,
        stream: Stream,
        identity: ClientIdentity,
        *,
        admin: bool,
        on_closed: Callable[[], None],
    ) -> "FakeConsoleClient":
        client = FakeConsoleClient(stream, identity, admin, on_closed)
        self.opened.append(client)
        return client


@dataclass(eq=False)
class FakeConsoleClient:
    """One of them."""

    stream: Stream
    identity: ClientIdentity
    admin: bool
    on_closed: Callable[[], None]
    cancelled: int = 0

    def cancel(self) -> None:
        self.cancelled += 1

    def close(self, reason: Reason) -> None:
        self.stream.close()
        self.on_closed()


def startup(database: str = "app", user: str = "alice", **parameters: str) -> bytes:
    given = {"user": user, "database": database, **parameters}
    return StartupMessage(0, given).encode()


def app_and_blog(directory: Path) -> dict[str, DatabaseSettings]:
    """Return two databases of the PostgreSQL in a directory."""
    database = DatabaseSettings(host=(str(directory),), port=PORT)
    return {"app": database, "blog": database}


@contextmanager
def no_descriptors_left() -> Iterator[None]:
    """Lower the limit to what is open, so that the next descriptor is refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@dataclass(eq=False)
class House:
    """A pooler and both its sides."""

    loop: HandLoop
    pooler: Pooler
    postgres: FakePostgres
    console: FakeConsole
    new_wire: NewWire

    def turn(self) -> None:
        self.loop.turn()

    def arrive(self, data: bytes = b"") -> Wire:
        """Let a client come, and say something."""
        ours, wire = self.new_wire()
        # The pooler closes its end; the maker of wires has one of its own.
        self.pooler.gatehouse.accept(ours.dup(), "")
        ours.close()
        wire.send(data)
        self.turn()
        return wire

    def send(self, wire: Wire, data: bytes) -> bytes:
        """Send, and return what is answered."""
        wire.send(data)
        self.turn()
        return wire.received()

    def log_in_server(self) -> Wire:
        """Let the server in that is being opened."""
        wire = self.postgres.accept()
        wire.received()
        wire.send(welcome())
        self.turn()
        return wire

    def come_in(self, **parameters: str) -> Wire:
        """Return a client that is in, the first one with its server."""
        wire = self.arrive(startup(**parameters))
        for server in self.postgres.waiting():
            server.received()
            server.send(welcome())
        self.turn()
        return wire


@contextmanager
def new_house(
    loop: HandLoop, directory: Path, new_wire: NewWire, **given: Any
) -> Iterator[House]:
    """Build a pooler that lets alice, bob and root in unseen."""
    postgres = FakePostgres(directory)
    host = (str(directory),)
    settings = Settings(
        **{
            "pool_mode": PoolMode.TRANSACTION,
            "auth_type": AuthType.TRUST,
            "databases": {"app": DatabaseSettings(host=host, port=PORT)},
            "admin_users": ("root",),
            "stats_users": ("bob",),
            "unix_socket_dir": "",
            "multiplexing": Multiplex.OFF,
            **given,
        }
    )
    console = FakeConsole()
    secrets = dict.fromkeys(("alice", "bob", "root"), "secret")
    pooler = Pooler(loop, settings, secrets, console)
    # How long it takes to check a password is not the test's.
    pooler.gatehouse.admission.pace._timer = lambda: 0.0
    yield House(loop, pooler, postgres, console, new_wire)
    pooler.shut_down(Stopping.NOW)
    loop.turn()
    postgres.close()
