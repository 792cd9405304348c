"""Secrets that auth_file lacks are asked for in PostgreSQL."""

from collections.abc import Callable

import pytest

from pgpool_py.pooler.inquiries import LIMIT, Source, source_of
from pgpool_py.pooler.inquiry import MOST_BYTES
from pgpool_py.settings import AuthType, DatabaseSettings, Settings
from pgwire.backend import DataRow
from pgwire.frontend import PasswordMessage
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import (
    READY,
    complete,
    kinds,
    refused,
    split,
    told,
    welcome,
)
from tests.pooler.house import House, startup
from tests.pooler.postgres import PORT

Build = Callable[..., House]

BEGUN = b"1\0\0\0\4" + b"2\0\0\0\4"
ZOE = startup(user="zoe")


def row(*values: bytes | None) -> bytes:
    return DataRow(values).encode()


def answer(*rows: bytes) -> bytes:
    return BEGUN + b"".join(rows) + complete("SELECT 1") + READY


@pytest.fixture
def asking(build: Build) -> House:
    """Return a pooler that knows the secret of `asker` alone, and asks as that."""
    return build(auth_type=AuthType.PLAIN, auth_user="asker")


def server_of(house: House) -> Wire:
    """Let the server in that is opened for the query; return it when it has that."""
    wire = house.postgres.accept()
    startup_packet = wire.received()
    assert b"user\0asker\0" in startup_packet
    wire.send(welcome())
    house.turn()
    return wire


def password(text: bytes) -> bytes:
    return PasswordMessage(text).encode()


def test_the_name_goes_as_a_parameter_and_nothing_else_of_the_client(
    asking: House,
) -> None:
    client = asking.arrive(startup(user="zoe", application_name="own", timezone="CET"))
    server = server_of(asking)
    sent = split(server.received())
    assert "".join(kind for kind, _ in sent) == "PBES"
    assert b"rolname=$1" in sent[0][1]
    assert b"\0\0\0\3zoe" in sent[1][1]
    assert client.received() == b""


def test_the_answer_is_the_secret(asking: House) -> None:
    client = asking.arrive(ZOE)
    server = server_of(asking)
    asking.send(server, answer(row(b"zoe", b"her secret")))
    # AuthenticationCleartextPassword: length 8, code 3
    assert client.received() == b"R\0\0\0\x08\0\0\0\3"
    client.send(password(b"her secret"))
    asking.turn()
    assert kinds(client.received()) == "R"


@pytest.mark.parametrize("rows", [(), (row(b"zoe", None),)])
def test_who_is_not_there_or_has_none_gets_the_answer_of_a_wrong_password(
    asking: House, rows: tuple[bytes, ...]
) -> None:
    client = asking.arrive(ZOE)
    server = server_of(asking)
    asking.send(server, answer(*rows))
    assert client.received() == b"R\0\0\0\x08\0\0\0\3"
    error = told(asking.send(client, password(b"any")))
    assert error == ("FATAL", "28P01", "password authentication failed")


@pytest.mark.parametrize(
    ("replies", "logged"),
    [
        (answer(row(b"zoe")), "1 columns"),
        (answer(row(b"zoe", b"x"), row(b"zoe", b"y")), "more than one row"),
        (answer(row(b"root", b"x")), "of another user"),
        (answer(row(b"zoe", b"x" * MOST_BYTES)), "longer than"),
        (refused("permission denied for table pg_authid", "42501") + READY, "denied"),
    ],
)
def test_what_cannot_be_used_is_for_the_log(
    asking: House, caplog: pytest.LogCaptureFixture, replies: bytes, logged: str
) -> None:
    client = asking.arrive(ZOE)
    asking.send(server_of(asking), replies)
    stream = client.received()
    assert told(stream) == ("FATAL", "08P01", "bouncer config error")
    assert logged.encode() not in stream
    (line,) = [m for m in caplog.messages if "auth_query for user 'zoe' failed" in m]
    assert logged in line


def test_the_server_is_everybodys_again(asking: House) -> None:
    asking.arrive(ZOE)
    asking.send(server_of(asking), answer(row(b"zoe", b"x")))
    (pool,) = asking.pooler.pools.values()
    assert pool.user == "asker"
    assert len(pool.books.idle) == 1


def test_many_at_once_share_one_query_and_the_next_one_asks_anew(
    asking: House,
) -> None:
    clients = [asking.arrive(ZOE) for _ in range(3)]
    server = server_of(asking)
    assert len(split(server.received())) == 4
    asking.send(server, answer(row(b"zoe", b"x")))
    assert [kinds(client.received()) for client in clients] == ["R"] * 3
    asking.arrive(ZOE)
    assert len(split(server.received())) == 4


def test_users_of_auth_file_are_not_asked_for(asking: House) -> None:
    client = asking.arrive(startup(user="alice"))
    assert kinds(client.received()) == "R"
    assert asking.postgres.waiting() == []


