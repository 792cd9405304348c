"""Pools that share a limit which is full: who waits longer gets the next server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pgpool_py import errors
from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.upkeep import maintain
from pgpool_py.reasons import Reason
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import done, kinds, query
from tests.pooler.house import House, app_and_blog, startup

Build = Callable[..., House]


@pytest.fixture
def crowded(build: Build) -> House:
    """Return a pooler whose one database may have one server."""
    return build(max_db_connections=1)


def ask(house: House, client: Wire, sql: str) -> None:
    """Let a client ask for a server."""
    client.received()
    client.send(query(sql))
    house.turn()


def answer(house: House, server: Wire, number: int = 1) -> None:
    """Answer so many queries, each of which ends a transaction."""
    server.received()
    server.send(done() * number)
    house.turn()


def let_pass(house: House, clock: Clock, seconds: float) -> None:
    clock.advance(seconds)
    house.turn()


def busy_server(house: House) -> tuple[Wire, Wire]:
    """Return a client of alice's that runs a query, and its server."""
    client = house.arrive(startup(user="alice"))
    server = house.log_in_server()
    ask(house, client, "SELECT 1")
    return client, server


def test_a_client_that_logs_in_elsewhere_gets_the_place_of_a_busy_server(
    crowded: House, clock: Clock
) -> None:
    _, server = busy_server(crowded)
    guest = crowded.arrive(startup(user="bob"))
    let_pass(crowded, clock, 1.0)
    ask(crowded, crowded.arrive(startup(user="alice")), "SELECT 2")
    assert crowded.postgres.waiting() == []
    answer(crowded, server)
    assert server.ended or server.received()
    crowded.log_in_server()
    assert kinds(guest.received()) == "RSSSSSKZ"


def test_who_waits_longer_gets_the_next_server_wherever_it_waits(
    crowded: House, clock: Clock
) -> None:
    client, server = busy_server(crowded)
    other = crowded.arrive(startup(user="bob"))
    answer(crowded, server)
    bobs = crowded.log_in_server()
    # Alice's waits first, then another of bob's.
    ask(crowded, other, "SELECT 2")
    let_pass(crowded, clock, 1.0)
    ask(crowded, client, "SELECT 3")
    let_pass(crowded, clock, 1.0)
    assert crowded.postgres.waiting() == []
    answer(crowded, bobs)
    bobs.received()
    assert bobs.ended
    alices = crowded.log_in_server()
    assert alices.received() == query("SELECT 3")


def test_a_younger_one_waits_until_the_older_ones_were_served(
    crowded: House, clock: Clock
) -> None:
    _, server = busy_server(crowded)
    second = crowded.arrive(startup(user="alice"))
    ask(crowded, second, "SELECT 2")
    let_pass(crowded, clock, 1.0)
    guest = crowded.arrive(startup(user="bob"))
    answer(crowded, server)
    assert server.received() == query("SELECT 2")
    assert kinds(guest.received()) == "R"
    answer(crowded, server)
    server.received()
    assert server.ended
    crowded.log_in_server()
    assert kinds(guest.received()) == "SSSSSKZ"


def test_a_moment_is_no_reason_to_log_in_again(crowded: House, clock: Clock) -> None:
    _, server = busy_server(crowded)
    guest = crowded.arrive(startup(user="bob"))
    let_pass(crowded, clock, 0.05)
    second = crowded.arrive(startup(user="alice"))
    ask(crowded, second, "SELECT 2")
    answer(crowded, server)
    assert server.received() == query("SELECT 2")
    assert kinds(guest.received()) == "R"


def test_who_waits_longer_is_first_where_a_server_ends_by_itself(
    crowded: House, clock: Clock
) -> None:
    _, server = busy_server(crowded)
    guest = crowded.arrive(startup(user="bob"))
    let_pass(crowded, clock, 1.0)
    ask(crowded, crowded.arrive(startup(user="alice")), "SELECT 2")
    server.close()
    crowded.turn()
    crowded.log_in_server()
    assert kinds(guest.received()) == "RSSSSSKZ"


def test_a_place_that_would_be_of_no_use_is_not_made(
    build: Build, clock: Clock, tmp_path: Path
) -> None:
    house = build(
        databases=app_and_blog(tmp_path),
        max_db_connections=1,
        max_user_connections=1,
    )
    # app has its server with alice, blog with bob: bob's at app needs both places.
    _, alices = busy_server(house)
    bob = house.arrive(startup("blog", "bob"))
    bobs = house.log_in_server()
    ask(house, bob, "SELECT 1")
    house.arrive(startup("app", "bob"))
    let_pass(house, clock, 1.0)
    ask(house, house.arrive(startup(user="alice")), "SELECT 2")
    answer(house, alices)
    assert alices.received() == query("SELECT 2")
    assert (alices.ended, bobs.ended) == (False, False)


def test_pools_that_share_no_full_limit_take_nothing_from_each_other(
    build: Build, clock: Clock, tmp_path: Path
) -> None:
    house = build(
        databases=app_and_blog(tmp_path),
        max_db_connections=1,
        default_pool_size=1,
    )
    house.arrive(startup("blog", "alice"))
    blogs = house.log_in_server()
    _, apps = busy_server(house)
    house.arrive(startup("app", "bob"))
    let_pass(house, clock, 1.0)
    # Alice's second waits for her server of app, bob for the place of that.
    blog = house.arrive(startup("blog", "alice"))
    ask(house, blog, "SELECT 2")
    answer(house, blogs)
    assert (blogs.ended, apps.ended) == (False, False)


# What ends a pool's waiting


def leave(guest: Wire, pool: Pool) -> None:
    guest.close()


def pause(guest: Wire, pool: Pool) -> None:
    pool.paused = True


def end(guest: Wire, pool: Pool) -> None:
    pool.end(errors.database_removed("app"), Reason.DATABASE_REMOVED)


@pytest.mark.parametrize("change", [leave, pause, end])
def test_a_pool_that_wants_no_server_any_more_is_not_asked(
    crowded: House, change: Callable[[Wire, Pool], None]
) -> None:
    busy_server(crowded)
    guest = crowded.arrive(startup(user="bob"))
    pool = crowded.pooler.pools["app", "bob"]
    assert list(crowded.pooler.context.starved) == [pool]
    change(guest, pool)
    crowded.turn()
    if change is not end:
        maintain(pool, crowded.pooler.now)
    assert crowded.pooler.context.starved == {}
