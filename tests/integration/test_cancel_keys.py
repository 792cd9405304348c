"""Cancel keys: four bytes in protocol 3.0, thirty-two in 3.2, also on PostgreSQL 18."""

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.embedded.binaries import WHEEL
from pgwire.frontend import Query
from pgwire.startup import CancelRequest
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.wire import Wire, connect, kinds, log_in

SLEEP = Query(b"SELECT pg_sleep(30)").encode()

#: MAX_CANCEL_KEY_LENGTH is 256 on the wire; the packet, its head of 12 bytes included.
LONGEST = 12 + 256


@pytest.fixture(scope="module")
def newest() -> Iterator[EmbeddedPostgres]:
    """Return a PostgreSQL that speaks protocol 3.2 itself."""
    spec = importlib.util.find_spec(WHEEL)
    assert spec is not None
    assert spec.origin is not None
    bindir = Path(spec.origin).parent / "pginstall18" / "bin"
    with EmbeddedPostgres(bindir=bindir) as server:
        assert server.version >= (18,)
        server.createdb(POOLED)
        yield server


@pytest.fixture(params=["newest", "pooled"])
def pooler(request: pytest.FixtureRequest, start_pooler: StartPooler) -> PoolerProcess:
    server: EmbeddedPostgres = request.getfixturevalue(request.param)
    return start_pooler(server=server, pool_mode="transaction", default_pool_size=2)


def key_of(wire: Wire) -> bytes:
    # Int32 length, Int32 code, Int32 process id, the key
    return wire.cancel_request[12:]


def cancel_with(pooler: PoolerProcess, packet: bytes) -> None:
    with connect(pooler) as other:
        other.send(packet)
        assert other.rest() == []


@pytest.mark.parametrize(("minor", "size"), [(0, 4), (2, 32)])
def test_a_key_of_either_size_cancels(
    pooler: PoolerProcess, minor: int, size: int
) -> None:
    wire = log_in(pooler, minor=minor)
    assert len(key_of(wire)) == size
    wire.send(SLEEP)
    pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    cancel_with(pooler, wire.cancel_request)
    replies = wire.until_ready()
    assert kinds(replies) == "TEZ"
    assert replies[1].error.sqlstate == "57014"
    assert wire.value("SELECT 1") == "1"


def cut(key: bytes) -> bytes:
    return key[:4]


def one_bit_off(key: bytes) -> bytes:
    return key[:-1] + bytes([key[-1] ^ 1])


def longest(key: bytes) -> bytes:
    return key + bytes(256 - len(key))


@pytest.mark.parametrize("spoil", [cut, one_bit_off, longest])
def test_nothing_else_does(
    pooler: PoolerProcess, spoil: Callable[[bytes], bytes]
) -> None:
    wire = log_in(pooler, minor=2)
    pid = int.from_bytes(wire.cancel_request[8:12], "big")
    wire.send(Query(b"SELECT pg_sleep(0.2)").encode())
    pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    packet = CancelRequest(pid, spoil(key_of(wire))).encode()
    assert len(packet) <= LONGEST
    cancel_with(pooler, packet)
    assert kinds(wire.until_ready()) == "TDCZ"


def test_a_minor_newer_than_ours_is_negotiated_down(pooler: PoolerProcess) -> None:
    wire = log_in(pooler, minor=9999)
    assert len(key_of(wire)) == 32
    assert wire.value("SELECT 1") == "1"


@pytest.mark.parametrize("version", ["3.0", "3.2", "latest"])
def test_libpq_cancels_whichever_protocol_it_speaks(
    pooler: PoolerProcess, version: str
) -> None:
    with pooler.connect(
        min_protocol_version="3.0", max_protocol_version=version
    ) as client:
        spoken = client.pgconn.full_protocol_version
        assert spoken == (30000 if version == "3.0" else 30002)
        client.pgconn.send_query(b"SELECT pg_sleep(30)")
        client.pgconn.flush()
        pooler.wait_for_backends(1, "sleeping", "pg_sleep")
        client.cancel_safe(timeout=10)
        result = client.pgconn.get_result()
        assert result is not None
        assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"57014"
        assert client.pgconn.get_result() is None
        assert client.execute("SELECT 1").fetchone() == (1,)
