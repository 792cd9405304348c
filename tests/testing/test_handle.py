"""The pooler of a test, without pytest: faults, transactions, what shows."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.testing.handle import PgPool, async_pooler, pooler
from tests.fixtures.waiting import until

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def pool(postgres: EmbeddedPostgres) -> Iterator[PgPool]:
    with pooler(postgres.dsn, pool_size=2) as pool:
        yield pool


def ask(pool: PgPool) -> None:
    with psycopg.connect(pool.dsn, autocommit=True) as client:
        client.execute("SELECT 1")


def test_a_wrong_number_of_transactions_is_told(pool: PgPool) -> None:
    with (
        pytest.raises(AssertionError, match="3 transactions were expected, 1 were"),
        pool.expect_transactions(3),
    ):
        ask(pool)


def test_servers_that_break_fail_the_statement_under_way(pool: PgPool) -> None:
    with psycopg.connect(pool.url) as client:
        client.execute("SELECT 1")
        with pool.break_servers(), pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
    ask(pool)


def test_a_password_is_asked_for_and_does_not_show() -> None:
    with (
        EmbeddedPostgres(auth="scram-sha-256", password="s3 cr'et") as server,
        pooler(server.dsn) as pool,
    ):
        ask(pool)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(pool.dsn, password="wrong")
        assert "s3" not in repr(pool) + "".join(pool.events)


def test_a_loop_goes_on_while_its_pooler_starts(postgres: EmbeddedPostgres) -> None:
    async def run() -> None:
        async with async_pooler(postgres.dsn, strict=True) as pool:
            client = await psycopg.AsyncConnection.connect(pool.dsn)
            async with client:
                await client.execute("SELECT 1")

    asyncio.run(run())


def test_an_exhausted_pool_lets_clients_wait(pool: PgPool) -> None:
    key = ("postgres", "postgres")
    with ThreadPoolExecutor(1) as thread:
        with pool.exhaust():
            asked = thread.submit(ask, pool)
            until(lambda: pool.pools[key]["waiting"] == 1, "the client waits")
        asked.result(5)
