"""Who comes in: logins, limits, deadlines, cancel requests, the console."""

import gc
import os
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from pgpool_py.reasons import Reason
from pgpool_py.settings import AuthType, DatabaseSettings, SessionStatePolicy
from pgwire.backend import BackendKeyData
from pgwire.frontend import PasswordMessage
from pgwire.startup import CancelRequest
from tests.fixtures.hand import Clock
from tests.fixtures.messages import fatal, kinds, query, split, told
from tests.pooler.house import House, startup

Build = Callable[..., House]


def key_of(stream: bytes) -> BackendKeyData:
    (body,) = [body for kind, body in split(stream) if kind == "K"]
    return BackendKeyData.decode(body)


# In


def test_the_first_client_is_welcomed_when_a_server_is_known(house: House) -> None:
    client = house.arrive(startup())
    # AuthenticationOk, and no more
    assert kinds(client.received()) == "R"
    assert len(house.pooler.gatehouse.arrivals) == 1
    house.log_in_server()
    stream = client.received()
    assert kinds(stream) == "SSSSSKZ"
    assert house.pooler.gatehouse.arrivals == {}
    assert len(house.pooler.gatehouse.sessions) == 1


def test_the_next_one_is_welcomed_at_once(house: House) -> None:
    house.come_in()
    client = house.arrive(startup())
    assert kinds(client.received()) == "RSSSSSKZ"


def test_process_ids_are_unique_and_no_process_can_have_them(house: House) -> None:
    pids = {key_of(house.come_in().received()).pid for _ in range(3)}
    assert len(pids) == 3
    assert min(pids) > 4_194_304


def test_a_client_is_gone_from_the_books_when_it_leaves(house: House) -> None:
    client = house.come_in()
    house.send(client, b"X\0\0\0\4")
    assert house.pooler.gatehouse.sessions == {}


def test_a_client_on_tcp_has_the_options_that_the_settings_say(build: Build) -> None:
    house = build(
        tcp_keepcnt=3,
        tcp_keepidle=7,
        tcp_keepintvl=5,
        tcp_user_timeout=1500,
        tcp_socket_buffer=20000,
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()):
            accepted, other = server.accept()
            accepted.setblocking(False)
            with accepted.dup() as seen:
                house.pooler.gatehouse.accept(accepted, other)
                for name, value in (
                    ("TCP_KEEPCNT", 3),
                    ("TCP_KEEPIDLE", 7),
                    ("TCP_KEEPINTVL", 5),
                    ("TCP_USER_TIMEOUT", 1500),
                ):
                    option = getattr(socket, name, None)
                    if option is not None:
                        assert seen.getsockopt(socket.IPPROTO_TCP, option) == value
                # Linux doubles what it is given, socket(7).
                size = seen.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
                assert size in {20000, 40000}
        house.turn()


# Not in


def test_an_unknown_database_is_refused_and_leaves_nothing(
    house: House, clock: Clock
) -> None:
    client = house.arrive(startup("elsewhere"))
    stream = client.received()
    assert told(stream[9:]) == ("FATAL", "3D000", "no such database: elsewhere")
    assert client.ended
    assert house.pooler.gatehouse.arrivals == {}
    clock.advance(100.0)
    house.pooler.gatehouse.refuse_late(clock.now)


def test_an_unknown_user_is_refused_and_leaves_nothing(house: House) -> None:
    client = house.arrive(startup(user="mallory"))
    assert told(client.received())[:2] == ("FATAL", "28P01")
    assert client.ended
    assert house.pooler.gatehouse.arrivals == {}


def test_a_user_name_of_more_than_127_bytes_is_refused(house: House) -> None:
    for user, message in (
        ("ä" * 63 + "x", '"trust" authentication failed'),
        ("ä" * 64, "username too long"),
    ):
        assert told(house.arrive(startup(user=user)).received())[2] == message


