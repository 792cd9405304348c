"""The welcome: what a client is told when it is in."""

from pgwire.backend import BackendKeyData, ParameterStatus
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


def test_each_client_has_a_key_of_its_own(house: House) -> None:
    keys = {welcome_of(house.come_in())[1].key for _ in range(4)}
    assert len(keys) == 4
