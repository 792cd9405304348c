"""psycopg through the pooler in transaction mode, with every statement prepared at
once: many clients, two servers, and another one after each transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import psycopg
import pytest

from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.eager import AsyncConnection, connect, open_client
from tests.integration.rotation import SERVERS, rotating

CLIENTS = 24
ROUNDS = 15


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return rotating(start_pooler)


def all_at_once(
    pooler: PoolerProcess, work: Callable[[AsyncConnection, int], Awaitable[None]]
) -> None:
    """Let many clients do their work at the same time."""

    async def one(number: int) -> None:
        async with open_client(pooler) as client:
            await work(client, number)

    async def main() -> None:
        async with asyncio.timeout(30):
            await asyncio.gather(*(one(number) for number in range(CLIENTS)))

    asyncio.run(main())
    assert len(pooler.backends()) == SERVERS


def open_both_servers(pooler: PoolerProcess) -> None:
    """Have as many servers as there may be, all idle."""
    with connect(pooler) as one, connect(pooler) as other, one.transaction():
        one.execute("SELECT 1")
        other.execute("SELECT 1")
    assert len(pooler.backends()) == SERVERS


# One client


def test_a_statement_is_prepared_once_and_runs_on_both_servers(
    pooler: PoolerProcess,
) -> None:
    open_both_servers(pooler)
    with connect(pooler) as client:
        rows = [
            client.execute("SELECT pg_backend_pid(), %s::int", (n,)).fetchall()
            for n in range(10)
        ]
    pids = [row[0] for (row,) in rows]
    assert [row[1] for (row,) in rows] == list(range(10))
    assert set(pids) == set(pooler.pids())
    assert all(pid != after for pid, after in pairwise(pids))


def test_more_statements_than_the_driver_keeps(pooler: PoolerProcess) -> None:
    open_both_servers(pooler)
    with connect(pooler) as client:
        client.prepared_max = 3
        for n in range(60):
            row = client.execute(f"SELECT {n % 8} + %s::int", (n,)).fetchone()
            assert row == (n % 8 + n,)


def test_more_statements_than_a_server_keeps(start_pooler: StartPooler) -> None:
    pooler = rotating(start_pooler, max_prepared_statements=3)

    async def work(client: AsyncConnection, number: int) -> None:
        for n in range(ROUNDS):
            cursor = await client.execute(f"SELECT {n % 7}, %s::int", (number,))
            assert await cursor.fetchone() == (n % 7, number)

    all_at_once(pooler, work)


def test_one_text_with_parameters_of_several_types(pooler: PoolerProcess) -> None:
    with connect(pooler) as client:
        for _ in range(4):
            for value in (1, 2**40, 1.5, "text", b"bytes", None, [1, 2], True):
                row = client.execute("SELECT %s, %s", (value, value)).fetchone()
                assert row == (value, value)


def test_after_an_error_and_a_rollback_all_statements_go_on(
    pooler: PoolerProcess,
) -> None:
    with connect(pooler, autocommit=False) as client:
        client.execute("CREATE TABLE t (i int)")
        client.commit()
        for n in range(6):
            client.execute("INSERT INTO t VALUES (%s)", (n,))
            with pytest.raises(psycopg.errors.DivisionByZero):
                client.execute("SELECT 1 / %s::int", (0,))
            with pytest.raises(psycopg.errors.InFailedSqlTransaction):
                client.execute("SELECT 'never prepared', %s::int", (n,))
            client.rollback()
            client.execute("INSERT INTO t VALUES (%s)", (n + 100,))
            row = client.execute("SELECT 'never prepared', %s::int", (n,)).fetchone()
            assert row == ("never prepared", n)
            client.commit()
        rows = client.execute("SELECT i FROM t ORDER BY i").fetchall()
        assert rows == [(n + 100,) for n in range(6)]


def test_a_savepoint_saves_what_was_before_it(pooler: PoolerProcess) -> None:
    with connect(pooler) as client:
        client.execute("CREATE TABLE t (i int UNIQUE)")
        for n in range(5):
            with client.transaction():
                client.execute("INSERT INTO t VALUES (%s)", (n,))
                with (
                    pytest.raises(psycopg.errors.UniqueViolation),
                    client.transaction(),
                ):
                    client.execute("INSERT INTO t VALUES (%s)", (n,))
        assert client.execute("SELECT count(*) FROM t").fetchone() == (5,)


def test_who_changes_a_table_gets_its_new_columns(pooler: PoolerProcess) -> None:
    open_both_servers(pooler)
    with connect(pooler) as client:
        client.execute("CREATE TABLE t (i int)")
        client.execute("INSERT INTO t VALUES (1)")
        # On both servers.
        for _ in range(4):
            assert client.execute("SELECT * FROM t").fetchall() == [(1,)]
        client.execute("ALTER TABLE t ADD COLUMN s text DEFAULT 'new'")
        for _ in range(4):
            assert client.execute("SELECT * FROM t").fetchall() == [(1, "new")]
        client.execute("DROP TABLE t")
        client.execute("CREATE TABLE t AS SELECT 'other' AS s")
        for _ in range(4):
            assert client.execute("SELECT * FROM t").fetchall() == [("other",)]


def test_a_cursor_on_the_server_within_a_transaction(pooler: PoolerProcess) -> None:
    with connect(pooler, autocommit=False) as client:
        for n in range(4):
            with client.cursor("pieces") as cursor:
                cursor.itersize = 50
                cursor.execute("SELECT generate_series(1, %s)", (500 + n,))
                assert [row[0] for row in cursor] == list(range(1, 501 + n))
            client.commit()


# Many clients


def test_many_clients_with_statements_of_their_own_and_shared_ones(
    pooler: PoolerProcess,
) -> None:
    async def work(client: AsyncConnection, number: int) -> None:
        for n in range(ROUNDS):
            cursor = await client.execute("SELECT %s::int, %s::text", (n, "shared"))
            assert await cursor.fetchone() == (n, "shared")
            cursor = await client.execute(f"SELECT {number}, %s::int", (n,))
            assert await cursor.fetchone() == (number, n)

    all_at_once(pooler, work)


def test_many_clients_in_transactions_that_fail_and_succeed(
    pooler: PoolerProcess,
) -> None:
    with pooler.direct() as direct:
        direct.execute("CREATE TABLE t (who int, n int)")

    async def insert_and_divide(client: AsyncConnection, who: int, n: int) -> None:
        async with client.transaction():
            await client.execute("INSERT INTO t VALUES (%s, %s)", (who, n))
            await client.execute("SELECT 1 / %s::int", (n % 3,))

    async def work(client: AsyncConnection, number: int) -> None:
        for n in range(ROUNDS):
            if n % 3:
                await insert_and_divide(client, number, n)
            else:
                with pytest.raises(psycopg.errors.DivisionByZero):
                    await insert_and_divide(client, number, n)

    all_at_once(pooler, work)
    with pooler.direct() as direct:
        counts = direct.execute(
            "SELECT who, count(*), sum(n) FROM t GROUP BY who ORDER BY who"
        ).fetchall()
    kept = [n for n in range(ROUNDS) if n % 3]
    assert counts == [(who, len(kept), sum(kept)) for who in range(CLIENTS)]


def test_what_another_changes_in_a_table_is_seen_at_once(pooler: PoolerProcess) -> None:
    open_both_servers(pooler)
    with connect(pooler) as client, connect(pooler) as other:
        other.execute("CREATE TABLE t (i int)")
        other.execute("INSERT INTO t VALUES (1)")
        # On both servers.
        for _ in range(4):
            assert client.execute("SELECT * FROM t").fetchall() == [(1,)]
        other.execute("ALTER TABLE t ADD COLUMN s text DEFAULT 'new'")
        # PostgreSQL itself would say that its plan must not change the result type.
        for _ in range(4):
            assert client.execute("SELECT * FROM t").fetchall() == [(1, "new")]


def test_in_a_transaction_a_changed_table_is_an_error(pooler: PoolerProcess) -> None:
    open_both_servers(pooler)
    with connect(pooler) as client, connect(pooler) as other:
        other.execute("CREATE TABLE t (i int)")
        for _ in range(4):
            client.execute("SELECT * FROM t").fetchall()
        other.execute("ALTER TABLE t ADD COLUMN s text")
        with client.transaction(force_rollback=True):
            client.execute("SELECT 1")
            with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan"):
                client.execute("SELECT * FROM t")
        assert client.execute("SELECT * FROM t").fetchall() == []


def test_what_may_only_run_alone_does_so(pooler: PoolerProcess) -> None:
    open_both_servers(pooler)
    with connect(pooler) as client:
        client.execute("CREATE TABLE t (i int)")
        client.execute("VACUUM t")
        # The other server gets it as it was read before that.
        client.execute("SET timezone TO 'CET'")
        for _ in range(4):
            client.execute("VACUUM t")


def test_what_a_transaction_has_set_for_itself_is_gone_behind_it(
    pooler: PoolerProcess,
) -> None:
    open_both_servers(pooler)
    text = "SELECT timestamptz '2020-01-01 00:00' = '2020-01-01 00:00 UTC'"
    with connect(pooler) as client:
        client.execute("SET timezone TO 'UTC'")
        client.execute(text)
        for _ in range(4):
            with client.transaction():
                # A server that lacks the statement reads it as it was read before.
                client.execute("SET LOCAL timezone TO 'Asia/Tokyo'")
                assert client.execute(text).fetchone() == (True,)
            assert client.info.parameter_status("TimeZone") == "UTC"
            assert client.execute("SHOW timezone").fetchone() == ("UTC",)