def test_a_parameter_is_refused_where_session_state_is_not_kept(build: Build) -> None:
    house = build(session_state=SessionStatePolicy.IGNORE)
    client = house.arrive(startup(work_mem="1GB"))
    assert told(client.received())[1:] == (
        "42704",
        "unsupported startup parameter: work_mem",
    )


def test_max_client_conn_counts_those_who_log_in(build: Build) -> None:
    house = build(max_client_conn=2)
    house.come_in()
    house.arrive()
    client = house.arrive(startup())
    assert told(client.received()) == (
        "FATAL",
        "53300",
        "no more connections allowed (max_client_conn)",
    )


@pytest.mark.parametrize(
    "limit", ["max_db_client_connections", "max_user_client_connections"]
)
def test_databases_and_users_have_limits_of_their_own(build: Build, limit: str) -> None:
    house = build(**{limit: 1})
    first = house.come_in()
    client = house.arrive(startup())
    assert told(client.received()) == (
        "FATAL",
        "53300",
        f"client connections exceeded ({limit})",
    )
    house.send(first, b"X\0\0\0\4")
    assert kinds(house.arrive(startup()).received()) == "RSSSSSKZ"


def test_a_login_that_takes_too_long_is_ended(house: House, clock: Clock) -> None:
    client = house.arrive(startup()[:5])
    clock.advance(59.0)
    house.turn()
    house.pooler.gatehouse.refuse_late(clock.now)
    assert client.received() == b""
    clock.advance(1.0)
    house.pooler.gatehouse.refuse_late(clock.now)
    assert told(client.received()) == ("FATAL", "08P01", "client_login_timeout")
    assert house.pooler.gatehouse.arrivals == {}


def test_a_login_that_waits_for_a_server_says_so(house: House, clock: Clock) -> None:
    client = house.arrive(startup())
    client.received()
    clock.advance(60.0)
    house.pooler.gatehouse.refuse_late(clock.now)
    assert told(client.received())[2] == "client_login_timeout (server down)"
    assert house.pooler.gatehouse.arrivals == {}
    # Nobody waits for its welcome any more.
    house.log_in_server()
    assert house.pooler.gatehouse.sessions == {}


def test_a_server_that_refuses_is_quoted_to_who_logs_in(house: House) -> None:
    client = house.arrive(startup())
    client.received()
    server = house.postgres.accept()
    server.send(fatal('database "app" does not exist', "3D000"))
    house.turn()
    assert told(client.received()) == (
        "FATAL",
        "3D000",
        'database "app" does not exist',
    )
    assert house.pooler.gatehouse.arrivals == {}


def test_a_server_that_cannot_be_reached_fails_fast(house: House) -> None:
    house.postgres.stop_listening()
    first = house.arrive(startup())
    assert told(first.received()[9:])[1] == "08001"
    second = house.arrive(startup())
    assert told(second.received()[9:])[1] == "08001"


def test_a_client_whose_database_is_removed_while_it_logs_in_is_told(
    house: House, clock: Clock
) -> None:
    client = house.arrive(startup())
    client.received()
    house.pooler.reload(
        house.pooler.settings.__class__(
            auth_type=AuthType.TRUST, databases={"other": DatabaseSettings()}
        ),
        {"alice": "secret"},
    )
    house.turn()
    assert told(client.received())[2] == "database removed"
    assert house.pooler.gatehouse.arrivals == {}
    assert house.pooler.pools == {}


def test_a_client_that_resets_while_it_is_accepted_is_forgotten(house: House) -> None:
    # Not connected any more.
    gone = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    house.pooler.gatehouse.accept(gone, ("192.0.2.7", 50_007))
    house.turn()
    assert house.pooler.gatehouse.arrivals == {}


# Cancel requests


def test_a_cancel_request_reaches_the_client_that_it_names(house: House) -> None:
    client = house.come_in()
    key = key_of(client.received())
    house.pooler.pause()
    house.send(client, query("SELECT 1"))
    asking = house.arrive(CancelRequest(key.pid, key.key).encode())
    assert asking.received() == b""
    assert asking.ended
    assert told(client.received())[1] == "57014"


