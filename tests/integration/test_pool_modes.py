"""When a server comes back: after the session, the transaction, or the statement."""

import psycopg
import pytest

from pgwire.frontend import Flush, Query, Sync
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.wire import batch, extended, kinds, log_in


def begin(sql: str) -> bytes:
    return Query(sql.encode()).encode()


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode="transaction", default_pool_size=1)


def test_clients_alternate_on_one_server_between_transactions(
    pooler: PoolerProcess,
) -> None:
    with pooler.connect() as one, pooler.connect() as other:
        seen = {
            client.execute("SELECT pg_backend_pid()").fetchone()
            for client in (one, other, one, other)
        }
    assert len(seen) == 1


def test_a_transaction_keeps_its_server_until_it_ends(pooler: PoolerProcess) -> None:
    with log_in(pooler) as one, log_in(pooler) as other:
        one.query("BEGIN")
        other.send(begin("SELECT 'after'"))
        # Were the server lent meanwhile, its answer would be here before these.
        for _ in range(10):
            assert kinds(one.query("SELECT 1")) == "TDCZ"
        one.send(begin("SELECT 'before' FROM pg_sleep(0.05); COMMIT"))
        assert one.until_ready()[-1].body == b"I"
        assert kinds(other.until_ready()) == "TDCZ"


def test_a_failed_transaction_keeps_its_server_too(pooler: PoolerProcess) -> None:
    with log_in(pooler) as one, log_in(pooler) as other:
        assert one.query("BEGIN; SELECT 1 / 0")[-1].body == b"E"
        other.send(begin("SELECT 1"))
        assert one.query("SELECT 1")[0].error.sqlstate == "25P02"
        assert one.query("ROLLBACK")[-1].body == b"I"
        assert kinds(other.until_ready()) == "TDCZ"


def test_a_batch_without_sync_is_an_open_transaction(pooler: PoolerProcess) -> None:
    pooler_is_asked = batch("INSERT INTO t VALUES (1)") + Flush().encode()
    with log_in(pooler) as one, log_in(pooler) as other:
        one.query("CREATE TABLE t (i int)")
        one.send(pooler_is_asked)
        assert kinds(one.read_to("C")) == "12nC"
        other.send(begin("SELECT count(*) FROM t"))
        one.send(Sync().encode())
        assert kinds(one.until_ready()) == "Z"
        replies = other.until_ready()
        assert kinds(replies) == "TDCZ"
        # Int16 1 column, Int32 1 byte, "1": the insert was committed before.
        assert replies[1].body == b"\0\1\0\0\0\0011"


def test_a_pipeline_of_several_exchanges_is_answered_in_order(
    pooler: PoolerProcess,
) -> None:
    with log_in(pooler) as one, log_in(pooler) as other:
        for client in (one, other):
            client.send(
                extended("SELECT 1"),
                begin("SELECT 2"),
                extended("SELECT 1 / 0"),
                extended("SELECT 3"),
            )
        for client in (one, other):
            assert kinds(client.until_ready()) == "12TDCZ"
            assert kinds(client.until_ready()) == "TDCZ"
            assert kinds(client.until_ready()) == "1EZ"
            assert kinds(client.until_ready()) == "12TDCZ"


def test_a_named_statement_keeps_no_server_for_the_client(
    pooler: PoolerProcess,
) -> None:
    with pooler.connect(prepare_threshold=0) as one, pooler.connect() as other:
        for number in range(10):
            assert one.execute("SELECT %s::int", (number,)).fetchone() == (number,)
            assert other.execute("SELECT 'x'").fetchone() == ("x",)


def test_nothing_of_a_client_with_statements_is_left_for_the_next_one(
    pooler: PoolerProcess,
) -> None:
    with pooler.connect(prepare_threshold=0) as client:
        client.execute("SELECT %s::int", (1,))
        before = client.execute("SELECT pg_backend_pid()").fetchone()
    with pooler.connect() as client:
        # What is there has no name that a client would give.
        row = client.execute(
            "SELECT pg_backend_pid(), count(*) FROM pg_prepared_statements"
            " WHERE name NOT LIKE 'pgpool\\_%'"
        ).fetchone()
        assert row == (*(before or ()), 0)


def test_statement_mode_runs_statements(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="statement", default_pool_size=1)
    with pooler.connect() as one, pooler.connect() as other:
        for number in range(5):
            assert one.execute("SELECT %s::int", (number,)).fetchone() == (number,)
            assert other.execute("SELECT 'x'").fetchone() == ("x",)


def test_statement_mode_refuses_a_transaction_and_goes_on(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="statement", default_pool_size=1)
    with pooler.connect() as client, pooler.connect() as other:
        before = other.execute("SELECT pg_backend_pid()").fetchone()
        client.execute("CREATE TABLE t (i int)")
        # The second one is sent as an extended batch.
        for sql, values in (
            ("BEGIN; SET TIME ZONE 'CET'; INSERT INTO t VALUES (1)", None),
            ("BEGIN", ()),
        ):
            with pytest.raises(psycopg.errors.FeatureNotSupported) as caught:
                client.execute(sql, values)
            text = "transaction blocks not allowed in statement pooling mode"
            assert caught.value.diag.message_primary == text
            assert caught.value.diag.severity_nonlocalized == "ERROR"
        # What was begun is rolled back, and client and server are as good as before.
        assert client.execute("SELECT count(*) FROM t").fetchone() == (0,)
        assert client.info.parameter_status("TimeZone") != "CET"
        assert client.execute("SHOW TIME ZONE").fetchone() != ("CET",)
        assert other.execute("SELECT pg_backend_pid()").fetchone() == before


def test_in_statement_mode_a_pipeline_goes_on_behind_a_transaction(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="statement", default_pool_size=1)
    with log_in(pooler) as one, log_in(pooler) as other:
        for client in (one, other):
            client.send(extended("SELECT 1"), extended("BEGIN"))
            assert kinds(client.until_ready()) == "12TDCZ"
            assert kinds(client.until_ready()) == "12nCEZ"
            failed = client.query("BEGIN; SELECT 1 / 0")
            assert kinds(failed) == "CEZ"
            assert failed[1].error.sqlstate == "22012"
            assert failed[-1].body == b"I"


def test_mode_and_size_of_a_user_win_over_those_of_all(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="session",
        default_pool_size=5,
        user_options={"postgres": "pool_mode=transaction pool_size=1"},
    )
    with pooler.connect() as one, pooler.connect() as other:
        for client in (one, other, one, other):
            client.execute("SELECT 1")
        assert len(pooler.backends()) == 1


def test_a_reset_query_may_be_asked_for_in_every_mode(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=1,
        server_reset_query_always=1,
        session_state="ignore",
    )
    with pooler.connect() as client:
        client.execute("SET work_mem = '5MB'")
        assert client.execute("SHOW work_mem").fetchone() == ("4MB",)