def test_nor_is_anybody_where_all_are_let_in(build: Build) -> None:
    house = build(auth_type=AuthType.ANY, auth_user="asker")
    client = house.arrive(ZOE)
    assert kinds(client.received()) == "R"
    assert len(house.pooler.gatehouse.admission.inquiries) == 0


def test_who_leaves_the_queue_is_not_asked_for_any_more(asking: House) -> None:
    client = asking.arrive(ZOE)
    (pool,) = asking.pooler.pools.values()
    assert len(pool.books.waiters) == 1
    client.close()
    asking.turn()
    assert len(pool.books.waiters) == 0
    assert len(asking.pooler.gatehouse.admission.inquiries) == 0


def test_if_one_of_several_leaves_the_others_are_answered(asking: House) -> None:
    first, second = asking.arrive(ZOE), asking.arrive(ZOE)
    first.close()
    asking.turn()
    asking.send(server_of(asking), answer(row(b"zoe", b"x")))
    assert kinds(second.received()) == "R"


def test_a_query_that_nobody_waits_for_is_cleared_away(asking: House) -> None:
    client = asking.arrive(ZOE)
    server = server_of(asking)
    client.close()
    asking.turn()
    (pool,) = asking.pooler.pools.values()
    assert len(pool.books.busy) == 1
    asking.send(server, answer(row(b"zoe", b"x")))
    assert pool.books.total == 1


def test_the_login_timeout_ends_the_wait(asking: House, clock: Clock) -> None:
    client = asking.arrive(ZOE)
    server_of(asking)
    clock.advance(60.0)
    asking.pooler.gatehouse.refuse_late(clock.now)
    assert told(client.received())[:2] == ("FATAL", "08P01")
    assert len(asking.pooler.gatehouse.admission.inquiries) == 0


def test_without_one_the_query_has_a_limit_all_the_same(
    build: Build, clock: Clock
) -> None:
    house = build(auth_type=AuthType.PLAIN, auth_user="asker", client_login_timeout=0.0)
    client = house.arrive(ZOE)
    server_of(house)
    clock.advance(LIMIT)
    house.pooler.gatehouse.refuse_late(clock.now)
    assert told(client.received())[2] == "bouncer config error"


def test_a_server_that_cannot_be_reached_is_no_wrong_password(asking: House) -> None:
    asking.postgres.stop_listening()
    client = asking.arrive(ZOE)
    asking.turn()
    sqlstate, text = told(client.received())[1:]
    assert sqlstate == "08001"
    assert text.startswith("server login has been failing")


def test_a_server_that_dies_ends_the_login(asking: House) -> None:
    client = asking.arrive(ZOE)
    server_of(asking).close()
    asking.turn()
    assert told(client.received())[1] == "08001"


def test_a_database_that_forces_a_user_is_asked_as_auth_user_all_the_same(
    build: Build,
) -> None:
    house = build(auth_type=AuthType.PLAIN, auth_user="asker")
    settings = house.pooler.settings
    (database,) = settings.databases.values()
    forced = DatabaseSettings(
        host=database.host, port=PORT, user="boss", password="the boss's"
    )
    changed = Settings(
        auth_type=AuthType.PLAIN,
        auth_user="asker",
        unix_socket_dir="",
        databases={"app": forced},
    )
    secrets = dict(house.pooler.context.secrets)
    house.pooler.reload(changed, secrets)
    for wire in house.postgres.waiting():
        wire.received()
    house.arrive(ZOE)
    server_of(house)
    house.pooler.reload(changed, secrets)
    pool = house.pooler.pools["app", "asker"]
    assert (pool.settings.target.user, pool.settings.target.password) == (
        "asker",
        None,
    )


# Where

DATABASES = {
    "plain": DatabaseSettings(),
    "own": DatabaseSettings(auth_user="u", auth_dbname="d", auth_query="q"),
}


@pytest.mark.parametrize(
    ("given", "database", "source"),
    [
        ({}, "plain", None),
        ({"auth_user": "g"}, "plain", Source("plain", "g", "Q")),
        ({"auth_user": "g", "auth_dbname": "x"}, "plain", Source("x", "g", "Q")),
        ({"auth_user": "g", "auth_dbname": "x"}, "own", Source("d", "u", "q")),
        ({}, "own", Source("d", "u", "q")),
        ({"auth_user": "g"}, "pgbouncer", None),
        ({"auth_user": "g", "auth_dbname": "x"}, "pgbouncer", Source("x", "g", "Q")),
        ({"auth_user": "g"}, "elsewhere", None),
        ({"auth_user": "g", "auth_dbname": "x"}, "elsewhere", Source("x", "g", "Q")),
    ],
)
def test_the_database_says_where_to_ask_else_the_global_settings(
    given: dict[str, str], database: str, source: Source | None
) -> None:
    settings = Settings(
        auth_query="Q",
        auth_user=given.get("auth_user"),
        auth_dbname=given.get("auth_dbname"),
        databases=DATABASES,
    )
    assert source_of(settings, database) == source
