"""Clients that replicate, once they are in: cancel requests, views, and their end."""

from dataclasses import replace

import pytest

from pgpool_py.pooler import client_views, views
from pgpool_py.pooler.database_views import databases
from pgpool_py.pooler.stopping import Stopping
from pgpool_py.settings import DatabaseSettings
from pgwire.startup import CancelRequest
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import kinds, told
from tests.pooler.house import House, startup
from tests.pooler.postgres import CANCEL_REQUEST, TERMINATE
from tests.pooler.test_gatehouse import key_of


def enter(house: House, kind: str = "database") -> tuple[Wire, Wire, CancelRequest]:
    """Return a client that replicates, its server, and what cancels it."""
    client = house.arrive(startup(replication=kind))
    server = house.log_in_server()
    key = key_of(client.received())
    return client, server, CancelRequest(key.pid, key.key)


def nothing_is_left(house: House) -> bool:
    gatehouse = house.pooler.gatehouse
    quotas = [q for pool in house.pooler.pools.values() for q in pool.quotas]
    return (
        gatehouse.replications.privates == {}
        and gatehouse.census.databases == {}
        and not any(quota.used for quota in quotas)
    )


# Cancel


def test_a_cancel_request_is_passed_on_with_the_servers_key(house: House) -> None:
    _, _, request = enter(house)
    house.arrive(request.encode())
    asking = house.postgres.accept()
    assert asking.received() == CANCEL_REQUEST
    assert len(house.pooler.gatehouse.replications.cancels) == 1
    asking.close()
    house.turn()
    assert house.pooler.gatehouse.replications.cancels == set()


def test_one_with_a_wrong_key_is_not(house: House) -> None:
    _, _, request = enter(house)
    house.arrive(CancelRequest(request.pid, b"\0\0\0\0").encode())
    assert house.postgres.waiting() == []


def test_one_that_does_not_arrive_is_given_up(house: House, clock: Clock) -> None:
    _, _, request = enter(house)
    house.arrive(request.encode())
    replications = house.pooler.gatehouse.replications
    replications.maintain(clock.now + house.pooler.settings.cancel_wait_timeout)
    assert replications.cancels == set()


# Views


@pytest.mark.parametrize(
    ("value", "kind"), [("database", "logical"), ("t", "physical")]
)
def test_they_are_shown(house: House, value: str, kind: str) -> None:
    enter(house, value)
    (client,) = client_views.clients(house.pooler)
    (server,) = views.servers(house.pooler)
    assert (client.replication, server.replication) == (kind, kind)
    assert (client.status, server.status) == ("active", "active")
    assert (client.server, server.client) == (server.number, client.number)
    assert server.remote_pid == 77
    (pool,) = views.pools(house.pooler)
    assert (pool.cl_active, pool.sv_active, pool.sv_idle) == (1, 1, 0)
    (database,) = databases(house.pooler)
    assert database.current_connections == 1
    assert database.current_client_connections == 1


def test_a_server_that_is_being_opened_is_shown(house: House) -> None:
    house.arrive(startup(replication="database"))
    (server,) = views.servers(house.pooler)
    assert (server.replication, server.status) == ("logical", "new")
    (pool,) = views.pools(house.pooler)
    assert pool.sv_login == 1
    house.postgres.accept()


def test_they_are_counted_in_the_pools_statistics(house: House) -> None:
    client, _, _ = enter(house)
    client.send(TERMINATE)
    house.turn()
    (pool,) = house.pooler.pools.values()
    assert pool.counters.client_login_count == 1
    assert pool.counters.bytes_received == len(TERMINATE)


# End


def test_the_server_ends_with_its_client(house: House) -> None:
    client, server, _ = enter(house)
    client.close()
    house.turn()
    assert server.received() == TERMINATE
    assert server.ended
    assert nothing_is_left(house)


def test_the_client_ends_with_its_server(house: House) -> None:
    client, server, _ = enter(house)
    server.close()
    house.turn()
    assert told(client.received())[1] == "08006"
    assert client.ended
    assert nothing_is_left(house)


def test_a_pause_waits_for_them(house: House) -> None:
    client, _, _ = enter(house)
    house.pooler.pause()
    assert house.pooler.active_servers() == 1
    assert client.received() == b""
    client.close()
    house.turn()
    assert house.pooler.active_servers() == 0


@pytest.mark.parametrize("how", [Stopping.WAIT_FOR_SERVERS, Stopping.WAIT_FOR_CLIENTS])
def test_a_shutdown_that_waits_waits_for_them(house: House, how: Stopping) -> None:
    client, _, _ = enter(house)
    house.pooler.shut_down(how)
    assert not house.pooler.stopped.is_set()
    client.close()
    house.turn()
    house.pooler.shut_down(how)
    assert house.pooler.stopped.is_set()


def test_a_shutdown_at_once_ends_them(house: House) -> None:
    client, server, request = enter(house)
    house.arrive(request.encode())
    house.pooler.shut_down(Stopping.NOW)
    house.turn()
    assert told(client.received())[1] == "57P01"
    assert server.received() == TERMINATE
    assert house.pooler.gatehouse.replications.cancels == set()
    assert nothing_is_left(house)


def test_they_go_with_their_database(house: House) -> None:
    client, _, _ = enter(house)
    coming = house.arrive(startup(replication="database"))
    assert kinds(coming.received()) == "R"
    settings = replace(house.pooler.settings, databases={"b": DatabaseSettings()})
    house.pooler.reload(settings, {})
    assert told(client.received())[2] == "database removed"
    house.pooler.gatehouse.replications.maintain(house.pooler.now)
    assert told(coming.received())[2] == "database removed"
    assert nothing_is_left(house)


def test_a_pool_is_kept_while_somebody_counts_to_its_limits(house: House) -> None:
    coming = house.arrive(startup(replication="database"))
    house.pooler._look_after_the_idle()
    assert len(house.pooler.pools) == 1
    coming.close()
    house.turn()
    house.pooler._look_after_the_idle()
    assert house.pooler.pools == {}
