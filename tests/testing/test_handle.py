"""The pooler of a test, without pytest: faults, transactions, what shows."""

import asyncio
import time
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


#: The pool of its database and user.
KEY = ("postgres", "postgres")


def ask(pool: PgPool) -> None:
    with psycopg.connect(pool.dsn, autocommit=True) as client:
        client.execute("SELECT 1")


def test_a_wrong_number_of_transactions_is_told(pool: PgPool) -> None:
    with (
        pytest.raises(AssertionError, match="3 transactions were expected, 1 were"),
        pool.expect_transactions(3),
    ):
        ask(pool)


def test_what_happened_is_counted_and_told(pool: PgPool) -> None:
    before = pool.stats()
    with psycopg.connect(pool.url, autocommit=True, application_name="shop") as client:
        client.execute("SELECT 1")
    spent = {name: number - before[name] for name, number in pool.stats().items()}
    assert (spent["query_count"], spent["xact_count"]) == (1, 1)
    assert spent["bytes_sent"] > spent["bytes_received"] > 0
    until(lambda: "closing because" in pool.events[-1], "it is seen to be gone")
    assert pool.events[-1].endswith('(application "shop")')
    assert pool.pools[KEY] == {"idle": 1, "busy": 0, "waiting": 0}


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
    with ThreadPoolExecutor(1) as thread:
        with pool.exhaust():
            asked = thread.submit(ask, pool)
            until(lambda: pool.pools[KEY]["waiting"] == 1, "the client waits")
        asked.result(5)


def test_a_frozen_server_answers_when_the_fault_is_over(pool: PgPool) -> None:
    with (
        ThreadPoolExecutor(1) as thread,
        psycopg.connect(pool.dsn, autocommit=True) as client,
    ):
        with pool.freeze():
            asked = thread.submit(client.execute, "SELECT 1")
            until(lambda: pool.pools[KEY]["busy"] == 1, "it was sent")
            assert not asked.done()
        assert asked.result(5).fetchone() == (1,)


def test_a_delayed_answer_comes_as_late(pool: PgPool) -> None:
    with psycopg.connect(pool.dsn, autocommit=True) as client:
        client.execute("SELECT 1")
        with pool.delay(0.2):
            began = time.monotonic()
            client.execute("SELECT 1")
            assert time.monotonic() - began >= 0.2


def test_refused_logins_leave_open_servers_alone(postgres: EmbeddedPostgres) -> None:
    with (
        pooler(postgres.dsn, pool_size=2, query_wait_timeout="1s") as pool,
        psycopg.connect(pool.dsn) as client,
    ):
        client.execute("SELECT 1")
        with pool.refuse_logins():
            with pytest.raises(psycopg.OperationalError):
                ask(pool)
            assert client.execute("SELECT 2").fetchone() == (2,)


def test_a_restart_breaks_what_is_open_and_ends(postgres: EmbeddedPostgres) -> None:
    with pooler(postgres.dsn) as pool, psycopg.connect(pool.dsn) as client:
        client.execute("SELECT 1")
        with pool.restart():
            with pytest.raises(psycopg.OperationalError):
                client.execute("SELECT 1")
            with pytest.raises(psycopg.OperationalError, match="refused"):
                ask(pool)
        ask(pool)


def test_a_block_that_raises_has_what_was_left_as_a_note(
    postgres: EmbeddedPostgres,
) -> None:
    def fail() -> None:
        with pooler(postgres.dsn, strict=True) as pool:
            with psycopg.connect(pool.dsn, autocommit=True) as client:
                client.execute("LISTEN news")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        fail()
    assert "LISTEN: " in caught.value.__notes__[0]
