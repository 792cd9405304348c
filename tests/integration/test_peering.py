"""Two processes on one port: whichever gets a CancelRequest, it hits its query.

Each has a Unix socket of its own, by which the other reaches it, and the test reaches
the one that it means.
"""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from benchmarks import account
from pgpool_py.embedded.account import account_to_become
from pgpool_py.embedded.place import HOST
from pgwire.frontend import Query
from pgwire.peer_key import peer_of
from pgwire.startup import CancelRequest, parse_startup
from tests.fixtures.pooler_files import DATABASE, USER, Setting
from tests.fixtures.pooling import PoolerProcess, StartPooler, free_port
from tests.integration import bouncer
from tests.integration.wire import Wire, kinds

SLEEP = Query(b"SELECT pg_sleep(30)").encode()

# Connections after which both processes have had one, all but surely: the kernel
# chooses by the client's port.
ENOUGH = 64


@dataclass(frozen=True, slots=True)
class Group:
    """Two processes, by their peer ids.

    Attributes:
        port: that they share, for their Unix sockets as well.
        sockets: the directory of each.
        first: the one of them that is always ours.
    """

    port: int
    sockets: dict[int, Path]
    first: PoolerProcess

    def log_in(self, member: int | None = None) -> Wire:
        """Log in to one of them, or to the one that the kernel chooses."""
        wire = self.connect(member)
        wire.login()
        return wire

    def connect(self, member: int | None = None) -> Wire:
        host = HOST if member is None else str(self.sockets[member])
        return self.first.keep(Wire(host, self.port))


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a directory for Unix sockets, which PgBouncer's account may enter."""
    with tempfile.TemporaryDirectory(prefix="pgpool-peers-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(params=["ours", "pgbouncer"])
def group(
    request: pytest.FixtureRequest, start_pooler: StartPooler, place: Path
) -> Iterator[Group]:
    """Return a group of two, the second of which may be a PgBouncer."""
    program = bouncer.current() if request.param == "pgbouncer" else None
    port, unprivileged = free_port(), account_to_become()
    sockets = {1: place / "1", 2: place / "2"}
    for directory in sockets.values():
        directory.mkdir()
        account.give(directory, unprivileged)
    peers = {str(n): f"host={path} port={port}" for n, path in sockets.items()}

    def settings(member: int) -> dict[str, Setting]:
        return {
            "peer_id": member,
            "listen_port": port,
            "unix_socket_dir": str(sockets[member]),
            "so_reuseport": 1,
            "pool_mode": "transaction",
        }

    # Linux shares a port among processes of one user only.
    ours = {} if unprivileged is None else {"user": unprivileged.name}
    first = start_pooler(peers=peers, more={**settings(1), **ours})
    with ExitStack() as ends:
        if program is None:
            second = start_pooler(peers=peers, more={**settings(2), **ours})
            ends.callback(quit_, second)
        else:
            (place / "files").mkdir()
            process = bouncer.start(
                program, place / "files", port, first.files.place, peers, **settings(2)
            )
            ends.callback(bouncer.stop, process)
        # Before either looks whether PostgreSQL has been left alone.
        ends.callback(quit_, first)
        yield Group(port, sockets, first)


def quit_(pooler: PoolerProcess) -> None:
    """End a pooler before the fixture does."""
    pooler.signal(signal.SIGQUIT)
    assert pooler.wait() == 0


def member_of(wire: Wire) -> int:
    """Tell by its key which process has a client."""
    packet = parse_startup(wire.cancel_request)
    assert isinstance(packet, CancelRequest)
    return peer_of(packet)


def is_cancelled(wire: Wire) -> bool:
    """Tell how its query ends."""
    replies = wire.until_ready()
    assert kinds(replies) == "TEZ"
    return replies[1].error.sqlstate == "57014"


@pytest.mark.parametrize(("home", "other"), [(1, 2), (2, 1), (1, 1)])
def test_a_cancel_reaches_the_client_of_either(
    group: Group, home: int, other: int
) -> None:
    wire = group.log_in(home)
    assert member_of(wire) == home
    wire.send(SLEEP)
    group.first.wait_for_backends(1, "sleeping", "pg_sleep")
    asking = group.connect(other)
    asking.send(wire.cancel_request)
    assert asking.rest() == []
    assert is_cancelled(wire)
    assert wire.value("SELECT 1") == "1"


@pytest.mark.parametrize(("home", "other"), [(1, 2), (2, 1)])
def test_a_wrong_key_does_not(group: Group, home: int, other: int) -> None:
    wire = group.log_in(home)
    wire.send(Query(b"SELECT pg_sleep(0.2)").encode())
    group.first.wait_for_backends(1, "sleeping", "pg_sleep")
    wrong = bytearray(wire.cancel_request)
    wrong[-2] ^= 1
    asking = group.connect(other)
    asking.send(bytes(wrong))
    assert asking.rest() == []
    assert kinds(wire.until_ready()) == "TDCZ"


def test_on_the_shared_port_it_does_not_matter_who_gets_what(group: Group) -> None:
    clients: list[Wire] = []
    while {member_of(wire) for wire in clients} != {1, 2}:
        assert len(clients) < ENOUGH
        clients.append(group.log_in())
    clients = [clients[0], clients[-1]]
    for wire in clients:
        wire.send(SLEEP)
    group.first.wait_for_backends(2, "sleeping", "pg_sleep")
    for wire in clients:
        asking = group.connect()
        asking.send(wire.cancel_request)
        assert asking.rest() == []
        assert is_cancelled(wire)


def test_libpq_cancels_by_it(group: Group) -> None:
    where = f"host={HOST} port={group.port} user={USER} dbname={DATABASE}"
    with psycopg.connect(where, autocommit=True) as client:
        client.pgconn.send_query(b"SELECT pg_sleep(30)")
        client.pgconn.flush()
        group.first.wait_for_backends(1, "sleeping", "pg_sleep")
        client.cancel_safe(timeout=10)
        result = client.pgconn.get_result()
        assert result is not None
        assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"57014"
        assert client.pgconn.get_result() is None
