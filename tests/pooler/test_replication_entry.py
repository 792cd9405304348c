"""A client that wants to replicate: a server is opened for it alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pgpool_py.settings import DatabaseSettings
from pgwire.startup import StartupMessage, parse_startup
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import done, fatal, kinds, query, split, told, welcome
from tests.pooler.house import House, startup
from tests.pooler.postgres import PORT

Build = Callable[..., House]


def ask(house: House, **parameters: str) -> Wire:
    """Let a client come that wants to replicate; return it, told that it is known."""
    client = house.arrive(startup(**{"replication": "database", **parameters}))
    assert kinds(client.received()) == "R"
    return client


def asked_of(server: Wire) -> dict[str, str]:
    """Return the startup packet that a server got."""
    packet = parse_startup(server.received())
    assert isinstance(packet, StartupMessage)
    return dict(packet.parameters)


def enter(house: House, **parameters: str) -> tuple[Wire, Wire]:
    """Return a client that replicates, and its server."""
    client = ask(house, **parameters)
    return client, house.log_in_server()


def used(house: House) -> int:
    """Return how many servers the pool's shared limits count."""
    (pool,) = house.pooler.pools.values()
    (count,) = {quota.used for quota in pool.quotas}
    return count


# In


def test_its_server_gets_its_parameters_and_it_the_servers_welcome(
    house: House,
) -> None:
    client = ask(house, options="-c work_mem=5MB", application_name="standby")
    server = house.postgres.accept()
    asked = asked_of(server)
    assert asked == {
        "user": "alice",
        "database": "app",
        "options": "-c work_mem=5MB",
        "application_name": "standby",
        "replication": "database",
    }
    server.send(welcome(changed={"application_name": "standby"}))
    house.turn()
    stream = client.received()
    assert kinds(stream) == "SSSSSKZ"
    assert split(stream)[0] == ("S", b"application_name\0standby\0")


def test_what_it_says_reaches_that_server(house: House) -> None:
    client, server = enter(house)
    client.received()
    client.send(query("IDENTIFY_SYSTEM"))
    house.turn()
    assert server.received() == query("IDENTIFY_SYSTEM")
    server.send(done())
    house.turn()
    assert client.received() == done()


def test_each_has_a_server_of_its_own_that_is_in_no_books(house: House) -> None:
    enter(house)
    enter(house)
    (pool,) = house.pooler.pools.values()
    assert pool.books.total == 0
    assert len(house.pooler.gatehouse.replications.privates) == 2
    assert used(house) == 2


@pytest.mark.parametrize(
    ("value", "logical"), [("database", True), ("on", False), ("1", False)]
)
def test_connect_query_is_run_where_sql_can_be(
    build: Build, tmp_path: Path, value: str, logical: bool
) -> None:
    line = DatabaseSettings(host=(str(tmp_path),), port=PORT, connect_query="SELECT 7")
    house = build(databases={"app": line})
    ask(house, replication=value)
    server = house.log_in_server()
    assert server.received() == (query("SELECT 7") if logical else b"")


def test_no_replication_is_an_ordinary_login(house: House) -> None:
    house.come_in(replication="off")
    assert len(house.pooler.gatehouse.sessions) == 1
    assert house.pooler.gatehouse.replications.privates == {}


# Not in


def test_a_value_that_means_nothing_is_refused(house: House) -> None:
    client = house.arrive(startup(replication="maybe"))
    assert told(client.received())[:2] == ("FATAL", "22023")


def test_a_server_that_refuses_is_quoted(house: House) -> None:
    client = ask(house)
    server = house.postgres.accept()
    server.send(fatal("must be superuser or replication role", "42501"))
    house.turn()
    assert told(client.received()) == (
        "FATAL",
        "42501",
        "must be superuser or replication role",
    )
    assert client.ended
    assert house.pooler.gatehouse.census.databases == {}
    assert house.pooler.gatehouse.replications.newcomers == {}
    assert used(house) == 0


def test_a_server_that_cannot_be_reached_is_told_at_once(house: House) -> None:
    house.postgres.stop_listening()
    client = house.arrive(startup(replication="database"))
    assert told(client.received()[9:])[1] == "08001"
    assert used(house) == 0


def test_it_goes_on_to_a_host_that_can_be_reached(build: Build, tmp_path: Path) -> None:
    line = DatabaseSettings(host=("@nobody", str(tmp_path)), port=PORT)
    house = build(databases={"app": line})
    client = ask(house)
    house.log_in_server()
    assert kinds(client.received()) == "SSSSSKZ"
    assert used(house) == 1


def test_a_host_that_refuses_it_does_not_count_as_failing_for_others(
    build: Build, tmp_path: Path
) -> None:
    line = DatabaseSettings(host=(str(tmp_path), "@nobody"), port=PORT)
    house = build(databases={"app": line})
    client = ask(house)
    house.postgres.accept().send(fatal("no more WAL senders", "53300"))
    house.turn()
    assert told(client.received())[1:] == ("53300", "no more WAL senders")
    (pool,) = house.pooler.pools.values()
    assert pool.staffing.destinations.hosts.works(str(tmp_path))


def test_a_server_that_takes_too_long_is_given_up(house: House, clock: Clock) -> None:
    client = ask(house)
    replications = house.pooler.gatehouse.replications
    replications.maintain(clock.now + 14.0)
    assert client.received() == b""
    replications.maintain(clock.now + 15.0)
    assert "connect timeout" in told(client.received())[2]
    assert used(house) == 0


def test_a_client_that_leaves_meanwhile_leaves_nothing(house: House) -> None:
    client = ask(house)
    server = house.postgres.accept()
    client.close()
    house.turn()
    assert house.pooler.gatehouse.arrivals == {}
    server.received()
    assert server.ended
    assert house.pooler.gatehouse.census.databases == {}
    assert used(house) == 0


def test_too_many_parameters_are_refused(house: House) -> None:
    # As much as a packet holds; towards the server "on" becomes "yes".
    client = house.arrive(startup(replication="on", options="x" * 9_943))
    assert told(client.received()[9:])[1] == "08P01"
    assert used(house) == 0


@pytest.mark.parametrize(
    "limit",
    ["max_client_conn", "max_db_client_connections", "max_user_client_connections"],
)
def test_it_counts_to_the_limits_of_clients(build: Build, limit: str) -> None:
    house = build(**{limit: 1})
    enter(house)
    client = house.arrive(startup())
    assert told(client.received())[1] == "53300"


# Shared limits, pauses


def test_it_waits_for_room_in_a_shared_limit(build: Build) -> None:
    house = build(max_db_connections=1)
    _, busy = enter(house)
    client = ask(house)
    assert house.postgres.waiting() == []
    busy.close()
    house.turn()
    house.pooler.gatehouse.replications.maintain(house.pooler.now)
    house.log_in_server()
    assert kinds(client.received()) == "SSSSSKZ"
    assert used(house) == 1


def test_an_idle_server_gives_way_to_it(build: Build) -> None:
    house = build(max_db_connections=1)
    house.come_in()
    (pool,) = house.pooler.pools.values()
    assert len(pool.books.idle) == 1
    ask(house)
    assert pool.books.total == 0
    house.log_in_server()
    assert used(house) == 1


def test_none_is_opened_while_there_is_a_pause(house: House) -> None:
    house.pooler.pause()
    client = ask(house)
    assert house.postgres.waiting() == []
    house.pooler.resume()
    house.pooler.gatehouse.replications.maintain(house.pooler.now)
    house.turn()
    house.log_in_server()
    assert kinds(client.received()) == "SSSSSKZ"
