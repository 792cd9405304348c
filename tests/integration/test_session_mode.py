"""In session mode a client may do what it does without a pooler."""

import psycopg
import pytest

from tests.fixtures.pooling import PoolerProcess, StartPooler


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode="session", default_pool_size=1)


def test_prepared_statements_last_for_the_session(pooler: PoolerProcess) -> None:
    with pooler.connect(prepare_threshold=0) as client:
        for number in range(20):
            row = client.execute("SELECT %s::int", (number,)).fetchone()
            assert row == (number,)
        prepared = client.execute("SELECT count(*) FROM pg_prepared_statements")
        assert prepared.fetchone() == (2,)


def test_temporary_tables_and_settings_last_for_the_session(
    pooler: PoolerProcess,
) -> None:
    with pooler.connect() as client:
        client.execute("CREATE TEMPORARY TABLE mine (i int)")
        client.execute("SET work_mem = '5MB'")
        client.execute("INSERT INTO mine VALUES (1)")
        assert client.execute("SELECT i FROM mine").fetchone() == (1,)
        assert client.execute("SHOW work_mem").fetchone() == ("5MB",)


def test_a_notification_reaches_the_client_that_listens(pooler: PoolerProcess) -> None:
    with pooler.connect() as client, pooler.direct() as direct:
        client.execute("LISTEN news")
        direct.execute("NOTIFY news, 'good'")
        notification = next(client.notifies(timeout=10, stop_after=1))
        assert (notification.channel, notification.payload) == ("news", "good")


def test_nothing_of_a_session_is_left_for_the_next_one(pooler: PoolerProcess) -> None:
    with pooler.connect(prepare_threshold=0) as client:
        client.execute("SELECT %s::int", (1,))
        client.execute("CREATE TEMPORARY TABLE mine (i int)")
        client.execute("SET work_mem = '5MB'")
        client.execute("SET search_path = nowhere")
        client.execute("SELECT pg_advisory_lock(7)")
        before = client.execute("SELECT pg_backend_pid()").fetchone()
    with pooler.connect() as client:
        assert client.execute("SELECT pg_backend_pid()").fetchone() == before
        assert client.execute("SHOW work_mem").fetchone() == ("4MB",)
        assert client.execute("SHOW search_path").fetchone() == ('"$user", public',)
        for what in (
            "pg_prepared_statements",
            "pg_class WHERE relname = 'mine'",
            "pg_locks WHERE locktype = 'advisory'",
        ):
            row = client.execute(f"SELECT count(*) FROM {what}").fetchone()
            assert row == (0,), what


def test_a_reset_query_that_fails_closes_the_server(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        pool_mode="session", default_pool_size=1, server_reset_query="SELECT 1 / 0"
    )
    with pooler.connect() as client:
        before = client.execute("SELECT pg_backend_pid()").fetchone()
    with pooler.connect() as client:
        assert client.execute("SELECT pg_backend_pid()").fetchone() != before
    pooler.wait_for_log("server reset query failed")


def test_a_second_client_waits_until_the_first_one_leaves(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="session", default_pool_size=1, query_wait_timeout=0.3
    )
    with pooler.connect() as first, pooler.connect() as second:
        first.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError, match="query_wait_timeout"):
            second.execute("SELECT 1")
