"""A reload while clients log in: nothing is used that was found by the old settings."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pgpool_py.pooler import pace as pace_module
from pgpool_py.settings import AuthType
from pgwire.frontend import PasswordMessage
from tests.fixtures.hand import Wire
from tests.fixtures.messages import complete, kinds, query, split, told, welcome
from tests.pooler.house import House, app_and_blog, startup
from tests.pooler.test_inquiries import answer, row
from tests.pooler.test_pooler import reload, reload_database, said_at_login

Build = Callable[..., House]

# AuthenticationCleartextPassword: length 8, code 3
ASKED = b"R\0\0\0\x08\0\0\0\3"
ZOE = startup(user="zoe")
OTHER = "SELECT name, secret FROM other($1)"
CHANGED = ("FATAL", "57P01", "database configuration changed")
WRONG = ("FATAL", "28P01", "password authentication failed")


@pytest.fixture
def asking(build: Build, tmp_path: Path) -> House:
    """Return a pooler that asks as `asker`, of whom it knows the secret, in `app`."""
    return build(
        auth_type=AuthType.PLAIN, auth_user="asker", databases=app_and_blog(tmp_path)
    )


def server_of(house: House, database: str = "app", user: str = "asker") -> Wire:
    """Let the one server in that is being opened; return it when it has the query."""
    (wire,) = house.postgres.waiting()
    said = said_at_login(wire)
    assert (said["database"], said["user"]) == (database, user)
    wire.send(welcome())
    house.turn()
    return wire


def asked(server: Wire) -> bytes:
    """Return the text of the look-up that a server has got."""
    (parse, *_) = split(server.received())
    return parse[1].split(b"\0")[1]


def password(text: bytes) -> bytes:
    return PasswordMessage(text).encode()


def read_file(house: House, **secrets: str) -> None:
    """Read the configuration again, with more users in auth_file."""
    pooler = house.pooler
    pooler.reload(pooler.settings, {**pooler.context.secrets, **secrets})
    house.turn()


# Before the client was asked


def test_what_an_old_query_finds_is_not_used(asking: House) -> None:
    client = asking.arrive(ZOE)
    old = server_of(asking)
    reload(asking, auth_query=OTHER)
    asking.send(old, answer(row(b"zoe", b"old")))
    assert client.received() == b""
    new = server_of(asking)
    assert asked(new) == OTHER.encode()
    asking.send(new, answer(row(b"zoe", b"new")))
    assert client.received() == ASKED
    assert told(asking.send(client, password(b"old"))) == WRONG


@pytest.mark.parametrize(
    ("changed", "database", "user"),
    [
        ({"auth_user": "other"}, "app", "other"),
        ({"auth_dbname": "blog"}, "blog", "asker"),
    ],
)
def test_nor_is_what_is_found_as_another_or_elsewhere(
    asking: House, changed: dict[str, Any], database: str, user: str
) -> None:
    client = asking.arrive(ZOE)
    old = server_of(asking)
    reload(asking, **changed)
    asking.send(old, answer(row(b"zoe", b"old")))
    assert client.received() == b""
    asking.send(server_of(asking, database, user), answer(row(b"zoe", b"new")))
    assert client.received() == ASKED
    assert kinds(asking.send(client, password(b"new"))) == "R"


def test_a_server_that_is_still_being_opened_asks_nothing(asking: House) -> None:
    asking.arrive(ZOE)
    (old,) = asking.postgres.waiting()
    old.received()
    reload(asking, auth_user="other")
    old.send(welcome())
    asking.turn()
    assert old.received() == b""
    assert asked(server_of(asking, user="other"))


def test_where_nothing_is_looked_up_any_more_nobody_is_found(asking: House) -> None:
    client = asking.arrive(ZOE)
    server_of(asking)
    reload(asking, auth_user=None)
    assert client.received() == ASKED
    assert told(asking.send(client, password(b"any"))) == WRONG
    assert len(asking.pooler.gatehouse.admission.inquiries) == 0


def test_who_is_in_auth_file_now_is_not_looked_up(asking: House) -> None:
    client = asking.arrive(ZOE)
    old = server_of(asking)
    read_file(asking, zoe="from the file")
    asking.send(old, answer(row(b"zoe", b"looked up")))
    assert client.received() == ASKED
    assert kinds(asking.send(client, password(b"from the file"))) == "R"


def test_the_server_of_a_given_up_look_up_is_won_back(asking: House) -> None:
    asking.arrive(ZOE)
    old = server_of(asking)
    reload(asking, auth_dbname="blog")
    asking.send(old, answer(row(b"zoe", b"old")))
    assert asking.pooler.pools["app", "asker"].books.total == 1


@pytest.mark.parametrize(
    "changed", [{"default_pool_size": 7}, {"auth_dbname": "app"}], ids=str
)
def test_a_look_up_that_would_be_the_same_goes_on(
    asking: House, changed: dict[str, Any]
) -> None:
    client = asking.arrive(ZOE)
    server = server_of(asking)
    reload(asking, **changed)
    asking.send(server, answer(row(b"zoe", b"x")))
    assert client.received() == ASKED
    assert asking.postgres.waiting() == []


def test_a_database_with_values_of_its_own_does_not_care_for_the_global_ones(
    asking: House,
) -> None:
    reload_database(asking, auth_query=OTHER, auth_dbname="app", auth_user="asker")
    client = asking.arrive(ZOE)
    server = server_of(asking)
    reload(asking, auth_query="SELECT 1, 2", auth_dbname="blog", auth_user=None)
    asking.send(server, answer(row(b"zoe", b"x")))
    assert client.received() == ASKED


def test_what_waits_for_its_turn_to_be_derived_is_looked_up_anew(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The time for slow work is used up, for ever.
    monkeypatch.setattr(pace_module, "CREDIT", -1.0)
    house = build(auth_type=AuthType.SCRAM_SHA_256, auth_user="asker")
    pace = house.pooler.gatehouse.admission.pace
    client = house.arrive(ZOE)
    old = server_of(house)
    house.send(old, answer(row(b"zoe", b"old")))
    assert len(pace) == 1
    reload(house, auth_query=OTHER)
    assert len(pace) == 0
    assert asked(old) == OTHER.encode()
    assert client.received() == b""


# When it has been asked


@pytest.fixture
def half_way(asking: House) -> Wire:
    """Return a client that has been asked for what was looked up."""
    client = asking.arrive(ZOE)
    asking.send(server_of(asking), answer(row(b"zoe", b"old")))
    assert client.received() == ASKED
    return client


@pytest.mark.parametrize(
    "changed",
    [{"auth_query": OTHER}, {"auth_user": "other"}, {"auth_dbname": "blog"}],
    ids=str,
)
def test_who_was_asked_for_what_counts_no_longer_has_to_come_again(
    asking: House,
    half_way: Wire,
    caplog: pytest.LogCaptureFixture,
    changed: dict[str, Any],
) -> None:
    reload(asking, **changed)
    assert told(half_way.received()) == CHANGED
    assert half_way.ended
    assert len([m for m in caplog.messages if "pooler error" in m]) == 1
    assert not asking.pooler.gatehouse.arrivals


def test_so_has_who_was_asked_for_an_old_secret_of_auth_file(asking: House) -> None:
    client = asking.arrive(startup(user="alice"))
    assert client.received() == ASKED
    read_file(asking, alice="another secret")
    assert told(client.received()) == CHANGED


def test_others_log_in_as_if_nothing_had_been(asking: House, half_way: Wire) -> None:
    of_file = asking.arrive(startup(user="alice"))
    assert of_file.received() == ASKED
    reload(asking, default_pool_size=7)
    assert kinds(asking.send(half_way, password(b"old"))) == "R"
    reload(asking, auth_query=OTHER)
    assert kinds(asking.send(of_file, password(b"secret"))) == "R"


# Who is in


def test_sessions_and_servers_stay_whatever_they_were_let_in_by(
    asking: House, half_way: Wire
) -> None:
    asking.send(half_way, password(b"old"))
    (server,) = asking.postgres.waiting()
    assert said_at_login(server)["user"] == "zoe"
    server.send(welcome())
    asking.turn()
    assert kinds(half_way.received())[-1] == "Z"
    reload(asking, auth_query=OTHER, auth_user="other", auth_dbname="blog")
    assert not server.ended
    assert half_way.received() == b""
    asking.send(half_way, query("SELECT 1"))
    reply = complete("SELECT 1") + b"Z\0\0\0\5I"
    assert server.received() == query("SELECT 1")
    server.send(reply)
    asking.turn()
    assert half_way.received() == reply


def test_the_next_login_of_the_same_user_goes_by_the_new_query(
    asking: House, half_way: Wire
) -> None:
    asking.send(half_way, password(b"old"))
    for wire in asking.postgres.waiting():
        wire.received()
    reload(asking, auth_query=OTHER)
    again = asking.arrive(ZOE)
    (asker,) = asking.pooler.pools["app", "asker"].books.busy
    assert asker.owner is not None
    assert again.received() == b""


def test_the_console_looks_up_where_it_is_told_now(asking: House) -> None:
    settings = replace(
        asking.pooler.settings, auth_dbname="app", admin_users=("zoe", "root")
    )
    asking.pooler.reload(settings, asking.pooler.context.secrets)
    client = asking.arrive(startup("pgbouncer", "zoe"))
    old = server_of(asking)
    reload(asking, auth_dbname="blog")
    asking.send(old, answer(row(b"zoe", b"old")))
    assert client.received() == b""
    asking.send(server_of(asking, "blog"), answer(row(b"zoe", b"new")))
    assert client.received() == ASKED
