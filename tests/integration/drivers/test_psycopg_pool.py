"""psycopg_pool with its defaults, and with a check at each checkout."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from tests.fixtures.observing import Observed

Pool = ConnectionPool[psycopg.Connection[TupleRow]]


@pytest.fixture
def pool(observed: Observed) -> Iterator[Pool]:
    check = ConnectionPool.check_connection
    with Pool(observed.pooler.dsn(), min_size=2, check=check, open=False) as opened:
        opened.wait()
        yield opened


def test_opening_and_borrowing_cost_nothing(observed: Observed, pool: Pool) -> None:
    for number in range(20):
        with pool.connection() as client:
            row = client.execute("SELECT %s::int", (number,)).fetchone()
            assert row == (number,)
    assert observed.cost() == []


def test_what_is_given_back_in_a_failed_transaction_costs_nothing(
    observed: Observed, pool: Pool
) -> None:
    for _ in range(4):
        with pytest.raises(psycopg.errors.DivisionByZero), pool.connection() as client:
            client.execute("SELECT 1 / 0")
        client = pool.getconn()
        client.execute("SELECT 1")
        # It is rolled back, for it is in a transaction.
        pool.putconn(client)
    assert observed.cost() == []


def test_what_is_set_stays_with_the_connection_that_set_it(
    observed: Observed, pool: Pool
) -> None:
    with pool.connection() as one, pool.connection() as other:
        one.execute("SET statement_timeout = '7s'")
        one.commit()
        for _ in range(3):
            assert one.execute("SHOW statement_timeout").fetchone() == ("7s",)
            one.commit()
            assert other.execute("SHOW statement_timeout").fetchone() == ("0",)
            other.commit()
    assert observed.pins() == []
