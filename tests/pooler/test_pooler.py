"""The pooler as a whole: what a reload and the passing of time do to its pools."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pgpool_py.net.address import unix_socket_path
from pgpool_py.pooler.upkeep import INTERVAL
from pgpool_py.settings import AuthType, DatabaseSettings, UserSettings
from pgwire.backend import ParameterStatus
from pgwire.startup import StartupMessage, parse_startup
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.loops import LoopGuard
from tests.fixtures.messages import (
    IN_TRANSACTION,
    complete,
    done,
    kinds,
    query,
    split,
    told,
    welcome,
)
from tests.pooler.house import House, app_and_blog, no_descriptors_left, startup
from tests.pooler.postgres import PORT

Build = Callable[..., House]
Change = Callable[[House], None]


def let_pass(house: House, clock: Clock, seconds: float) -> None:
    """Let time pass, with all the rounds that are due in it."""
    for _ in range(round(seconds / INTERVAL)):
        clock.advance(INTERVAL)
        house.turn()


def reload(house: House, **changed: Any) -> None:
    """Read the configuration again, in which these settings are others."""
    pooler = house.pooler
    pooler.reload(replace(pooler.settings, **changed), pooler.context.secrets)
    house.turn()


def reload_database(house: House, **changed: Any) -> None:
    """Read it again, with another line for the one database."""
    database = replace(house.pooler.settings.databases["app"], **changed)
    reload(house, databases={"app": database})


def said_at_login(wire: Wire) -> Mapping[str, str]:
    packet = parse_startup(wire.received())
    assert isinstance(packet, StartupMessage)
    return packet.parameters


def let_in(house: House, wire: Wire, **reported: str) -> None:
    """Log in the server that this is the far end of."""
    wire.send(welcome(changed=reported))
    house.turn()


# Descriptors


def test_a_client_that_came_without_descriptors_is_let_in_by_the_next_round(
    build: Build, clock: Clock, tmp_path: Path
) -> None:
    house = build(unix_socket_dir=str(tmp_path))
    house.pooler.start()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(unix_socket_path(str(tmp_path), 6432))
        with no_descriptors_left():
            house.turn()
        assert house.pooler.gatehouse.arrivals == {}
        let_pass(house, clock, INTERVAL)
        assert len(house.pooler.gatehouse.arrivals) == 1


# Listening


if hasattr(socket, "TCP_DEFER_ACCEPT"):

    def test_a_reload_lets_silent_clients_in(build: Build) -> None:
        house = build(listen_addr=("127.0.0.1",), listen_port=0)
        house.pooler.start()
        (address,) = house.pooler.addresses
        where = ("127.0.0.1", int(address.rpartition(":")[2]))
        with socket.create_connection(where):
            house.turn()
            assert house.pooler.gatehouse.arrivals == {}
        reload(house, tcp_defer_accept=0)
        with socket.create_connection(where):
            house.turn()
            assert len(house.pooler.gatehouse.arrivals) == 1


# Another user


@pytest.mark.parametrize(
    ("before", "after"), [(None, "other"), ("svc", "other"), ("svc", None)]
)
def test_a_reload_with_another_user_ends_who_is_in_as_the_old_one(
    build: Build, tmp_path: Path, before: str | None, after: str | None
) -> None:
    database = DatabaseSettings(host=(str(tmp_path),), port=PORT, user=before)
    house = build(databases={"app": database})
    client = house.arrive(startup())
    server = house.postgres.accept()
    assert said_at_login(server)["user"] == (before or "alice")
    let_in(house, server)
    client.received()
    reload_database(house, user=after)
    assert told(client.received()) == (
        "FATAL",
        "57P01",
        "database configuration changed",
    )
    assert client.ended
    server.received()
    assert server.ended
    # Who comes now gets servers of the new user.
    house.arrive(startup())
    assert said_at_login(house.postgres.accept())["user"] == (after or "alice")


def test_a_reload_that_changes_no_user_ends_nobody(
    build: Build, tmp_path: Path
) -> None:
    database = DatabaseSettings(host=(str(tmp_path),), port=PORT, user="svc")
    house = build(databases={"app": database})
    client = house.arrive(startup())
    house.log_in_server()
    client.received()
    reload_database(house, pool_size=3)
    assert client.received() == b""
    assert not client.ended


def test_a_limit_that_a_reload_changes_holds_for_who_is_in(
    build: Build, clock: Clock
) -> None:
    house = build()
    house.pooler.start()
    client = house.arrive(startup())
    server = house.log_in_server()
    house.send(client, query("BEGIN"))
    server.send(complete("BEGIN") + IN_TRANSACTION)
    house.turn()
    client.received()
    reload(house, users={"alice": UserSettings(idle_transaction_timeout=5.0)})
    let_pass(house, clock, 4.5)
    assert client.received() == b""
    let_pass(house, clock, 1.0)
    assert told(client.received())[:2] == ("FATAL", "25P03")


# Another place


def repoint(house: House) -> None:
    reload_database(house, dbname="elsewhere")


def reconnect(house: House) -> None:
    (pool,) = house.pooler.pools.values()
    house.pooler.reconnect(pool)
    house.turn()


elsewhere = pytest.mark.parametrize(
    ("change", "dbname"),
    [
        pytest.param(repoint, "elsewhere", id="reload"),
        pytest.param(reconnect, "app", id="reconnect"),
    ],
)


@elsewhere
def test_who_logs_in_waits_for_a_server_of_the_new_place_only(
    house: House, change: Change, dbname: str
) -> None:
    client = house.arrive(startup())
    client.received()
    old = house.postgres.accept()
    old.received()
    change(house)
    assert old.received() == b""
    assert old.ended
    new = house.postgres.accept()
    assert said_at_login(new)["database"] == dbname
    let_in(house, new)
    assert kinds(client.received()) == "SSSSSKZ"


@elsewhere
def test_so_does_who_waits_with_a_query(
    house: House, change: Change, dbname: str
) -> None:
    first, waiting = house.come_in(), house.come_in()
    house.send(first, query("BEGIN"))
    waiting.received()
    house.send(waiting, query("SELECT 1"))
    old = house.postgres.accept()
    change(house)
    old.received()
    assert old.ended
    new = house.postgres.accept()
    assert said_at_login(new)["database"] == dbname
    let_in(house, new)
    assert new.received() == query("SELECT 1")
    new.send(done())
    house.turn()
    assert waiting.received() == done()


@elsewhere
def test_what_servers_of_the_old_place_reported_is_told_to_nobody(
    house: House, change: Change, dbname: str
) -> None:
    house.come_in()
    change(house)
    client = house.arrive(startup())
    # AuthenticationOk, and no more before a server of the new place is known
    assert kinds(client.received()) == "R"
    new = house.postgres.accept()
    assert said_at_login(new)["database"] == dbname
    let_in(house, new, server_version="16.4")
    statuses = [
        ParameterStatus.decode(body)
        for kind, body in split(client.received())
        if kind == "S"
    ]
    assert ("server_version", "16.4") in [(s.name, s.value) for s in statuses]


# Shared limits


def test_no_server_is_evicted_where_another_limit_stays_full(
    build: Build, clock: Clock, tmp_path: Path
) -> None:
    house = build(
        databases=app_and_blog(tmp_path),
        max_db_connections=1,
        max_user_connections=1,
    )
    house.pooler.start()
    # app has all its servers, one that is idle; alice has all hers, one that is busy.
    house.arrive(startup("app", "bob"))
    idle = house.log_in_server()
    busy_client = house.arrive(startup("blog", "alice"))
    busy = house.log_in_server()
    house.send(busy_client, query("BEGIN"))
    busy.send(complete("BEGIN") + IN_TRANSACTION)
    house.turn()
    waiting = house.arrive(startup("app", "alice"))
    let_pass(house, clock, 1.0)
    assert idle.received() == b""
    assert not idle.ended
    assert house.postgres.waiting() == []
    # Once alice's is idle both give way.
    house.send(busy_client, query("COMMIT"))
    busy.send(done("COMMIT"))
    house.turn()
    let_pass(house, clock, INTERVAL)
    house.log_in_server()
    assert kinds(waiting.received()) == "RSSSSSKZ"
    for server in (idle, busy):
        server.received()
        assert server.ended


# Time


def test_a_defect_in_the_upkeep_of_one_pool_spares_the_others(
    build: Build,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    loop_guard: LoopGuard,
) -> None:
    house = build(
        databases=app_and_blog(tmp_path),
        min_pool_size=1,
        client_login_timeout=0.5,
    )

    def fail() -> NoReturn:
        raise ZeroDivisionError("ours")

    broken = house.pooler.pool_for("app", "alice")
    sound = house.pooler.pool_for("blog", "alice")
    monkeypatch.setattr(broken, "grow", fail)
    house.pooler.start()
    house.turn()
    house.log_in_server()
    assert (broken.books.total, sound.books.connected) == (0, 1)
    # Nor is anything else left undone, now or later.
    client = house.arrive()
    let_pass(house, clock, 0.6)
    assert told(client.received())[2] == "client_login_timeout"
    errors = [report["exception"] for report in loop_guard.take()]
    assert {str(error) for error in errors} == {"ours"}


@pytest.mark.parametrize("invented", ["database", "user"])
def test_pools_of_invented_names_go_away(
    build: Build, clock: Clock, invented: str
) -> None:
    house = build(
        auth_type=AuthType.ANY, databases={"*": DatabaseSettings(host=("@nobody",))}
    )
    house.pooler.start()
    for number in range(5):
        client = house.arrive(startup(**{invented: f"invented{number}"}))
        client.received()
        assert client.ended
    let_pass(house, clock, 2.0)
    assert house.pooler.pools == {}


def test_a_pool_of_somebody_who_is_in_stays(build: Build, clock: Clock) -> None:
    house = build()
    house.pooler.start()
    client = house.arrive(startup())
    house.log_in_server().close()
    house.turn()
    let_pass(house, clock, 2.0)
    (pool,) = house.pooler.pools.values()
    assert pool.books.total == 0
    client.received()
    house.send(client, query("SELECT 1"))
    house.log_in_server()
    (session,) = house.pooler.gatehouse.sessions.values()
    assert session.lender is pool


def test_a_pool_in_which_somebody_logs_in_stays(house: House, clock: Clock) -> None:
    house.pooler.start()
    client = house.arrive(startup())
    server = house.postgres.accept()
    let_pass(house, clock, 2.0)
    let_in(house, server)
    assert kinds(client.received()) == "RSSSSSKZ"
    assert len(house.pooler.pools) == 1
