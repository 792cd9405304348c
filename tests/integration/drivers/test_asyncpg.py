"""asyncpg with its defaults, its pool among them: what its habits cost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import asyncpg  # type: ignore[import-untyped]  # it comes without types
import pytest

from tests.fixtures.observing import Observed
from tests.fixtures.pooler_files import DATABASE, USER

Pool: TypeAlias = asyncpg.Pool
Run = Callable[[Callable[[Pool], Awaitable[None]]], None]


@pytest.fixture
def run(observed: Observed) -> Run:
    """Return what runs a coroutine function that is given a pool."""

    async def main(work: Callable[[Pool], Awaitable[None]]) -> None:
        pool = asyncpg.create_pool(
            host=observed.pooler.host,
            port=observed.pooler.port,
            user=USER,
            database=DATABASE,
            min_size=1,
            max_size=2,
        )
        async with asyncio.timeout(30), pool:
            await work(pool)

    def run_with(work: Callable[[Pool], Awaitable[None]]) -> None:
        asyncio.run(main(work))

    return run_with


async def cost(observed: Observed) -> list[str]:
    return await asyncio.to_thread(observed.cost)


async def pins(observed: Observed) -> list[str]:
    return await asyncio.to_thread(observed.pins)


def test_borrowing_from_its_pool_costs_nothing(observed: Observed, run: Run) -> None:
    async def work(pool: Pool) -> None:
        for number in range(10):
            # Given back, it sends RESET ALL and the like.
            async with pool.acquire() as client:
                assert await client.fetchval("SELECT $1::int", number) == number
        assert await pool.fetchval("SELECT 1") == 1
        assert await cost(observed) == []

    run(work)


def test_transactions_and_cursors_cost_nothing(observed: Observed, run: Run) -> None:
    async def work(pool: Pool) -> None:
        async with pool.acquire() as client:
            async with client.transaction(isolation="serializable", readonly=True):
                await client.fetch("SELECT 1")
            async with client.transaction():
                async with client.transaction():
                    await client.execute("SELECT 1")
                query = "SELECT generate_series(1, 100)"
                rows = [row[0] async for row in client.cursor(query, prefetch=10)]
                assert rows == list(range(1, 101))
        assert await cost(observed) == []

    run(work)


def test_copies_and_many_rows_cost_nothing(observed: Observed, run: Run) -> None:
    records = [(number, f"row {number}") for number in range(100)]

    async def work(pool: Pool) -> None:
        async with pool.acquire() as client:
            await client.execute("CREATE TABLE t (i int, s text)")
            await client.copy_records_to_table("t", records=records)
            await client.executemany("INSERT INTO t VALUES ($1, $2)", records)
            assert await client.fetchval("SELECT count(*) FROM t") == 200
        assert await cost(observed) == []

    run(work)


def test_types_are_looked_up_once_for_a_connection(
    observed: Observed, run: Run
) -> None:
    async def work(pool: Pool) -> None:
        async with pool.acquire() as client:
            await client.execute("CREATE TYPE mood AS ENUM ('well')")
            # It turns jit off for that, and on again.
            assert await client.fetchval("SELECT '{well}'::mood[]") == ["well"]
        assert await pins(observed) == []
        await cost(observed)
        for _ in range(3):
            assert await pool.fetchval("SELECT '{well}'::mood[]") == ["well"]
        assert await cost(observed) == []

    run(work)


def test_a_lock_of_the_session_ends_when_its_connection_is_given_back(
    observed: Observed, run: Run
) -> None:
    async def work(pool: Pool) -> None:
        async with pool.acquire() as client:
            await client.execute("SELECT pg_advisory_lock(7)")
            assert await pins(observed) == ["advisory lock"]
        assert await pins(observed) == []

    run(work)
