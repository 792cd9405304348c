"""What takes too long is ended, by the gentlest means, and the client is told."""

import time
from collections.abc import Callable

import pytest

from pgwire.frontend import Query
from tests.fixtures.pooler_files import Setting
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.test_limits import detail, ended
from tests.integration.wire import Wire, connect, extended, kinds, log_in

Start = Callable[..., PoolerProcess]

SLEEP = Query(b"SELECT pg_sleep(30)").encode()


@pytest.fixture
def start(start_pooler: StartPooler) -> Start:
    """Return a starter of poolers with one server in transaction mode."""

    def start_with(**settings: Setting) -> PoolerProcess:
        return start_pooler(pool_mode="transaction", default_pool_size=1, more=settings)

    return start_with


def test_a_query_that_takes_too_long_is_cancelled_and_the_session_goes_on(
    start: Start,
) -> None:
    pooler = start(query_timeout=0.3)
    client = log_in(pooler)
    pid = client.value("SELECT pg_backend_pid()")
    client.send(SLEEP)
    replies = client.until_ready()
    error = replies[-2].error
    assert (error.severity, error.sqlstate) == ("ERROR", "57014")
    assert replies[-1].body == b"I"
    assert client.value("SELECT pg_backend_pid()") == pid


def test_a_query_in_a_transaction_fails_the_transaction_alone(
    start: Start,
) -> None:
    client = log_in(start(query_timeout=0.3))
    client.query("BEGIN")
    client.send(extended("SELECT pg_sleep(30)"))
    replies = client.until_ready()
    assert replies[-2].error.sqlstate == "57014"
    assert replies[-1].body == b"E"
    assert client.query("ROLLBACK")[-1].body == b"I"


def test_time_in_the_queue_is_no_query_time(start: Start) -> None:
    pooler = start(query_timeout=0.4)
    holder, waiting = log_in(pooler), log_in(pooler)
    holder.query("BEGIN")
    waiting.send(Query(b"SELECT 1").encode())
    deadline = time.monotonic() + 0.6
    while time.monotonic() < deadline:
        assert holder.value("SELECT 1 FROM pg_sleep(0.05)") == "1"
    holder.query("COMMIT")
    assert kinds(waiting.until_ready()) == "TDCZ"


def test_a_client_idle_in_a_transaction_is_closed_and_rolled_back(
    start: Start,
) -> None:
    pooler = start(idle_transaction_timeout=0.3)
    client, other = log_in(pooler), log_in(pooler)
    pid = client.value("SELECT pg_backend_pid()")
    client.query("CREATE TABLE t (i int)")
    client.query("BEGIN; INSERT INTO t VALUES (1)")
    error = ended(client)
    assert (error.severity, error.sqlstate) == ("FATAL", "25P03")
    assert error.message == "idle transaction timeout"
    assert "0.3 s" in detail(error)
    assert other.value("SELECT count(*) FROM t") == "0"
    assert other.value("SELECT pg_backend_pid()") == pid


def test_a_batch_without_sync_is_idle_in_a_transaction_too(start: Start) -> None:
    client = log_in(start(idle_transaction_timeout=0.3))
    whole = extended("SELECT 1")
    # Without the Sync, of five bytes; then Flush.
    client.send(whole[:-5], b"H\0\0\0\4")
    assert ended(client).sqlstate == "25P03"


def test_a_busy_transaction_is_not_idle(start: Start) -> None:
    client = log_in(start(idle_transaction_timeout=0.3))
    client.query("BEGIN")
    assert kinds(client.query("SELECT pg_sleep(0.6)")) == "TDCZ"
    assert client.query("COMMIT")[-1].body == b"I"


def test_a_transaction_that_lasts_too_long_is_ended(start: Start) -> None:
    pooler = start(transaction_timeout=0.5)
    client, other = log_in(pooler), log_in(pooler)
    client.query("CREATE TABLE t (i int)")
    client.query("BEGIN; INSERT INTO t VALUES (1)")
    error = ended(busy(client))
    assert (error.severity, error.sqlstate) == ("FATAL", "25P04")
    assert error.message == "transaction timeout"
    assert other.value("SELECT count(*) FROM t") == "0"


def busy(client: Wire) -> Wire:
    """Let it run a long query, so that it is not idle."""
    client.send(SLEEP)
    return client


def test_a_session_may_last_longer_than_its_transactions(start: Start) -> None:
    client = log_in(start(transaction_timeout=0.4))
    deadline = time.monotonic() + 0.8
    while time.monotonic() < deadline:
        assert kinds(client.query("BEGIN; SELECT pg_sleep(0.02); COMMIT")) == "CTDCCZ"


def test_a_client_that_sends_nothing_is_closed(start: Start) -> None:
    pooler = start(client_idle_timeout=0.3)
    client, in_transaction = log_in(pooler), log_in(pooler)
    in_transaction.query("BEGIN")
    error = ended(client)
    assert (error.severity, error.sqlstate) == ("FATAL", "57P05")
    assert error.message == "client_idle_timeout"
    assert kinds(in_transaction.query("COMMIT")) == "CZ"


def test_a_login_that_takes_too_long_is_ended(start: Start) -> None:
    pooler = start(client_login_timeout=0.3)
    silent, half = connect(pooler), connect(pooler)
    # Int32 length of 50, of which four more are sent
    half.send(b"\0\0\0\x32", b"\0\3\0\0")
    for wire in (silent, half):
        error = ended(wire)
        assert error.message == "client_login_timeout"
        assert error.severity == "FATAL"
    pooler.wait_for_log("closing because: client_login_timeout", times=2)


def test_an_old_server_is_replaced_when_it_is_idle(start: Start) -> None:
    pooler = start(server_lifetime=0.3)
    client = log_in(pooler)
    first = client.value("SELECT pg_backend_pid()")
    until(lambda: not pooler.backends(), "the old server is closed")
    pooler.wait_for_log("closing because: server lifetime over")
    assert client.value("SELECT pg_backend_pid()") != first


def test_an_old_server_is_not_taken_from_its_client(start: Start) -> None:
    pooler = start(server_lifetime=0.2)
    client = log_in(pooler)
    client.query("BEGIN")
    assert kinds(client.query("SELECT pg_sleep(0.5)")) == "TDCZ"
    assert kinds(client.query("COMMIT")) == "CZ"
    pooler.wait_for_log("closing because: server lifetime over")


def test_a_server_that_nobody_needs_is_closed(start: Start) -> None:
    pooler = start(server_idle_timeout=0.3)
    client = log_in(pooler)
    client.query("SELECT 1")
    until(lambda: not pooler.backends(), "the idle server is closed")
    pooler.wait_for_log("closing because: server idle timeout")
    assert client.value("SELECT 1") == "1"


def test_idle_servers_are_kept_up_to_the_least_number(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=3,
        min_pool_size=1,
        server_idle_timeout=0.3,
    )
    holders = [log_in(pooler) for _ in range(3)]
    for holder in holders:
        holder.query("BEGIN")
    for holder in holders:
        holder.query("COMMIT")
    pooler.wait_for_log("closing because: server idle timeout", times=2)
    (kept,) = pooler.wait_for_backends(1)
    assert holders[0].value("SELECT pg_backend_pid()") == str(kept.pid)