def test_one_with_a_wrong_key_reaches_nobody(house: House) -> None:
    client = house.come_in()
    key = key_of(client.received())
    house.pooler.pause()
    house.send(client, query("SELECT 1"))
    wrong = bytes(byte ^ 1 for byte in key.key)
    for request in (CancelRequest(key.pid, wrong), CancelRequest(1, key.key)):
        asking = house.arrive(request.encode())
        asking.received()
        assert asking.ended
    assert client.received() == b""


def test_a_cancel_request_may_come_above_the_limit(build: Build) -> None:
    house = build(max_client_conn=1)
    client = house.come_in()
    key = key_of(client.received())
    house.pooler.pause()
    house.send(client, query("SELECT 1"))
    house.arrive(CancelRequest(key.pid, key.key).encode())
    assert told(client.received())[1] == "57014"


# Console


@pytest.mark.parametrize(("user", "admin"), [("root", True), ("bob", False)])
def test_the_console_is_open_to_those_who_are_named(
    house: House, user: str, admin: bool
) -> None:
    house.arrive(startup("pgbouncer", user, application_name="psql"))
    (console,) = house.console.opened
    assert console.admin is admin
    assert console.identity.facts()["application_name"] == "psql"
    pid = console.identity.pid
    house.arrive(CancelRequest(pid, console.identity.cancel_key).encode())
    assert console.cancelled == 1
    assert list(house.pooler.gatehouse.consoles) == [pid]
    console.close(Reason.ADMIN_DISCONNECT)
    assert house.pooler.gatehouse.consoles == {}


def test_the_console_is_closed_to_others(house: House) -> None:
    client = house.arrive(startup("pgbouncer", "alice"))
    assert told(client.received()[9:])[1:] == ("28000", "not allowed")
    assert house.console.opened == []


def test_with_auth_type_any_everybody_may_look_at_the_console(build: Build) -> None:
    house = build(auth_type=AuthType.ANY)
    house.arrive(startup("pgbouncer", "mallory"))
    (console,) = house.console.opened
    assert not console.admin


def test_who_runs_the_pooler_owns_the_console(build: Build) -> None:
    # An auth_type that nobody passes here.
    house = build(auth_type=AuthType.PLAIN)
    client = house.arrive(startup("pgbouncer", "pgbouncer"))
    # AuthenticationOk, and no request before it
    assert client.received() == b"R\0\0\0\x08\0\0\0\0"
    (console,) = house.console.opened
    assert console.admin


def test_another_system_user_does_not_own_the_console(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: other)
    client = house.arrive(startup("pgbouncer", "pgbouncer"))
    refusal = ("FATAL", "28000", "unix socket login rejected")
    assert told(client.received()) == refusal
    assert house.console.opened == []


def test_a_reload_counts_before_the_password_is_known(build: Build) -> None:
    house = build(auth_type=AuthType.PLAIN)
    client = house.arrive(startup("pgbouncer", "root"))
    client.received()
    pooler = house.pooler
    pooler.reload(replace(pooler.settings, admin_users=()), pooler.context.secrets)
    stream = house.send(client, PasswordMessage(b"secret").encode())
    assert told(stream[9:])[1:] == ("28000", "not allowed")


def test_the_console_is_open_when_no_more_clients_are_let_in(build: Build) -> None:
    house = build(max_client_conn=0)
    house.arrive(startup("pgbouncer", "root"))
    assert len(house.console.opened) == 1


@pytest.mark.parametrize("secret", [b"secret", b"wrong"])
def test_nothing_of_a_client_is_left_to_the_garbage_collector(
    build: Build, secret: bytes
) -> None:
    house = build(auth_type=AuthType.PLAIN)
    house.send(house.arrive(startup()), PasswordMessage(b"secret").encode())
    house.log_in_server()
    gc.collect()
    client = house.arrive(startup())
    house.send(client, PasswordMessage(secret).encode())
    client.close()
    house.turn()
    assert house.pooler.gatehouse.connected == 1
    assert not gc.collect()
