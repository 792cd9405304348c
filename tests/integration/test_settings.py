"""Settings whose effect a driver sees, with a real PostgreSQL behind."""

import psycopg
import pytest
from psycopg.rows import TupleRow

from pgwire.frontend import Query
from pgwire.startup import StartupMessage
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.wire import connect, kinds, log_in


def extended(
    client: psycopg.Connection[TupleRow], text: str, *values: object
) -> TupleRow | None:
    """Run a statement by the extended protocol."""
    return client.execute(text, values or None, binary=True).fetchone()


def test_without_simple_queries_all_else_works(start_pooler: StartPooler) -> None:
    pooler = start_pooler(disable_pqexec=1, pool_mode="transaction")
    with pooler.connect() as client:
        with pytest.raises(psycopg.errors.FeatureNotSupported) as caught:
            client.execute("SELECT 1")
        assert caught.value.diag.message_primary == "PQexec disallowed"
        assert caught.value.diag.severity == "ERROR"
        assert extended(client, "SELECT %s::int + 1", 41) == (42,)
        assert extended(client, "SELECT pg_backend_pid()") == (pooler.pids()[0],)
    assert len(pooler.pids()) == 1


def test_within_a_transaction_the_refusal_changes_nothing(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(disable_pqexec=1, pool_mode="transaction")
    with pooler.connect() as client:
        client.execute("BEGIN", binary=True)
        client.execute("CREATE TABLE kept (x int)", binary=True)
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            client.execute("DROP TABLE kept")
        assert client.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS
        client.execute("COMMIT", binary=True)
        assert extended(client, "SELECT count(*) FROM kept") == (0,)


@pytest.fixture
def noticing(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        pool_mode="transaction",
        default_pool_size=1,
        query_wait_notify=1,
        application_name_add_host=1,
        login_notify_message="hello from the pooler",
    )


def test_who_waits_is_told_so_and_served_all_the_same(noticing: PoolerProcess) -> None:
    waiting = log_in(noticing)
    with noticing.connect() as owner:
        owner.execute("BEGIN")
        waiting.send(Query(b"SELECT 7").encode())
        assert waiting.read().notice.message == (
            "No server connection available in postgres backend, client being queued"
        )
        owner.execute("COMMIT")
        assert kinds(waiting.until_ready())[-3:] == "DCZ"


def test_who_logs_in_gets_the_message_of_the_day(noticing: PoolerProcess) -> None:
    wire = connect(noticing)
    startup = {"user": "postgres", "database": "app"}
    wire.send(StartupMessage(0, startup).encode())
    *_, notice, ready = wire.until_ready()
    assert (notice.notice.message, ready.kind) == ("hello from the pooler", "Z")


def test_servers_know_where_an_application_comes_from(noticing: PoolerProcess) -> None:
    with noticing.connect(application_name="shop") as client:
        shown = client.execute("SHOW application_name").fetchone()
        assert shown is not None
        assert shown[0].startswith("shop - 127.0.0.1:")


def test_a_statement_above_max_packet_size_is_refused(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(max_packet_size="1kB")
    with pooler.connect() as client:
        assert client.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="max_packet_size is 1024"):
            client.execute("SELECT '" + "x" * 2000 + "'")
