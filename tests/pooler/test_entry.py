"""The welcome: what a client is told when it is in."""

import pytest

from pgwire.backend import BackendKeyData, ParameterStatus
from pgwire.startup import CancelRequest, StartupMessage
from tests.fixtures.hand import Wire
from tests.fixtures.messages import PARAMETERS, READY, query, split
from tests.pooler.house import House, startup


def welcome_of(wire: Wire) -> tuple[dict[str, str], BackendKeyData, bytes]:
    """Take a welcome apart: parameters, key, and what ends it."""
    (kind, _), *messages = split(wire.received())
    assert kind == "R"
    reported = [ParameterStatus.decode(body) for kind, body in messages if kind == "S"]
    (key,) = [BackendKeyData.decode(body) for kind, body in messages if kind == "K"]
    kind, body = messages[-1]
    end = kind.encode() + (len(body) + 4).to_bytes(4, "big") + body
    return {status.name: status.value for status in reported}, key, end


def newer_startup(minor: int, database: str = "app", user: str = "alice") -> bytes:
    return StartupMessage(minor, {"user": user, "database": database}).encode()


def test_a_client_is_told_what_a_server_would_report(house: House) -> None:
    reported, key, end = welcome_of(house.come_in())
    assert list(reported.items()) == list(PARAMETERS.items())
    assert len(key.key) == 4
    assert end == READY


def test_what_it_asked_for_itself_stands_in_it(house: House) -> None:
    client = house.come_in(application_name="psql", timezone="CET")
    reported, _, _ = welcome_of(client)
    assert reported == {**PARAMETERS, "application_name": "psql", "TimeZone": "CET"}


def test_and_is_set_before_its_first_statement_runs(house: House) -> None:
    client = house.come_in(timezone="CET")
    client.received()
    house.send(client, query("SELECT 1"))
    (pool,) = house.pooler.pools.values()
    (server,) = pool.books.busy
    assert server.on_errand
    (session,) = house.pooler.gatehouse.sessions.values()
    assert session.parameters.values == {"timezone": "CET"}


def test_what_is_the_default_anyway_is_no_wish(house: House) -> None:
    house.come_in(timezone="UTC", client_encoding="UTF8")
    (session,) = house.pooler.gatehouse.sessions.values()
    assert session.parameters is house.pooler.context.book.defaults


def test_a_login_is_counted_when_it_is_complete(house: House) -> None:
    house.come_in()
    house.arrive(startup()[:9])
    (pool,) = house.pooler.pools.values()
    assert pool.counters.client_login_count == 1


@pytest.mark.parametrize(
    ("minor", "size"), [(0, 4), (1, 4), (2, 32), (3, 32), (9999, 32)]
)
def test_the_key_is_as_long_as_the_protocol_allows(
    house: House, minor: int, size: int
) -> None:
    house.come_in()
    client = house.arrive(newer_startup(minor))
    messages = split(client.received())
    (key,) = [BackendKeyData.decode(body) for kind, body in messages if kind == "K"]
    assert len(key.key) == size


def test_a_console_client_gets_such_a_key_too(house: House) -> None:
    house.arrive(newer_startup(2, "pgbouncer", "root"))
    (console,) = house.console.opened
    assert len(console.identity.cancel_key) == 32


def test_a_part_of_a_long_key_is_no_key(house: House) -> None:
    house.come_in()
    house.arrive(newer_startup(2, "pgbouncer", "root"))
    (console,) = house.console.opened
    pid, key = console.identity.pid, console.identity.cancel_key
    for wrong in (key[:4], key[:-1], key + b"\0", bytes(32)):
        house.arrive(CancelRequest(pid, wrong).encode())
    assert console.cancelled == 0
    house.arrive(CancelRequest(pid, key).encode())
    assert console.cancelled == 1


def test_each_client_has_a_key_of_its_own(house: House) -> None:
    keys = {welcome_of(house.come_in())[1].key for _ in range(4)}
    assert len(keys) == 4
