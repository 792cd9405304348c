"""What an operator orders: KILL, KILL_CLIENT, RECONNECT, and what is outdated."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pgpool_py.pooler import orders
from pgpool_py.pooler.database_views import databases
from tests.fixtures.hand import Clock
from tests.fixtures.messages import (
    IN_TRANSACTION,
    complete,
    done,
    kinds,
    query,
    told,
)
from tests.pooler.house import House, app_and_blog, startup
from tests.pooler.postgres import TERMINATE
from tests.pooler.test_pooler import let_pass

Build = Callable[..., House]

REMOVED = ("FATAL", "57P01", "database removed")
KILLED = ("FATAL", "57P01", "admin forced disconnect")


# KILL


@pytest.mark.parametrize("database", ["app", None])
def test_a_kill_ends_clients_and_servers(house: House, database: str | None) -> None:
    idle, busy = house.come_in(), house.come_in()
    for wire in (idle, busy):
        wire.received()
    house.send(busy, query("SELECT 1"))
    replicating = house.arrive(startup(replication="database"))
    house.log_in_server()
    replicating.received()
    orders.kill(house.pooler, database)
    house.turn()
    for wire in (idle, busy, replicating):
        assert told(wire.received()) == REMOVED
        assert wire.ended
    (pool,) = house.pooler.pools.values()
    assert pool.books.total == 0
    assert not any(quota.used for quota in pool.quotas)
    assert house.pooler.paused_databases == {"app"}


def test_a_kill_ends_who_logs_in(house: House) -> None:
    client = house.arrive(startup())
    replicating = house.arrive(startup(replication="database"))
    client.received()
    replicating.received()
    orders.kill(house.pooler, "app")
    house.turn()
    assert told(client.received()) == told(replicating.received()) == REMOVED
    for server in house.postgres.waiting():
        server.received()
        assert server.ended


@pytest.mark.parametrize("database", ["app", None])
def test_who_comes_after_a_kill_waits_for_the_resume(
    house: House, clock: Clock, database: str | None
) -> None:
    house.pooler.start()
    house.come_in()
    orders.kill(house.pooler, "app")
    house.turn()
    late = house.arrive(startup())
    # AuthenticationOk and the welcome: what servers report is known.
    assert kinds(late.received()) == "RSSSSSKZ"
    house.send(late, query("SELECT 1"))
    let_pass(house, clock, 2.0)
    assert house.postgres.waiting() == []
    house.pooler.resume("app")
    house.turn()
    server = house.log_in_server()
    assert server.received() == query("SELECT 1")


def test_a_kill_of_one_database_spares_the_others(build: Build, tmp_path: Path) -> None:
    house = build(databases=app_and_blog(tmp_path))
    gone, stays = house.come_in(), house.arrive(startup("blog"))
    house.log_in_server()
    gone.received()
    stays.received()
    orders.kill(house.pooler, "app")
    assert told(gone.received()) == REMOVED
    assert stays.received() == b""
    shown = {view.name: view.paused for view in databases(house.pooler)}
    assert shown == {"app": True, "blog": False}


def test_a_plain_resume_undoes_a_kill_of_all_but_no_other_pause(
    build: Build, tmp_path: Path
) -> None:
    house = build(databases=app_and_blog(tmp_path))
    house.come_in()
    orders.kill(house.pooler)
    house.pooler.pause("blog")
    house.pooler.resume()
    assert house.pooler.paused_databases == {"blog"}
    assert house.pooler.killed == set()


def test_what_was_counted_outlives_a_kill(house: House) -> None:
    house.come_in()
    orders.kill(house.pooler, "app")
    (pool,) = house.pooler.pools.values()
    assert pool.counters.client_login_count == 1


# KILL_CLIENT


def test_a_client_is_killed_by_its_number(house: House) -> None:
    gone, stays = house.come_in(), house.come_in()
    gone.received()
    stays.received()
    first = next(iter(house.pooler.gatehouse.sessions.values()))
    assert orders.kill_client(house.pooler, first.identity.number)
    assert told(gone.received()) == KILLED
    assert gone.ended
    assert stays.received() == b""
    assert not orders.kill_client(house.pooler, first.identity.number)


def test_so_is_one_that_replicates(house: House) -> None:
    client = house.arrive(startup(replication="database"))
    server = house.log_in_server()
    client.received()
    (private,) = house.pooler.gatehouse.replications.privates.values()
    assert orders.kill_client(house.pooler, private.relay.identity.number)
    assert told(client.received()) == KILLED
    assert server.received() == TERMINATE


def test_so_is_one_that_waits_to_be_let_in(house: House) -> None:
    client = house.arrive(startup())
    client.received()
    (arrival,) = house.pooler.gatehouse.arrivals
    assert orders.kill_client(house.pooler, arrival.visitor.number)
    assert told(client.received()) == KILLED
    house.postgres.accept()


def test_nobody_has_a_servers_number(house: House) -> None:
    house.come_in()
    (pool,) = house.pooler.pools.values()
    assert not orders.kill_client(house.pooler, pool.books.idle[0].id)


# RECONNECT


def test_servers_are_outdated_until_they_are_replaced(
    build: Build, tmp_path: Path
) -> None:
    house = build(databases=app_and_blog(tmp_path))
    client = house.come_in()
    client.received()
    house.send(client, query("BEGIN"))
    old = house.postgres._accepted[0]
    old.received()
    old.send(complete("BEGIN") + IN_TRANSACTION)
    house.turn()
    orders.reconnect(house.pooler)
    assert orders.outdated_servers(house.pooler) == 1
    assert orders.outdated_servers(house.pooler, "app") == 1
    assert orders.outdated_servers(house.pooler, "blog") == 0
    house.send(client, query("COMMIT"))
    old.send(done("COMMIT"))
    house.turn()
    assert orders.outdated_servers(house.pooler) == 0
    old.received()
    assert old.ended


def test_a_reconnect_of_one_database_spares_the_others(
    build: Build, tmp_path: Path
) -> None:
    house = build(databases=app_and_blog(tmp_path))
    house.come_in()
    orders.reconnect(house.pooler, "blog")
    server = house.postgres._accepted[0]
    server.received()
    assert not server.ended


def test_a_server_that_replicates_is_not_waited_for(house: House) -> None:
    client = house.arrive(startup(replication="database"))
    server = house.log_in_server()
    client.received()
    orders.reconnect(house.pooler)
    house.turn()
    assert told(client.received()) == (
        "FATAL",
        "57P01",
        "database configuration changed",
    )
    assert server.received() == TERMINATE
    assert server.ended
