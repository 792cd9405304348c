"""The shop behind a transaction pooler: each test fails if it leaves something."""

from collections.abc import Iterator

import pytest
from shop import SESSIONS, Base, add, left_of, open_shop, report, sell
from sqlalchemy.exc import OperationalError

from pgpool_py.testing.handle import PgPool


@pytest.fixture(autouse=True)
def shop(pgpool: PgPool) -> Iterator[None]:
    """Open the shop, with three cups."""
    # A test that failed may have left one, and the pooler behind it is gone.
    SESSIONS().invalidate()
    SESSIONS.remove()
    engine = open_shop(pgpool.url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    add("cup", 3)
    yield
    engine.dispose()


def test_a_sale_is_one_transaction(pgpool: PgPool) -> None:
    with pgpool.expect_transactions(1):
        sell("cup")
    assert left_of("cup") == 2


def test_a_report_shows_what_is_left(pgpool: PgPool) -> None:
    sell("cup")
    assert report(pgpool.dsn) == [("cup", 2)]


def test_the_shop_goes_on_when_postgresql_has_restarted(pgpool: PgPool) -> None:
    with pgpool.restart(), pytest.raises(OperationalError):
        sell("cup")
    sell("cup")
    assert report(pgpool.dsn) == [("cup", 2)]
