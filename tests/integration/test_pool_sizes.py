"""How many servers a pool has, which one is lent, and to whom first."""

import signal

import pytest

from pgwire.frontend import Query
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.wire import Wire, kinds, log_in

SLEEP = Query(b"SELECT pg_sleep(30)").encode()


def hold(pooler: PoolerProcess, database: str = "app") -> Wire:
    """Return a client that has a server to itself."""
    wire = log_in(pooler, database)
    wire.query("BEGIN")
    return wire


def test_servers_are_opened_as_they_are_needed(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=3)
    assert len(pooler.backends()) == 0
    holders = [hold(pooler) for _ in range(3)]
    assert len(pooler.backends()) == 3
    for holder in holders:
        holder.close()


def test_a_pool_never_has_more_servers_than_its_size(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=2)
    clients = [log_in(pooler) for _ in range(20)]
    for client in clients:
        client.send(Query(b"SELECT pg_sleep(0.01)").encode())
    most = 0
    for client in clients:
        assert kinds(client.until_ready()) == "TDCZ"
        most = max(most, len(pooler.backends()))
    assert most == 2


def test_waiting_clients_are_served_in_the_order_they_came(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=1)
    holder = hold(pooler)
    holder.query("CREATE TABLE t (at serial, who int)")
    waiting = [log_in(pooler) for _ in range(8)]
    for number, client in enumerate(waiting):
        client.send(Query(b"INSERT INTO t (who) VALUES (%d)" % number).encode())
        # Its bytes are read before the next one's are sent.
        assert holder.value(f"SELECT {number}") == str(number)
    holder.query("COMMIT")
    for client in waiting:
        assert kinds(client.until_ready()) == "CZ"
    order = holder.value("SELECT string_agg(who::text, '' ORDER BY at) FROM t")
    assert order == "01234567"


def test_a_client_that_leaves_the_queue_is_not_served(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=1)
    holder = hold(pooler)
    holder.query("CREATE TABLE t (i int)")
    gone, stays = log_in(pooler), log_in(pooler)
    gone.send(Query(b"INSERT INTO t VALUES (1)").encode())
    stays.send(Query(b"SELECT count(*) FROM t").encode())
    gone.close()
    pooler.wait_for_log("client unexpected eof")
    holder.query("COMMIT")
    assert stays.until_ready()[1].body == b"\0\1\0\0\0\0010"


def test_the_reserve_is_opened_for_clients_that_wait_long(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=1,
        reserve_pool_size=1,
        reserve_pool_timeout=0.3,
    )
    hold(pooler)
    second = log_in(pooler)
    second.send(SLEEP)
    third = log_in(pooler)
    third.send(SLEEP)
    pooler.wait_for_backends(2)
    pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    assert len(pooler.pids()) == 2


def test_the_least_number_of_servers_is_kept_once_the_pool_is_there(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=5, min_pool_size=3)
    with pooler.connect() as client:
        client.execute("SELECT 1")
        pooler.wait_for_backends(3)


def test_a_pool_with_a_forced_user_is_filled_at_the_start(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=5,
        min_pool_size=2,
        database_options="user=postgres",
    )
    pooler.wait_for_backends(2)


def test_the_server_given_back_last_is_lent_first(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=3)
    holders = [hold(pooler) for _ in range(3)]
    pids = [holder.value("SELECT pg_backend_pid()") for holder in holders]
    for holder in holders:
        holder.query("COMMIT")
    again = {holders[0].value("SELECT pg_backend_pid()") for _ in range(5)}
    assert again == {pids[2]}


def test_round_robin_lends_the_server_that_was_idle_longest(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=3, server_round_robin=1
    )
    holders = [hold(pooler) for _ in range(3)]
    pids = [holder.value("SELECT pg_backend_pid()") for holder in holders]
    for holder in holders:
        holder.query("COMMIT")
    again = [holders[0].value("SELECT pg_backend_pid()") for _ in range(6)]
    assert again == pids * 2


def test_databases_with_a_common_limit_take_idle_servers_from_each_other(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=2,
        max_user_connections=2,
        databases={"other": f"dbname={POOLED}"},
    )
    first, second = hold(pooler), hold(pooler)
    elsewhere = log_in(pooler, "app")
    elsewhere.send(Query(b"SELECT 'waits'").encode())
    first.query("COMMIT")
    assert kinds(elsewhere.until_ready()) == "TDCZ"
    # Its login needs a server of its own pool, so an idle one has to go.
    with pooler.connect("other") as client:
        assert client.execute("SELECT 1").fetchone() == (1,)
    pooler.wait_for_log("closing because: evicted")
    pooler.wait_for_backends(2)
    assert kinds(second.query("COMMIT")) == "CZ"


@pytest.mark.parametrize("limit", ["max_db_connections", "max_user_connections"])
def test_a_limit_on_servers_is_kept_below_the_size_of_the_pool(
    start_pooler: StartPooler, limit: str
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=5, more={limit: 2})
    holders = [hold(pooler) for _ in range(2)]
    waiting = log_in(pooler)
    waiting.send(Query(b"SELECT 1").encode())
    assert len(pooler.backends()) == 2
    holders[0].query("COMMIT")
    assert kinds(waiting.until_ready()) == "TDCZ"
    assert len(pooler.backends()) == 2


def test_paused_no_server_is_lent_and_resumed_all_goes_on(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=2)
    holder, waiting = hold(pooler), log_in(pooler)
    pooler.signal(signal.SIGUSR1)
    pooler.wait_for_log("got SIGUSR1, pausing all activity")
    waiting.send(Query(b"SELECT 1").encode())
    # A transaction that was open goes on to its end; then its server is closed.
    assert kinds(holder.query("SELECT 1")) == "TDCZ"
    assert kinds(holder.query("COMMIT")) == "CZ"
    until(lambda: not pooler.backends(), "the servers are closed")
    pooler.signal(signal.SIGUSR2)
    assert kinds(waiting.until_ready()) == "TDCZ"
