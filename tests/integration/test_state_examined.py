"""What PostgreSQL itself says of a session, between two transactions of its client."""

import struct

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.server.examination import Questions, ask, read
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.wire import Wire


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode="transaction", default_pool_size=2, max_pinned=1)


def zone(client: psycopg.Connection) -> tuple[str | None, str]:
    """Return the time zone, as the client was told, and as it is."""
    (row,) = client.execute("SHOW timezone").fetchall()
    told = client.info.parameter_status("TimeZone")
    return told, str(row[0])


def test_reset_a_client_knows_its_startup_value_again(pooler: PoolerProcess) -> None:
    with pooler.connect(options="-c timezone=Asia/Tokyo") as client:
        client.execute("SET timezone = 'Europe/Oslo'")
        assert zone(client) == ("Europe/Oslo", "Europe/Oslo")
        for text in ("RESET timezone", "RESET ALL", "DISCARD ALL"):
            client.execute(text)
            assert zone(client) == ("Asia/Tokyo", "Asia/Tokyo")


def test_a_default_that_was_asked_for_behind_a_reset_stays(
    pooler: PoolerProcess,
) -> None:
    with pooler.connect() as plain:
        default = zone(plain)
    with pooler.connect(options="-c timezone=Asia/Tokyo") as client:
        client.execute(f"RESET ALL; SET timezone = '{default[1]}'")
        assert zone(client) == default
        client.execute("RESET ALL")
        assert zone(client) == ("Asia/Tokyo", "Asia/Tokyo")


def test_a_refused_statement_leaves_its_transaction_failed_and_the_session_on(
    pooler: PoolerProcess,
) -> None:
    with pooler.connect() as holder, pooler.connect(autocommit=False) as client:
        holder.execute("SELECT pg_advisory_lock(1)")
        client.execute("SELECT 1")
        with pytest.raises(psycopg.errors.TooManyConnections) as refused:
            client.execute("SELECT pg_advisory_lock(2)")
        assert "advisory lock" in str(refused.value.diag.message_detail)
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            client.execute("SELECT 1")
        client.rollback()
        holder.execute("SELECT pg_advisory_unlock(1)")
        # Answered when it is known that nothing is held.
        holder.execute("SELECT 1")
        client.execute("SELECT pg_advisory_lock(2)")
        client.commit()
        count = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        assert client.execute(count).fetchone() == (1,)


def test_a_slow_reader_with_a_lock_keeps_its_session(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=2, server_drain_timeout=0.5
    )
    with pooler.connect() as slow, pooler.connect() as other:
        slow.pgconn.send_query(
            b"SELECT pg_advisory_lock(3), repeat('x', 50000)"
            b" FROM generate_series(1, 400)"
        )
        held = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory'"
        while other.execute(held).fetchone() != (True,):
            pass
        # Longer than an examination may take.
        other.execute("SELECT pg_sleep(1)")
        while (result := slow.pgconn.get_result()) is not None:
            assert result.status == psycopg.pq.ExecStatus.TUPLES_OK
        assert slow.execute("SELECT pg_advisory_unlock(3)").fetchone() == (True,)


def test_a_small_statement_timeout_does_not_hide_what_is_held(
    pooler: PoolerProcess,
) -> None:
    with (
        pooler.direct() as crowd,
        pooler.connect() as client,
        pooler.connect() as other,
    ):
        # There is so much to look through that it takes longer.
        crowd.execute(
            "SELECT count(pg_advisory_lock(n)) FROM generate_series(1, 5000) AS n"
        )
        client.execute("SELECT pg_advisory_lock(0); SET statement_timeout = '2ms'")
        # Answered when it is known what is held; and the timeout is what it was.
        with pytest.raises(psycopg.errors.QueryCanceled):
            client.execute("SELECT pg_sleep(60)")
        with pytest.raises(psycopg.errors.TooManyConnections) as refused:
            other.execute("SELECT pg_advisory_lock(-1)")
        assert "(advisory lock, " in str(refused.value.diag.message_detail)


@pytest.mark.parametrize(
    ("set_to", "own"),
    [("'90s'", "90s"), ("'3d'", "3d"), ("0", "0"), ("DEFAULT", None), ("'7s'", None)],
)
def test_a_timeout_that_is_kept_aside_is_found_as_it_was(
    pooled: EmbeddedPostgres, set_to: str, own: str | None
) -> None:
    questions = Questions(("my.x",), all_parameters=True, holdings=True, untimed=True)
    with Wire(pooled.host, pooled.port) as session:
        session.login(POOLED, options="-c statement_timeout=7s")
        session.query("SET my.x = 1; SET jit = off")
        session.query(f"SET statement_timeout = {set_to}")
        for _ in range(2):
            session.send(ask(questions))
            replies = b"".join(
                struct.pack("!cI", reply.kind.encode(), 4 + len(reply.body))
                + reply.body
                for reply in session.until_ready()
            )
            found = read(replies, questions)
            assert found.parameters == {"my.x": "1"}
            assert found.session is not None
            assert found.session.get("statement_timeout") == own
            assert found.session["jit"] == "off"
        assert session.value("SHOW statement_timeout") == (own or "7s")
