"""psycopg's pipelines in transaction mode, with every statement prepared at once: many
clients, two servers, and another one after each transaction."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest

from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.eager import AsyncConnection, Connection, connect, open_client
from tests.integration.rotation import SERVERS, rotating

CLIENTS = 20
ROUNDS = 10


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return rotating(start_pooler)


# One client


def test_a_pipeline_prepares_and_runs_what_it_prepared(pooler: PoolerProcess) -> None:
    with connect(pooler) as client:
        for _ in range(5):
            with client.pipeline():
                cursors = [
                    client.execute(f"SELECT {n % 4}, %s::int", (n,)) for n in range(50)
                ]
            assert [c.fetchone() for c in cursors] == [(n % 4, n) for n in range(50)]


def test_each_sync_ends_a_transaction_of_its_own(pooler: PoolerProcess) -> None:
    with connect(pooler) as client:
        client.execute("CREATE TABLE t (i int)")
        with client.pipeline() as pipeline:
            for n in range(6):
                client.execute("INSERT INTO t VALUES (%s)", (n,))
                if n % 2:
                    pipeline.sync()
        ids = client.execute("SELECT xmin::text, i FROM t ORDER BY i").fetchall()
        assert [i for _, i in ids] == list(range(6))
        assert len({xmin for xmin, _ in ids}) == 3


def fail_in_the_middle(
    client: Connection, pipeline: psycopg.Pipeline, base: int
) -> list[type[psycopg.Error]]:
    """Send a part that fails in its middle; return all that psycopg raised.

    It raises an error where it happens to read it: with a later statement or a sync.
    """
    steps: list[Callable[[], object]] = [
        lambda: client.execute("INSERT INTO t VALUES (%s)", (base,)),
        lambda: client.execute("SELECT 1 / %s::int", (0,)),
        # Prepared in a part that is thrown away.
        lambda: client.execute("INSERT INTO t VALUES (%s + 0)", (base + 1,)),
        # The first ends the part, the others have all of it read.
        *[pipeline.sync] * 3,
    ]
    raised: list[type[psycopg.Error]] = []
    for step in steps:
        try:
            step()
        except psycopg.Error as error:
            raised.append(type(error))
    return raised


def insert_with_an_error(client: Connection, base: int) -> None:
    """Run three parts with a sync behind each; the second fails."""
    with client.pipeline() as pipeline:
        client.execute("INSERT INTO t VALUES (%s)", (base,))
        pipeline.sync()
        raised = fail_in_the_middle(client, pipeline, base + 1)
        assert raised[0] is psycopg.errors.DivisionByZero
        assert set(raised[1:]) <= {psycopg.errors.PipelineAborted}
        client.execute("INSERT INTO t VALUES (%s)", (base + 3,))
        client.execute("INSERT INTO t VALUES (%s + 0)", (base + 4,))
        pipeline.sync()


def test_an_error_throws_away_what_is_behind_it_up_to_the_sync(
    pooler: PoolerProcess,
) -> None:
    with connect(pooler) as client:
        client.execute("CREATE TABLE t (i int)")
        for n in range(5):
            insert_with_an_error(client, 10 * n)
        rows = client.execute("SELECT i FROM t ORDER BY i").fetchall()
        assert rows == [(10 * n + i,) for n in range(5) for i in (0, 3, 4)]


def ask_nowhere(client: Connection) -> None:
    with client.pipeline():
        client.execute("SELECT %s::int", (1,))
        client.execute("SELECT %s::int FROM nowhere", (1,))
        client.execute("SELECT %s::int + 1", (1,))


def test_a_statement_that_cannot_be_parsed_in_a_pipeline(
    pooler: PoolerProcess,
) -> None:
    with connect(pooler) as client:
        for _ in range(3):
            with pytest.raises(psycopg.errors.UndefinedTable):
                ask_nowhere(client)
            assert client.execute("SELECT %s::int", (7,)).fetchone() == (7,)
            assert client.execute("SELECT %s::int + 1", (7,)).fetchone() == (8,)


def test_a_transaction_within_a_pipeline(pooler: PoolerProcess) -> None:
    with connect(pooler) as client:
        client.execute("CREATE TABLE t (i int)")
        for n in range(4):
            with client.pipeline(), client.transaction():
                client.execute("INSERT INTO t VALUES (%s)", (n,))
                with client.transaction(force_rollback=True):
                    client.execute("INSERT INTO t VALUES (%s)", (n + 100,))
        rows = client.execute("SELECT i FROM t ORDER BY i").fetchall()
        assert rows == [(n,) for n in range(4)]


def test_executemany_is_a_pipeline_with_one_statement(pooler: PoolerProcess) -> None:
    with connect(pooler, autocommit=False) as client, client.cursor() as cursor:
        cursor.execute("CREATE TABLE t (i int, s text)")
        client.commit()
        for base in range(0, 900, 300):
            rows = [(base + n, f"row {n}") for n in range(300)]
            sql = "INSERT INTO t VALUES (%s, %s) RETURNING i"
            cursor.executemany(sql, rows, returning=True)
            returned = [result.fetchone() for result in cursor.results()]
            assert returned == [(i,) for i, _ in rows]
            client.commit()
        cursor.execute("SELECT count(*), count(DISTINCT i) FROM t")
        assert cursor.fetchone() == (900, 900)


def test_executemany_fails_as_a_whole(pooler: PoolerProcess) -> None:
    with connect(pooler) as client, client.cursor() as cursor:
        cursor.execute("CREATE TABLE t (i int UNIQUE)")
        sql = "INSERT INTO t VALUES (%s)"
        for _ in range(3):
            with pytest.raises(psycopg.errors.UniqueViolation):
                cursor.executemany(sql, [(n % 40,) for n in range(50)])
            assert cursor.execute("SELECT count(*) FROM t").fetchone() == (0,)


# Many clients


def test_many_clients_with_pipelines_that_fail_and_succeed(
    pooler: PoolerProcess,
) -> None:
    async def fail(client: AsyncConnection, n: int) -> None:
        async with client.pipeline():
            await client.execute("INSERT INTO t VALUES (%s, 0)", (-n,))
            await client.execute("SELECT 1 / %s::int", (0,))

    async def succeed(client: AsyncConnection, number: int, n: int) -> None:
        async with client.pipeline() as pipeline:
            await client.execute("INSERT INTO t VALUES (%s, %s)", (number, n))
            shared = await client.execute("SELECT %s::int, 'shared'", (n,))
            await pipeline.sync()
            own = await client.execute(f"SELECT {number}, %s::int", (n,))
        assert await shared.fetchall() == [(n, "shared")]
        assert await own.fetchall() == [(number, n)]

    async def work(number: int) -> None:
        async with open_client(pooler) as client:
            for n in range(ROUNDS):
                with pytest.raises(psycopg.errors.DivisionByZero):
                    await fail(client, n)
                await succeed(client, number, n)

    async def main() -> None:
        async with asyncio.timeout(30):
            await asyncio.gather(*(work(number) for number in range(CLIENTS)))

    with pooler.direct() as direct:
        direct.execute("CREATE TABLE t (who int, n int)")
        asyncio.run(main())
        rows = direct.execute("SELECT who, n FROM t ORDER BY who, n").fetchall()
    assert rows == [(who, n) for who in range(CLIENTS) for n in range(ROUNDS)]
    assert len(pooler.backends()) == SERVERS
