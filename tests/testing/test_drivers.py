"""Strict mode lets applications pass that leave nothing, with any driver."""

import asyncio
from collections.abc import Iterator

import asyncpg  # type: ignore[import-untyped]  # it comes without types
import psycopg
import pytest
from sqlalchemy import create_engine, text

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.testing.handle import PgPool, pooler

pytestmark = pytest.mark.integration


@pytest.fixture
def pool(postgres: EmbeddedPostgres) -> Iterator[PgPool]:
    with pooler(postgres.dsn, strict=True, pool_size=2) as pool:
        yield pool


def test_psycopg_is_clean(pool: PgPool) -> None:
    with psycopg.connect(pool.dsn) as client:
        for number in range(8):
            with client.transaction():
                row = client.execute("SELECT %s::int", [number]).fetchone()
                assert row == (number,)
        client.execute("SET LOCAL statement_timeout = '5s'")


def test_sqlalchemy_is_clean(pool: PgPool) -> None:
    url = pool.url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    for number in range(8):
        with engine.begin() as connection:
            statement = text("SELECT CAST(:n AS int)")
            assert connection.scalar(statement, {"n": number}) == number
    engine.dispose()


def test_asyncpg_is_clean(pool: PgPool) -> None:
    async def run() -> None:
        async with asyncpg.create_pool(pool.url, min_size=1, max_size=2) as clients:
            for number in range(8):
                async with clients.acquire() as client, client.transaction():
                    assert await client.fetchval("SELECT $1::int", number) == number

    asyncio.run(run())
