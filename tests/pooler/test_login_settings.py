"""Settings that change what a login is, says, or leaves in the log."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pgpool_py.client.session import ClientSession
from pgwire.diagnostics import NoticeResponse
from pgwire.guarded import GuardedWatchedRequests
from pgwire.watched import WatchedRequests
from tests.fixtures.messages import errors_of, kinds, query, split, told
from tests.pooler.house import House, startup

Build = Callable[..., House]


def parameters(house: House) -> list[str | None]:
    """Return the name of the application of each client that is in."""
    sessions = house.pooler.gatehouse.sessions.values()
    return [session.parameters.values.get("application_name") for session in sessions]


# application_name_add_host


@pytest.mark.parametrize(
    ("given", "name"),
    [({"application_name": "psql"}, "psql - unix:6432"), ({}, "app - unix:6432")],
)
def test_the_application_is_called_by_its_host_too(
    build: Build, given: dict[str, str], name: str
) -> None:
    house = build(application_name_add_host=True)
    house.come_in(**given)
    assert parameters(house) == [name]


def test_without_the_setting_it_keeps_the_name_it_has(house: House) -> None:
    house.come_in(application_name="psql")
    assert parameters(house) == ["psql"]


# login_notify_message


def test_a_client_that_comes_in_is_told_a_message(build: Build) -> None:
    house = build(login_notify_message="maintenance at 10")
    welcome = house.come_in().received()
    assert kinds(welcome)[-2:] == "NZ"
    _, body = split(welcome)[-2]
    notice = NoticeResponse.decode(body)
    assert (notice.severity, notice.sqlstate) == ("NOTICE", "00000")
    assert notice.message == "maintenance at 10"


def test_without_one_it_is_told_nothing(house: House) -> None:
    assert "N" not in kinds(house.come_in().received())


# log_pooler_errors and log_disconnections


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        (
            {},
            [
                "pooler error: no such database: gone",
                "closing because: login failed",
            ],
        ),
        ({"log_pooler_errors": False}, ["closing because: login failed"]),
        ({"log_disconnections": False}, ["pooler error: no such database: gone"]),
    ],
)
def test_the_log_has_what_is_wanted_of_a_login_that_fails(
    build: Build,
    given: dict[str, bool],
    lines: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = build(log_connections=False, **given)
    caplog.set_level("INFO", "pgpool_py.client")
    house.arrive(startup(database="gone"))
    assert [line.partition(" (age=")[0] for line in caplog.messages] == lines


def test_a_reload_changes_it_for_clients_that_are_in(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.come_in()
    quiet = replace(
        house.pooler.settings, log_disconnections=False, log_pooler_errors=False
    )
    house.pooler.reload(quiet, {"alice": "secret"})
    caplog.set_level("INFO", "pgpool_py.client")
    (session,) = house.pooler.gatehouse.sessions.values()
    session.on_fault(ValueError())
    assert caplog.messages == []


# max_packet_size


def test_a_message_above_the_limit_ends_its_client(build: Build) -> None:
    house = build(max_packet_size=100)
    client = house.come_in()
    client.received()
    (error,) = errors_of(house.send(client, query("x" * 200)))
    assert (error.severity, error.sqlstate) == ("FATAL", "08P01")
    assert error.message == "message too large (max_packet_size)"
    detail = "The message has 206 bytes, max_packet_size is 100 bytes."
    assert error.fields["D"] == detail


def test_shorter_ones_and_all_without_a_limit_go_on(build: Build) -> None:
    house = build(max_packet_size=100)
    client = house.come_in()
    client.received()
    assert house.send(client, query("SELECT 1")) == b""
    (session,) = house.pooler.gatehouse.sessions.values()
    assert session.server is not None
    assert type(session.requests) is GuardedWatchedRequests


@pytest.mark.parametrize("limit", [0x3FFFFFFF, 2**31 - 1])
def test_a_limit_that_postgresql_has_anyway_costs_nothing(
    build: Build, limit: int
) -> None:
    house = build(max_packet_size=limit)
    house.come_in()
    (session,) = house.pooler.gatehouse.sessions.values()
    assert type(session) is ClientSession
    assert type(session.requests) is WatchedRequests


# disable_pqexec


def test_simple_queries_are_refused(build: Build) -> None:
    house = build(disable_pqexec=True)
    client = house.come_in()
    client.received()
    answer = house.send(client, query("SELECT 1"))
    assert told(answer) == ("ERROR", "0A000", "PQexec disallowed")
    assert not client.ended


def test_so_are_replication_connections_that_know_nothing_else(build: Build) -> None:
    house = build(disable_pqexec=True)
    client = house.arrive(startup(replication="database"))
    assert told(client.received()) == ("FATAL", "0A000", "PQexec disallowed")
    assert client.ended
