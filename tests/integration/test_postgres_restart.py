"""A PostgreSQL that crashes, restarts, or is not there."""

import os
import re
import signal
import time
from collections.abc import Iterator

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedPostgres
from pgwire.frontend import Query
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.test_limits import detail, ended, hint, refusal
from tests.integration.wire import Wire, kinds, log_in

SIZE = 3


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedPostgres]:
    """Return a server that the tests of this file may stop and start."""
    with EmbeddedPostgres() as own:
        own.createdb(POOLED)
        yield own


@pytest.fixture
def pooler(
    start_pooler: StartPooler, own_server: EmbeddedPostgres
) -> Iterator[PoolerProcess]:
    """Return a pooler in front of that server, which runs again after the test."""
    yield start_pooler(
        server=own_server, pool_mode="transaction", default_pool_size=SIZE
    )
    if not is_running(own_server):
        own_server.start()
    until(lambda: is_up(own_server), "PostgreSQL is up again")


def is_running(server: EmbeddedPostgres) -> bool:
    try:
        os.kill(server.pid, 0)
    except ProcessLookupError:
        return False
    return True


def is_up(server: EmbeddedPostgres) -> bool:
    try:
        psycopg.connect(server.dsn).close()
    except psycopg.OperationalError:
        return False
    return True


def fill(pooler: PoolerProcess) -> list[Wire]:
    """Return idle clients, after each had a server at the same time as the others."""
    wires = [log_in(pooler) for _ in range(SIZE)]
    for wire in wires:
        assert kinds(wire.query("BEGIN")) == "CZ"
    for wire in wires:
        assert kinds(wire.query("COMMIT")) == "CZ"
    assert len(pooler.backends()) == SIZE
    return wires


def closed_servers(pooler: PoolerProcess) -> int:
    return len(re.findall(r"LOG S-0x.* closing because", pooler.log))


def test_after_the_crash_of_a_backend_idle_clients_notice_nothing(
    pooler: PoolerProcess,
) -> None:
    idle = fill(pooler)
    busy, in_transaction = log_in(pooler), log_in(pooler)
    in_transaction.query("BEGIN")
    busy.send(Query(b"SELECT pg_sleep(30)").encode())
    (backend,) = pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    old = set(pooler.pids())
    os.kill(backend.pid, signal.SIGKILL)
    error = ended(busy)
    assert (error.severity, error.sqlstate) == ("FATAL", "08006")
    assert "may have been executed" in detail(error)
    # Those of the other backends are told by PostgreSQL itself, with a WARNING.
    assert ended(in_transaction).sqlstate in {"57P02", "08006"}
    until(lambda: closed_servers(pooler) == SIZE, "the pooler knows of all of them")
    for client in idle:
        assert client.value("SELECT 1") == "1"
    fill(pooler)
    assert not old & set(pooler.pids())


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_after_a_restart_idle_clients_notice_nothing(
    pooler: PoolerProcess, own_server: EmbeddedPostgres, mode: str
) -> None:
    idle = fill(pooler)
    in_transaction = log_in(pooler)
    in_transaction.query("BEGIN")
    own_server.restart("fast" if mode == "fast" else "immediate")
    error = ended(in_transaction)
    assert error.sqlstate in {"57P01", "57P02", "08006"}
    until(lambda: closed_servers(pooler) == SIZE, "the pooler knows of all of them")
    for client in idle:
        assert client.value("SELECT 1") == "1"
    fill(pooler)


def test_queries_fail_at_once_while_it_is_down_and_work_again_afterwards(
    pooler: PoolerProcess, own_server: EmbeddedPostgres
) -> None:
    idle = fill(pooler)
    own_server.stop()
    until(lambda: closed_servers(pooler) == SIZE, "the servers are closed")
    for number in range(2):
        idle[number].send(Query(b"SELECT 1").encode())
        assert ended(idle[number]).sqlstate == "08001"
    own_server.start()
    until(lambda: works(pooler), "a new client is served", seconds=3)
    assert idle[2].value("SELECT 1") == "1"
    fill(pooler)


def works(pooler: PoolerProcess) -> bool:
    try:
        with pooler.connect() as client:
            return client.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_a_login_fails_at_once_while_it_is_down(
    pooler: PoolerProcess, own_server: EmbeddedPostgres
) -> None:
    own_server.stop()
    for _ in range(2):
        began = time.monotonic()
        error = refusal(pooler)
        assert time.monotonic() - began < 1
        assert (error.severity, error.sqlstate) == ("FATAL", "08001")
        assert "server login has been failing, cached error" in error.message
        assert "Connection refused" in error.message
        assert hint(error)


def test_it_works_again_when_postgresql_comes_back(
    pooler: PoolerProcess, own_server: EmbeddedPostgres
) -> None:
    own_server.stop()
    assert refusal(pooler).sqlstate == "08001"
    own_server.start()

    until(lambda: works(pooler), "logins succeed again", seconds=3)
    fill(pooler)


def test_a_server_that_is_starting_up_is_waited_for(
    pooler: PoolerProcess, own_server: EmbeddedPostgres
) -> None:
    client = fill(pooler)[0]
    # What the recovery has to do again; until then logins are answered 57P03.
    client.query("CREATE TABLE t AS SELECT generate_series(1, 200000)")
    os.kill(pooler.pids()[0], signal.SIGKILL)
    until(lambda: closed_servers(pooler) == SIZE, "the servers are closed")
    assert client.value("SELECT 1") == "1"
    assert "Connection refused" not in pooler.log


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedPostgres]:
    """Return a server that asks for a password."""
    with EmbeddedPostgres(auth="scram-sha-256") as own:
        own.createdb(POOLED)
        yield own


def test_the_pooler_proves_itself_with_the_password_of_the_database_line(
    guarded: EmbeddedPostgres, start_pooler: StartPooler
) -> None:
    password = guarded.password
    assert password is not None
    pooler = start_pooler(server=guarded, database_options=f"password={password}")
    assert log_in(pooler).value("SELECT 1") == "1"
    assert password not in pooler.log


def test_a_password_that_the_server_refuses_is_told(
    guarded: EmbeddedPostgres, start_pooler: StartPooler
) -> None:
    pooler = start_pooler(server=guarded, database_options="password=not-it")
    error = refusal(pooler)
    assert (error.severity, error.sqlstate) == ("FATAL", "28P01")
    assert error.message == 'password authentication failed for user "postgres"'
    assert "not-it" not in pooler.log
