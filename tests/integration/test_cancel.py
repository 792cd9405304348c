"""A CancelRequest hits the query that it is meant for, and no other."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from pgwire.copying import CopyData
from pgwire.frontend import Query, Sync
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.wire import Wire, batch, connect, extended, kinds, log_in

SLEEP = Query(b"SELECT pg_sleep(30)").encode()


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        pool_mode="transaction", default_pool_size=2, max_client_conn=1000
    )


@pytest.fixture
def narrow(start_pooler: StartPooler) -> PoolerProcess:
    """Return a pooler with one server."""
    return start_pooler(pool_mode="transaction", default_pool_size=1)


def cancel(pooler: PoolerProcess, wire: Wire) -> None:
    """Send a client's CancelRequest; return when the pooler has taken it."""
    other = connect(pooler)
    other.send(wire.cancel_request)
    assert other.rest() == []


def test_a_running_query_is_cancelled_and_only_that_one(pooler: PoolerProcess) -> None:
    with pooler.connect() as client, ThreadPoolExecutor(1) as threads:
        other = log_in(pooler)
        other.send(Query(b"SELECT 'innocent' FROM pg_sleep(1)").encode())
        running = threads.submit(client.execute, "SELECT pg_sleep(30)")
        pooler.wait_for_backends(2, "sleeping", "pg_sleep")
        client.cancel()
        with pytest.raises(psycopg.errors.QueryCanceled):
            running.result()
        assert client.execute("SELECT 1").fetchone() == (1,)
        assert kinds(other.until_ready()) == "TDCZ"


def test_a_client_that_waits_is_answered_and_sends_nothing_on(
    narrow: PoolerProcess,
) -> None:
    holder, waiting = log_in(narrow), log_in(narrow)
    holder.query("BEGIN")
    waiting.send(Query(b"SELECT 1").encode())
    # It is read before what comes later.
    assert holder.value("SELECT 1") == "1"
    cancel(narrow, waiting)
    replies = waiting.until_ready()
    assert kinds(replies) == "EZ"
    assert (replies[0].error.severity, replies[0].error.sqlstate) == ("ERROR", "57014")
    assert holder.query("COMMIT")[-1].body == b"I"
    assert waiting.value("SELECT 2") == "2"


def test_a_batch_that_waits_is_answered_up_to_its_sync(narrow: PoolerProcess) -> None:
    holder, waiting = log_in(narrow), log_in(narrow)
    holder.query("BEGIN")
    waiting.send(batch("SELECT 1"))
    assert holder.value("SELECT 1") == "1"
    cancel(narrow, waiting)
    assert kinds(waiting.read_to("E")) == "E"
    waiting.send(batch("SELECT 2"), Sync().encode())
    assert kinds(waiting.until_ready()) == "Z"
    holder.query("COMMIT")
    waiting.send(extended("SELECT 3"))
    assert kinds(waiting.until_ready()) == "12TDCZ"


def test_of_several_exchanges_that_wait_the_first_is_cancelled(
    narrow: PoolerProcess,
) -> None:
    holder, waiting = log_in(narrow), log_in(narrow)
    holder.query("BEGIN")
    waiting.send(Query(b"SELECT 1").encode(), extended("SELECT 2"))
    assert holder.value("SELECT 1") == "1"
    cancel(narrow, waiting)
    assert kinds(waiting.until_ready()) == "EZ"
    holder.query("COMMIT")
    assert kinds(waiting.until_ready()) == "12TDCZ"


def test_a_query_in_a_transaction_fails_it(pooler: PoolerProcess) -> None:
    wire = log_in(pooler)
    wire.query("BEGIN")
    wire.send(SLEEP)
    pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    cancel(pooler, wire)
    assert kinds(wire.until_ready()) == "TEZ"
    assert wire.query("ROLLBACK")[-1].body == b"I"


def test_an_idle_client_has_nothing_to_cancel(pooler: PoolerProcess) -> None:
    wire, in_transaction = log_in(pooler), log_in(pooler)
    in_transaction.query("BEGIN")
    for _ in range(5):
        cancel(pooler, wire)
        cancel(pooler, in_transaction)
        assert wire.value("SELECT 1") == "1"
        assert in_transaction.value("SELECT 1") == "1"
    assert in_transaction.query("COMMIT")[-1].body == b"I"


