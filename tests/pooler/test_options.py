"""Every option of [databases] and [users] that is about servers has its effect."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pgpool_py.settings import DatabaseSettings, PoolMode, UserSettings
from pgwire.startup import StartupMessage, parse_startup
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import done, query, told, welcome
from tests.pooler.house import House, startup
from tests.pooler.postgres import PORT
from tests.pooler.test_pooler import let_pass

Build = Callable[..., House]


@pytest.fixture
def build_with(build: Build, tmp_path: Path) -> Build:
    """Return a maker of a started pooler whose one database has these options."""

    def make(
        database: dict[str, Any] | None = None,
        users: dict[str, UserSettings] | None = None,
        **given: Any,
    ) -> House:
        line = DatabaseSettings(host=(str(tmp_path),), port=PORT)
        house = build(
            databases={"app": replace(line, **(database or {}))},
            users=users or {},
            **given,
        )
        house.pooler.start()
        return house

    return make


def crowd(house: House, clients: int, user: str = "alice") -> list[Wire]:
    """Let clients come in and send a query each; return them."""
    wires = [house.arrive(startup(user=user)) for _ in range(clients)]
    let_in_all(house)
    for wire in wires:
        wire.received()
        wire.send(query("SELECT 1"))
    house.turn()
    let_in_all(house)
    return wires


def let_in_all(house: House) -> None:
    for server in house.postgres.waiting():
        server.received()
        server.send(welcome())
    house.turn()


def servers(house: House) -> int:
    return sum(pool.books.total for pool in house.pooler.pools.values())


# What a database says, and its user over it


def test_a_database_says_what_its_servers_are_told_at_login(
    build_with: Build,
) -> None:
    house = build_with(
        {
            "dbname": "prod",
            "user": "svc",
            "client_encoding": "LATIN1",
            "datestyle": "German",
            "timezone": "CET",
            "application_name": "pool",
        }
    )
    house.arrive(startup())
    packet = parse_startup(house.postgres.accept().received())
    assert isinstance(packet, StartupMessage)
    assert packet.parameters == {
        "user": "svc",
        "database": "prod",
        "client_encoding": "LATIN1",
        "DateStyle": "German",
        "TimeZone": "CET",
        "application_name": "pool",
    }


@pytest.mark.parametrize(
    ("database", "user", "most"),
    [
        ({}, UserSettings(), 4),
        ({"pool_size": 2}, UserSettings(), 2),
        ({"pool_size": 2}, UserSettings(pool_size=3), 3),
        ({"max_db_connections": 1}, UserSettings(), 1),
        ({}, UserSettings(max_user_connections=1), 1),
    ],
)
def test_a_pool_has_as_many_servers_as_its_user_then_its_database_say(
    build_with: Build, database: dict[str, Any], user: UserSettings, most: int
) -> None:
    house = build_with(database, {"alice": user}, default_pool_size=4)
    crowd(house, 6)
    assert servers(house) == most


@pytest.mark.parametrize(
    ("database", "user", "more"),
    [
        ({}, UserSettings(), 1),
        ({"reserve_pool_size": 2}, UserSettings(), 2),
        ({"reserve_pool_size": 2}, UserSettings(reserve_pool_size=3), 3),
    ],
)
def test_and_as_many_more_in_need(
    build_with: Build,
    clock: Clock,
    database: dict[str, Any],
    user: UserSettings,
    more: int,
) -> None:
    house = build_with(
        database, {"alice": user}, default_pool_size=1, reserve_pool_size=1
    )
    crowd(house, 6)
    assert servers(house) == 1
    let_pass(house, clock, 5.1)
    assert servers(house) == 1 + more


def test_a_database_says_how_many_servers_are_there_before_they_are_needed(
    build_with: Build,
) -> None:
    house = build_with({"user": "svc", "min_pool_size": 3}, min_pool_size=1)
    let_in_all(house)
    assert servers(house) == 3


def test_and_how_old_they_may_become(build_with: Build, clock: Clock) -> None:
    house = build_with({"server_lifetime": 20.0}, server_lifetime=3600.0)
    client = house.come_in()
    client.received()
    let_pass(house, clock, 15.0)
    assert servers(house) == 1
    let_pass(house, clock, 6.0)
    assert servers(house) == 0


@pytest.mark.parametrize(
    ("database", "user", "seconds"),
    [
        ({}, UserSettings(), 9.0),
        ({"query_wait_timeout": 5.0}, UserSettings(), 5.0),
        ({"query_wait_timeout": 5.0}, UserSettings(query_wait_timeout=2.0), 2.0),
    ],
)
def test_a_client_waits_as_long_as_its_user_then_its_database_say(
    build_with: Build,
    clock: Clock,
    database: dict[str, Any],
    user: UserSettings,
    seconds: float,
) -> None:
    house = build_with(
        database,
        {"alice": user},
        default_pool_size=1,
        query_wait_timeout=9.0,
        query_wait_notify=0,
    )
    _, waiting = crowd(house, 2)
    let_pass(house, clock, seconds - 0.5)
    assert waiting.received() == b""
    let_pass(house, clock, 1.0)
    assert told(waiting.received())[2] == "query_wait_timeout"


@pytest.mark.parametrize(
    ("database", "user", "kept"),
    [
        ({}, UserSettings(), False),
        ({"pool_mode": PoolMode.SESSION}, UserSettings(), True),
        (
            {"pool_mode": PoolMode.SESSION},
            UserSettings(pool_mode=PoolMode.TRANSACTION),
            False,
        ),
    ],
)
def test_it_keeps_its_server_where_its_user_then_its_database_say(
    build_with: Build, database: dict[str, Any], user: UserSettings, kept: bool
) -> None:
    house = build_with(database, {"alice": user})
    client = house.arrive(startup())
    server = house.log_in_server()
    client.received()
    house.send(client, query("SELECT 1"))
    server.send(done())
    house.turn()
    (session,) = house.pooler.gatehouse.sessions.values()
    assert (session.server is not None) is kept
