"""A server that goes away: idle, busy, or in a transaction."""

import psycopg
import pytest

from pgwire.frontend import Query
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.test_limits import ended
from tests.integration.wire import extended, kinds, log_in

SIZE = 2


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode="transaction", default_pool_size=SIZE)


def terminate(pooler: PoolerProcess, *pids: int) -> None:
    """End these backends, and wait until they are gone."""
    for pid in pids:
        pooler.server.psql(f"SELECT pg_terminate_backend({pid})")
    until(lambda: not set(pids) & set(pooler.pids()), "the backends are gone")


def fill(pooler: PoolerProcess, size: int = SIZE) -> None:
    """See that the pool can still have all its servers at once."""
    holders = [log_in(pooler) for _ in range(size)]
    for holder in holders:
        assert kinds(holder.query("BEGIN")) == "CZ"
    assert len(pooler.backends()) == size
    for holder in holders:
        assert kinds(holder.query("COMMIT")) == "CZ"
        holder.close()


def test_a_client_never_hears_of_a_server_that_ended_idle(
    pooler: PoolerProcess,
) -> None:
    client = log_in(pooler)
    for _ in range(3):
        pid = int(client.value("SELECT pg_backend_pid()"))
        terminate(pooler, pid)
        assert int(client.value("SELECT pg_backend_pid()")) != pid
    fill(pooler)


def test_the_client_of_a_busy_server_hears_what_postgresql_said(
    pooler: PoolerProcess,
) -> None:
    client, other = log_in(pooler), log_in(pooler)
    client.send(Query(b"SELECT pg_sleep(30)").encode())
    (backend,) = pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    terminate(pooler, backend.pid)
    error = ended(client)
    assert (error.severity, error.sqlstate) == ("FATAL", "57P01")
    assert other.value("SELECT 1") == "1"
    fill(pooler)


def test_the_client_of_a_server_in_a_transaction_hears_it_too(
    pooler: PoolerProcess,
) -> None:
    client, other = log_in(pooler), log_in(pooler)
    client.query("CREATE TABLE t (i int)")
    client.query("BEGIN; INSERT INTO t VALUES (1)")
    (backend,) = pooler.wait_for_backends(1, "idle in transaction")
    terminate(pooler, backend.pid)
    error = ended(client)
    assert (error.severity, error.sqlstate) == ("FATAL", "57P01")
    assert other.value("SELECT count(*) FROM t") == "0"
    fill(pooler)


def test_drivers_know_the_error_for_what_it_is(pooler: PoolerProcess) -> None:
    with pooler.connect() as client:
        client.execute("BEGIN")
        row = client.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        terminate(pooler, row[0])
        with pytest.raises(psycopg.errors.AdminShutdown):
            client.execute("SELECT 1")
        assert client.closed


def test_who_waits_for_a_server_that_dies_gets_another_one(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=1)
    holder, waiting = log_in(pooler), log_in(pooler)
    holder.query("BEGIN")
    waiting.send(Query(b"SELECT 'got another'").encode())
    terminate(pooler, *pooler.pids())
    assert kinds(waiting.until_ready()) == "TDCZ"
    assert ended(holder).sqlstate == "57P01"


def test_what_was_answered_before_the_end_is_delivered(pooler: PoolerProcess) -> None:
    client = log_in(pooler)
    client.send(
        extended("SELECT 'first'"),
        Query(b"SELECT pg_terminate_backend(pg_backend_pid())").encode(),
        Query(b"SELECT 'never'").encode(),
    )
    assert kinds(client.until_ready()) == "12TDCZ"
    assert ended(client).sqlstate == "57P01"


def test_a_check_finds_a_dead_server_and_the_client_never_notices(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, server_check_delay=0
    )
    client = log_in(pooler)
    for _ in range(5):
        pid = int(client.value("SELECT pg_backend_pid()"))
        # It ends while the pooler cannot have noticed: not a wait in between.
        pooler.server.psql(f"SELECT pg_terminate_backend({pid})")
        assert int(client.value("SELECT pg_backend_pid()")) != pid


@pytest.mark.parametrize("query", ["<empty>", "SELECT 1", "SELECT 1; SELECT 2"])
def test_every_link_is_checked_where_the_delay_is_zero(
    start_pooler: StartPooler, query: str
) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=1,
        server_check_delay=0,
        server_check_query=query,
    )
    one, other = log_in(pooler), log_in(pooler, TimeZone="Asia/Tokyo")
    for number in range(10):
        assert one.value(f"SELECT {number}") == str(number)
        other.send(extended("SHOW TimeZone"))
        assert kinds(other.until_ready()) == "12TDCZ"
    assert len(pooler.backends()) == 1


def test_a_check_that_fails_closes_the_server(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=1,
        server_check_delay=0,
        server_check_query="SELECT 1 FROM checked",
    )
    with pooler.direct() as direct:
        direct.execute("CREATE TABLE checked ()")
        client = log_in(pooler)
        first = client.value("SELECT pg_backend_pid()")
        direct.execute("DROP TABLE checked")
        client.send(Query(b"SELECT pg_backend_pid()").encode())
        pooler.wait_for_log("server check query failed")
        direct.execute("CREATE TABLE checked ()")
    replies = client.until_ready()
    assert kinds(replies) == "TDCZ"
    assert first.encode() not in replies[1].body
