"""Limits on the clients of one database or one user, those who log in included."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pgpool_py.pooler.limits import Census, Limits
from pgpool_py.settings import AuthType, DatabaseSettings, UserSettings
from pgwire.frontend import PasswordMessage
from tests.fixtures.hand import Wire
from tests.fixtures.messages import fatal, kinds, told
from tests.pooler.house import House, startup
from tests.pooler.postgres import PORT

Build = Callable[..., House]

LIMITS = ("max_db_client_connections", "max_user_client_connections")

limited = pytest.mark.parametrize("limit", LIMITS)


def refused_for(limit: str) -> tuple[str, str, str]:
    return "FATAL", "53300", f"client connections exceeded ({limit})"


def prove(house: House, client: Wire, password: bytes = b"secret") -> bytes:
    return house.send(client, PasswordMessage(password).encode())


@limited
def test_who_waits_for_a_server_counts(build: Build, limit: str) -> None:
    house = build(**{limit: 2})
    clients = [house.arrive(startup()) for _ in range(4)]
    house.log_in_server()
    answers = [client.received() for client in clients]
    assert [kinds(answer) for answer in answers] == ["RSSSSSKZ"] * 2 + ["E"] * 2
    assert told(answers[3]) == refused_for(limit)


@limited
def test_of_those_who_prove_themselves_at_once_no_more_get_in(
    build: Build, limit: str
) -> None:
    house = build(auth_type=AuthType.PLAIN, **{limit: 2})
    clients = [house.arrive(startup()) for _ in range(5)]
    # All of them are asked for a password: nobody is in.
    assert [kinds(client.received()) for client in clients] == ["R"] * 5
    answers = [prove(house, client) for client in clients]
    assert [kinds(answer) for answer in answers] == ["R"] * 2 + ["RE"] * 3
    assert told(answers[4]) == refused_for(limit)
    house.log_in_server()
    assert [kinds(client.received()) for client in clients[:2]] == ["SSSSSKZ"] * 2
    assert len(house.pooler.gatehouse.sessions) == 2


@limited
def test_strangers_take_nobodys_place(build: Build, limit: str) -> None:
    house = build(auth_type=AuthType.PLAIN, **{limit: 1})
    for _ in range(3):
        house.arrive(startup()).received()
    wrong = house.arrive(startup())
    wrong.received()
    assert told(prove(house, wrong, b"guess"))[1] == "28P01"
    client = house.arrive(startup())
    client.received()
    prove(house, client)
    house.log_in_server()
    assert kinds(client.received()) == "SSSSSKZ"


# Places that become free


def leave(house: House, client: Wire) -> None:
    client.close()
    house.turn()


def let_in_and_leave(house: House, client: Wire) -> None:
    house.log_in_server()
    leave(house, client)


def let_the_server_refuse(house: House, client: Wire) -> None:
    house.postgres.accept().send(fatal("too many clients", "53300"))
    house.turn()
    assert told(client.received())[2] == "too many clients"


def remove_the_database(house: House, client: Wire) -> None:
    pooler = house.pooler
    settings = pooler.settings
    pooler.reload(replace(settings, databases={}), pooler.context.secrets)
    pooler.reload(settings, pooler.context.secrets)
    house.turn()


@limited
@pytest.mark.parametrize(
    "end", [leave, let_in_and_leave, let_the_server_refuse, remove_the_database]
)
def test_a_place_is_free_again_whatever_the_end(
    build: Build, limit: str, end: Callable[[House, Wire], None]
) -> None:
    house = build(**{limit: 1})
    client = house.arrive(startup())
    assert kinds(client.received()) == "R"
    assert kinds(house.arrive(startup()).received()) == "E"
    end(house, client)
    assert house.pooler.gatehouse.census == Census()
    assert kinds(house.arrive(startup()).received())[0] == "R"


def test_who_is_in_stays_when_the_limit_is_lowered(build: Build) -> None:
    house = build()
    clients = [house.come_in() for _ in range(3)]
    pooler = house.pooler
    lower = replace(pooler.settings, max_db_client_connections=1)
    pooler.reload(lower, pooler.context.secrets)
    leave(house, clients[0])
    leave(house, clients[1])
    assert kinds(house.arrive(startup()).received()) == "E"
    leave(house, clients[2])
    assert kinds(house.arrive(startup()).received()) == "RSSSSSKZ"


def test_databases_and_users_are_counted_apart(build: Build, tmp_path: Path) -> None:
    database = DatabaseSettings(host=(str(tmp_path),), port=PORT)
    house = build(
        databases={
            "app": replace(database, max_db_client_connections=1),
            "blog": database,
        },
        users={"bob": UserSettings(max_user_client_connections=1)},
    )
    answers = [
        kinds(house.arrive(startup(where, who)).received())
        for where, who in (
            ("app", "alice"),
            ("app", "bob"),
            ("blog", "bob"),
            ("blog", "bob"),
            ("blog", "alice"),
        )
    ]
    assert answers == ["R", "E", "R", "E", "R"]


def test_a_limit_of_nothing_is_none(build: Build) -> None:
    house = build()
    for _ in range(5):
        house.come_in()
    assert len(house.pooler.gatehouse.sessions) == 5


def test_what_holds_for_a_user_is_resolved_once_until_it_is_forgotten(
    build: Build,
) -> None:
    limits = Limits(build().pooler.context)
    first = limits.of("app", "alice")
    assert limits.of("app", "alice") is first
    limits.forget()
    assert limits.of("app", "alice") is not first


def test_nothing_is_remembered_of_strangers(build: Build) -> None:
    limits = Limits(build().pooler.context)
    for number in range(3):
        limits.check(Census(), 1, "app", f"user {number}")
    assert not len(limits)