def test_a_copy_can_be_cancelled(pooler: PoolerProcess) -> None:
    wire = log_in(pooler)
    wire.query("CREATE TABLE t (i int)")
    wire.send(Query(b"COPY t FROM STDIN").encode())
    assert wire.read().kind == "G"
    wire.send(CopyData(b"1\n").encode())
    pooler.wait_for_backends(1, "active", "COPY")
    cancel(pooler, wire)
    # PostgreSQL looks for a cancel between two messages (postgres.c,
    # ProcessClientReadInterrupt), not while it waits for one.
    wire.send(CopyData(b"2\n").encode())
    replies = wire.until_ready()
    assert kinds(replies) == "EZ"
    assert replies[0].error.sqlstate == "57014"
    assert wire.value("SELECT count(*) FROM t") == "0"


def test_what_was_sent_behind_a_cancelled_query_is_answered(
    pooler: PoolerProcess,
) -> None:
    wire = log_in(pooler)
    wire.send(SLEEP)
    pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    cancel(pooler, wire)
    wire.send(extended("SELECT 1"), Query(b"SELECT 2").encode())
    assert kinds(wire.until_ready()) == "TEZ"
    assert kinds(wire.until_ready()) == "12TDCZ"
    assert kinds(wire.until_ready()) == "TDCZ"


def test_what_waits_for_an_examination_is_cancelled(pooler: PoolerProcess) -> None:
    wire = log_in(pooler)
    with pooler.direct() as direct, direct.transaction():
        # What PostgreSQL is asked for: whether the client has locks.
        direct.execute("LOCK TABLE pg_catalog.pg_locks IN ACCESS EXCLUSIVE MODE")
        assert kinds(wire.query("SELECT pg_advisory_lock(1)")) == "TDCZ"
        wire.send(Query(b"SELECT 'late'").encode())
        cancel(pooler, wire)
        replies = wire.until_ready()
        assert kinds(replies) == "EZ"
        assert replies[0].error.sqlstate == "57014"
    assert wire.value("SELECT pg_advisory_unlock(1)") == "t"


def test_a_listen_that_waits_is_cancelled_and_fails_its_transaction(
    start_pooler: StartPooler,
) -> None:
    # There is no place for the server that listens.
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, max_db_connections=1
    )
    wire = log_in(pooler)
    wire.query("BEGIN")
    wire.send(Query(b"LISTEN a").encode())
    cancel(pooler, wire)
    replies = wire.until_ready()
    assert kinds(replies) == "EZ"
    assert (replies[0].error.sqlstate, replies[1].body) == ("57014", b"E")
    assert wire.query("ROLLBACK")[-1].body == b"I"


def test_a_wrong_key_cancels_nothing(pooler: PoolerProcess) -> None:
    wire = log_in(pooler)
    wire.send(Query(b"SELECT pg_sleep(0.3)").encode())
    pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    other = connect(pooler)
    request = wire.cancel_request
    other.send(request[:-1], bytes([request[-1] ^ 1]))
    assert other.rest() == []
    assert kinds(wire.until_ready()) == "TDCZ"


def test_a_client_that_is_gone_is_cancelled_no_more(pooler: PoolerProcess) -> None:
    wire = log_in(pooler)
    request = wire.cancel_request
    wire.close()
    pooler.wait_for_log("client unexpected eof")
    others = [log_in(pooler) for _ in range(2)]
    for other in others:
        other.send(Query(b"SELECT pg_sleep(0.2)").encode())
    pooler.wait_for_backends(2, "sleeping", "pg_sleep")
    late = connect(pooler)
    late.send(request)
    assert late.rest() == []
    for other in others:
        assert kinds(other.until_ready()) == "TDCZ"


def test_a_client_may_leave_while_its_cancel_is_on_its_way(
    pooler: PoolerProcess,
) -> None:
    for _ in range(20):
        wire = log_in(pooler)
        wire.send(SLEEP)
        pooler.wait_for_backends(1, "sleeping", "pg_sleep")
        cancel(pooler, wire)
        wire.reset()
        pooler.wait_for_backends(0, "active", "pg_sleep")
        assert log_in(pooler).value("SELECT 1") == "1"
    assert pooler.log.count("new connection to server") <= 2
