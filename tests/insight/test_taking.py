"""What a snapshot says of a pooler in which something has happened."""

from collections.abc import Callable

import pytest

from pgpool_py.insight.snapshot import PoolSnapshot
from pgpool_py.insight.taking import take_databases, take_pools
from pgpool_py.pooler.stopping import Stopping
from pgpool_py.statistics import Tallied
from tests.fixtures.hand import Clock
from tests.fixtures.messages import READY, done, query, refused
from tests.pooler.house import House, startup
from tests.pooler.staging import Stage


def only(house: House) -> PoolSnapshot:
    """Return the snapshot of the only pool."""
    [pool] = take_pools(house.pooler)
    return pool


def nobodys(house: House) -> Tallied:
    return house.pooler.context.tallies.snapshot()


def test_clients_and_servers_are_told_apart_by_what_they_do(stage: Stage) -> None:
    pool = stage.pool()
    stage.client(pool)
    stage.server(pool, stage.client(pool))
    stage.server(pool)
    stage.wait(stage.client(pool), pool, 2.5)
    [taken] = take_pools(stage.pooler)
    now = taken.now
    assert (taken.database, taken.user) == ("shop", "ann")
    assert (now.clients_active, now.clients_idle, now.clients_waiting) == (1, 1, 1)
    assert (now.servers_active, now.servers_idle, now.servers_busy) == (1, 1, 0)
    assert now.limit == stage.settings.default_pool_size
    assert 2.5 <= now.oldest_wait < 3.0


def test_a_login_is_counted_with_its_time(house: House) -> None:
    house.come_in()
    pool = only(house)
    assert (pool.counted.client_login_count, pool.tallied.logins.count) == (1, 1)
    assert pool.tallied.servers_opened == 1


def test_who_has_to_wait_is_counted_with_the_time_once_it_is_served(
    build: Callable[..., House], clock: Clock
) -> None:
    house = build(default_pool_size=1)
    first, second = house.arrive(startup()), house.arrive(startup())
    server = house.log_in_server()
    for client in (first, second):
        house.send(client, query("SELECT 1"))
    clock.advance(0.3)
    pool = only(house)
    assert (pool.now.clients_waiting, pool.tallied.waits.count) == (1, 0)
    server.send(done())
    house.turn()
    pool = only(house)
    waits = pool.tallied.waits
    assert (pool.now.clients_waiting, waits.count) == (0, 1)
    assert waits.total == pool.counted.wait_time == pytest.approx(0.3)
    # Who got one at once is counted as that alone.
    assert pool.counted.server_assignment_count == 2


def test_a_client_that_goes_is_counted_by_the_reason(house: House) -> None:
    house.come_in().close()
    house.turn()
    assert dict(only(house).tallied.clients_closed) == {"client unexpected eof": 1}


def test_who_is_refused_at_the_door_is_counted_in_no_pool(house: House) -> None:
    house.arrive(startup(database="absent"))
    counted = nobodys(house)
    assert dict(counted.client_errors) == {"3D000": 1}
    assert dict(counted.clients_closed) == {"login failed": 1}


def test_errors_of_postgresql_are_counted_by_their_code(house: House) -> None:
    client = house.arrive(startup())
    server = house.log_in_server()
    house.send(client, query("SELECT"))
    server.received()
    server.send(refused("syntax error", "42601") + READY)
    house.turn()
    assert dict(only(house).tallied.server_errors) == {"42601": 1}


def test_the_end_of_a_server_is_counted_by_the_reason(house: House) -> None:
    house.arrive(startup())
    house.log_in_server().close()
    house.turn()
    [closed] = only(house).tallied.servers_closed.items()
    assert closed == ("server closed the connection while idle", 1)


def test_what_servers_count_stays_when_they_are_closed(stage: Stage) -> None:
    pool = stage.pool()
    server, other = stage.server(pool), stage.server(pool)
    for one in (server, other):
        one.ledger.statements.hits, one.ledger.statements.misses = 3, 1
    stage.leave(server)
    [taken] = take_pools(stage.pooler)
    assert (taken.tallied.prepared_hits, taken.tallied.prepared_misses) == (6, 2)


def test_what_a_dropped_pool_has_counted_stays(stage: Stage) -> None:
    pool = stage.pool()
    pool.counters.client_login_count = 1
    pool.counters.tallies.cancels = 2
    pool.multiplexing.counts.shared = 3
    stage.pooler._drop(("shop", "ann"), pool)
    [taken] = take_pools(stage.pooler)
    assert (taken.counted.client_login_count, taken.tallied.cancels) == (1, 2)
    assert taken.multiplexed.shared == 3
    assert taken.now.limit == 0
    # A pool that is made anew goes on from there.
    assert stage.pool().multiplexing.counts.shared == 3


def test_what_was_tallied_of_a_pool_that_nobody_got_into_stays_where_it_was(
    stage: Stage,
) -> None:
    stage.pool().counters.tallies.openings_failed.note("connect failed")
    before = take_pools(stage.pooler)
    stage.pooler._drop(("shop", "ann"), stage.pool())
    [taken] = take_pools(stage.pooler)
    assert taken.tallied == before[0].tallied
    assert dict(stage.pooler.context.tallies.openings_failed.snapshot()) == {}


def test_databases_tell_their_limits_and_who_is_there(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    stage.pooler.pause("shop")
    [database] = take_databases(stage.pooler)
    assert (database.name, database.clients, database.servers) == ("shop", 1, 1)
    assert (database.max_clients, database.max_servers) == (0, 0)
    assert (database.paused, database.disabled) == (True, False)


def test_a_pooler_that_has_stopped_can_still_be_looked_at(house: House) -> None:
    house.come_in()
    house.pooler.shut_down(Stopping.NOW)
    assert only(house).now.clients_active == 0
