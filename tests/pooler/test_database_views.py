"""Views of databases: configured, of the fallback, paused, gone."""

from collections.abc import Iterator

import pytest

from pgpool_py.pooler.database_views import DatabaseView, databases
from pgpool_py.settings import DatabaseSettings, LoadBalanceHosts, PoolMode, Settings
from tests.pooler.staging import DATABASES, Stage, staged


@pytest.fixture
def town() -> Iterator[Stage]:
    """Return a pooler with a database of every kind."""
    with staged(
        {
            "shop": DatabaseSettings(
                dbname="shop_v2",
                host=("one", "two"),
                port=5433,
                user="owner",
                pool_size=3,
                min_pool_size=1,
                reserve_pool_size=2,
                server_lifetime=90.0,
                pool_mode=PoolMode.TRANSACTION,
                load_balance_hosts=LoadBalanceHosts.DISABLE,
                max_db_connections=8,
                max_db_client_connections=9,
            ),
            "blog": DatabaseSettings(),
            "*": DatabaseSettings(host=("fallback",)),
        }
    ) as stage:
        yield stage


def of(stage: Stage, name: str) -> DatabaseView:
    (found,) = [view for view in databases(stage.pooler) if view.name == name]
    return found


def test_databases_come_by_name_and_the_fallback_is_none(town: Stage) -> None:
    assert [view.name for view in databases(town.pooler)] == ["blog", "shop"]


def test_a_database_shows_what_its_line_says(town: Stage) -> None:
    assert of(town, "shop") == DatabaseView(
        name="shop",
        host="one,two",
        port=5433,
        dbname="shop_v2",
        force_user="owner",
        pool_size=3,
        min_pool_size=1,
        reserve_pool_size=2,
        server_lifetime=90.0,
        pool_mode=PoolMode.TRANSACTION,
        load_balance_hosts=LoadBalanceHosts.DISABLE,
        max_connections=8,
        current_connections=0,
        max_client_connections=9,
        current_client_connections=0,
        paused=False,
        disabled=False,
    )


def test_what_a_line_leaves_open_is_none_or_the_general_setting(town: Stage) -> None:
    assert of(town, "blog") == DatabaseView(
        name="blog",
        host=None,
        port=5432,
        dbname="blog",
        force_user=None,
        pool_size=20,
        min_pool_size=0,
        reserve_pool_size=0,
        server_lifetime=3600.0,
        pool_mode=None,
        load_balance_hosts=None,
        max_connections=0,
        current_connections=0,
        max_client_connections=0,
        current_client_connections=0,
        paused=False,
        disabled=False,
    )


def test_connections_of_all_pools_of_a_database_are_counted(town: Stage) -> None:
    for user in ("ann", "bob"):
        pool = town.pool("blog", user)
        town.client(pool)
        town.server(pool)
        town.server(pool)
    view = of(town, "blog")
    assert (view.current_connections, view.current_client_connections) == (4, 2)


def test_a_database_of_the_fallback_is_shown_while_it_has_a_pool(town: Stage) -> None:
    town.pool("guest", "ann")
    view = of(town, "guest")
    assert (view.host, view.dbname) == ("fallback", "guest")


def test_a_paused_database_is_shown_as_such(town: Stage) -> None:
    town.pooler.pause("blog")
    assert of(town, "blog").paused
    assert not of(town, "shop").paused


def test_a_pause_of_everything_is_of_no_database(town: Stage) -> None:
    town.pooler.pause()
    assert not any(view.paused for view in databases(town.pooler))


def test_a_paused_database_that_is_gone_is_not_shown(town: Stage) -> None:
    town.pooler.pause("guest")
    assert of(town, "guest").paused
    town.pooler.context.settings = Settings(databases=DATABASES)
    assert [view.name for view in databases(town.pooler)] == ["shop"]
