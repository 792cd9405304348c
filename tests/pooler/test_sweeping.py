"""Pools and databases of * that nobody has used for long are dropped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pgpool_py.admin.commands.desk import Desk
from pgpool_py.settings import DatabaseSettings
from tests.fixtures.hand import Clock
from tests.fixtures.messages import done, query
from tests.pooler.house import House, startup
from tests.pooler.postgres import PORT
from tests.pooler.test_pooler import let_pass

Build = Callable[..., House]
NAMED = "cleaning up idle pool for user alice on db app because: pool idle timeout"


def visit(house: House, database: str = "app", user: str = "alice") -> None:
    """Let a client come, run a query, and go; its server is lost with it."""
    client = house.arrive(startup(database=database, user=user))
    server = house.log_in_server()
    client.received()
    house.send(client, query("SELECT 1"))
    server.send(done())
    house.turn()
    client.close()
    house.turn()
    server.close()
    house.turn()


def everything(directory: Path) -> dict[str, DatabaseSettings]:
    return {"*": DatabaseSettings(host=(str(directory),), port=PORT)}


def test_an_empty_pool_is_dropped_after_pool_idle_timeout(
    build: Build, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    house = build(pool_idle_timeout=60.0)
    house.pooler.start()
    visit(house)
    let_pass(house, clock, 58.0)
    assert len(house.pooler.pools) == 1
    let_pass(house, clock, 5.0)
    assert house.pooler.pools == {}
    [record] = [one for one in caplog.records if one.getMessage() == NAMED]
    assert vars(record)["facts"] == {"database": "app", "user": "alice"}


def test_without_the_timeout_it_stays(build: Build, clock: Clock) -> None:
    house = build()
    house.pooler.start()
    visit(house)
    let_pass(house, clock, 100.0)
    assert len(house.pooler.pools) == 1


def test_a_pool_with_a_server_or_a_client_is_not_empty(
    build: Build, clock: Clock
) -> None:
    house = build(pool_idle_timeout=2.0)
    house.pooler.start()
    client = house.come_in()
    let_pass(house, clock, 10.0)
    assert len(house.pooler.pools) == 1
    client.close()
    let_pass(house, clock, 10.0)
    assert len(house.pooler.pools) == 1


def test_one_that_is_paused_stays(build: Build, clock: Clock) -> None:
    house = build(pool_idle_timeout=2.0)
    house.pooler.start()
    visit(house)
    house.pooler.pause()
    let_pass(house, clock, 10.0)
    assert len(house.pooler.pools) == 1


def test_a_database_of_star_is_dropped_when_all_its_pools_are_empty(
    build: Build, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = build(databases=everything(tmp_path), autodb_idle_timeout=30.0)
    house.pooler.start()
    visit(house, "one")
    visit(house, "two")
    house.arrive(startup(database="two", user="bob"))
    house.log_in_server()
    let_pass(house, clock, 28.0)
    assert len(house.pooler.pools) == 3
    let_pass(house, clock, 5.0)
    assert sorted(house.pooler.pools) == [("two", "alice"), ("two", "bob")]
    assert (
        "dropping database 'one' as it does not exist anymore or inactive auto-database"
    ) in caplog.messages


@pytest.mark.parametrize(
    ("databases", "timeout"), [("named", 5.0), ("everything", 0.0)]
)
def test_one_that_is_configured_stays_and_so_do_all_without_the_timeout(
    build: Build, clock: Clock, tmp_path: Path, databases: str, timeout: float
) -> None:
    given = {} if databases == "named" else {"databases": everything(tmp_path)}
    house = build(autodb_idle_timeout=timeout, **given)
    house.pooler.start()
    visit(house)
    let_pass(house, clock, 20.0)
    assert len(house.pooler.pools) == 1


def test_totals_do_not_decrease_and_go_on_in_a_pool_made_anew(
    build: Build, clock: Clock
) -> None:
    house = build(pool_idle_timeout=2.0)
    house.pooler.start()
    desk = Desk(house.pooler, lambda: None, lambda name, text: None)
    visit(house)
    before = desk.totals()["app", "alice"]
    assert (before.query_count, before.client_login_count) == (1, 1)
    let_pass(house, clock, 5.0)
    assert house.pooler.pools == {}
    assert desk.totals()["app", "alice"] == before
    visit(house)
    assert desk.totals()["app", "alice"].query_count == 2


def test_what_a_removed_database_counted_goes_with_it(
    build: Build, clock: Clock
) -> None:
    house = build(pool_idle_timeout=2.0)
    house.pooler.start()
    visit(house)
    let_pass(house, clock, 5.0)
    gone = replace(house.pooler.settings, databases={})
    house.pooler.reload(gone, {})
    assert list(house.pooler.retired.items()) == []
