"""asyncpg through the pooler: in session and in transaction mode with its defaults,
and in transaction mode without its statement cache."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg  # type: ignore[import-untyped]  # it comes without types
import pytest

from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import PoolerProcess, StartPooler

Connection: TypeAlias = asyncpg.Connection
Work = Callable[["Clients"], Awaitable[None]]

#: Pool modes, with the statement cache's size; asyncpg's default is 100.
SET_UPS = [("transaction", 0), ("transaction", 100), ("session", 100)]


class Clients:
    """Opens connections of asyncpg."""

    def __init__(self, pooler: PoolerProcess, cache_size: int) -> None:
        self._pooler = pooler
        self._cache_size = cache_size

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        client = await asyncpg.connect(
            host=self._pooler.host,
            port=self._pooler.port,
            user=USER,
            database=DATABASE,
            statement_cache_size=self._cache_size,
        )
        try:
            yield client
        finally:
            await client.close()


@pytest.fixture(params=SET_UPS, ids=lambda given: f"{given[0]}, cache {given[1]}")
def run(
    request: pytest.FixtureRequest, start_pooler: StartPooler
) -> Callable[[Work], None]:
    """Return what runs a coroutine function that is given the clients."""
    mode, cache_size = request.param
    pooler = start_pooler(pool_mode=mode, default_pool_size=2)

    def run_with(work: Work) -> None:
        async def main() -> None:
            async with asyncio.timeout(30):
                await work(Clients(pooler, cache_size))

        asyncio.run(main())

    return run_with


def test_fetch_gives_rows_with_parameters(run: Callable[[Work], None]) -> None:
    async def work(clients: Clients) -> None:
        async with clients.connect() as client:
            for _ in range(10):
                rows = await client.fetch("SELECT generate_series(1, $1::int) AS i", 5)
                assert [row["i"] for row in rows] == [1, 2, 3, 4, 5]
                assert await client.fetchval("SELECT $1::text", "x" * 100_000)

    run(work)


def test_executemany_stores_every_row(run: Callable[[Work], None]) -> None:
    async def work(clients: Clients) -> None:
        async with clients.connect() as client:
            await client.execute("CREATE TABLE t (i int, s text)")
            rows = [(number, "x" * (number % 50)) for number in range(2000)]
            await client.executemany("INSERT INTO t VALUES ($1, $2)", rows)
            stored = await client.fetch("SELECT i, s FROM t ORDER BY i")
            assert [tuple(row) for row in stored] == rows

    run(work)


async def fail(client: Connection, sql: str) -> None:
    """Insert a row, and fail in the same transaction."""
    async with client.transaction():
        await client.execute("INSERT INTO t VALUES (2)")
        await client.fetch(sql)


def test_transactions_commit_and_roll_back(run: Callable[[Work], None]) -> None:
    async def work(clients: Clients) -> None:
        async with clients.connect() as client:
            await client.execute("CREATE TABLE t (i int)")
            async with client.transaction():
                await client.execute("INSERT INTO t VALUES (1)")
                with pytest.raises(asyncpg.DivisionByZeroError):
                    await fail(client, "SELECT 1 / (i - 2) FROM t")
                await client.execute("INSERT INTO t VALUES (3)")
            with pytest.raises(asyncpg.UndefinedTableError):
                await fail(client, "SELECT * FROM nowhere")
            rows = await client.fetch("SELECT i FROM t ORDER BY i")
            assert [row["i"] for row in rows] == [1, 3]

    run(work)


def test_copy_goes_both_ways(run: Callable[[Work], None]) -> None:
    records = [(number, f"row {number}") for number in range(5000)]

    async def work(clients: Clients) -> None:
        async with clients.connect() as client:
            await client.execute("CREATE TABLE t (i int, s text)")
            await client.copy_records_to_table("t", records=records)
            output = io.BytesIO()
            await client.copy_from_table("t", output=output, format="csv")
            lines = output.getvalue().decode().splitlines()
            assert lines == [f"{number},{text}" for number, text in records]

    run(work)


def test_a_cursor_gives_its_rows_piece_by_piece(run: Callable[[Work], None]) -> None:
    async def work(clients: Clients) -> None:
        async with clients.connect() as client, client.transaction():
            query = "SELECT generate_series(1, 1000) AS i"
            total = 0
            async for row in client.cursor(query, prefetch=50):
                total += row["i"]
            assert total == 500_500

    run(work)


def test_many_clients_take_turns_on_two_servers(run: Callable[[Work], None]) -> None:
    async def one(clients: Clients, number: int) -> None:
        async with clients.connect() as client:
            for _ in range(20):
                assert await client.fetchval("SELECT $1::int", number) == number

    async def work(clients: Clients) -> None:
        await asyncio.gather(*(one(clients, number) for number in range(20)))

    run(work)


def test_a_timeout_of_the_driver_cancels_only_its_query(
    run: Callable[[Work], None],
) -> None:
    async def work(clients: Clients) -> None:
        async with clients.connect() as one, clients.connect() as other:
            sleeping = asyncio.create_task(other.fetchval("SELECT pg_sleep(0.4), 1"))
            with pytest.raises(TimeoutError):
                await one.fetch("SELECT pg_sleep(30)", timeout=0.1)
            await sleeping
            assert await one.fetchval("SELECT 1") == 1

    run(work)
