"""What a reload does to databases: servers replaced or kept, orders remembered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgpool_py.settings import DatabaseSettings, LoadBalanceHosts
from tests.fixtures.messages import told
from tests.pooler.house import House, app_and_blog, startup
from tests.pooler.postgres import PORT
from tests.pooler.test_pooler import reload, reload_database

Build = Callable[..., House]


@pytest.mark.parametrize(
    "changed",
    [
        {"dbname": "elsewhere"},
        {"connect_query": "SELECT 1"},
        {"load_balance_hosts": LoadBalanceHosts.DISABLE},
        {"auth_dbname": "other"},
        {"auth_query": "SELECT $1, $1"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_reload_that_changes_what_servers_are_replaces_them(
    house: House, changed: dict[str, Any]
) -> None:
    house.come_in()
    old = house.postgres._accepted[0]
    reload_database(house, **changed)
    old.received()
    assert old.ended


@pytest.mark.parametrize(
    "changed",
    [
        {"password": "other"},
        {"client_encoding": "LATIN1"},
        {"datestyle": "German"},
        {"timezone": "UTC"},
        {"application_name": "other"},
        {"auth_user": "other"},
        {"pool_size": 3},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_reload_that_changes_anything_else_does_not(
    house: House, changed: dict[str, Any]
) -> None:
    house.come_in()
    server = house.postgres._accepted[0]
    reload_database(house, **changed)
    server.received()
    assert not server.ended


def test_a_reload_remembers_what_was_ordered_for_databases_that_stay(
    build: Build, tmp_path: Path
) -> None:
    house = build(databases=app_and_blog(tmp_path))
    pooler = house.pooler
    for database in ("app", "blog"):
        pooler.pause(database)
        pooler.disabled_databases.add(database)
    reload(house, databases={"app": pooler.settings.databases["app"]})
    assert pooler.paused_databases == pooler.disabled_databases == {"app"}


def test_a_disabled_database_of_a_forced_user_is_no_hindrance(
    build: Build, tmp_path: Path
) -> None:
    database = DatabaseSettings(host=(str(tmp_path),), port=PORT, user="svc")
    house = build(databases={"app": database})
    house.pooler.disabled_databases.add("app")
    house.pooler.start()
    assert house.pooler.pools == {}
    client = house.arrive(startup())
    assert told(client.received()[9:]) == (
        "FATAL",
        "3D000",
        'database "app" is disabled',
    )
