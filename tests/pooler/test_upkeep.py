"""What is done for a pool several times a second: deadlines and old servers."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pgpool_py.client.session import ClientSession
from pgpool_py.pooler.upkeep import check_idle_clients, maintain
from pgpool_py.settings import PoolMode
from tests.fixtures.hand import Wire
from tests.fixtures.messages import (
    IN_TRANSACTION,
    READY,
    complete,
    done,
    query,
    refused,
    told,
    welcome,
)
from tests.pooler.house import House, startup
from tests.pooler.postgres import TERMINATE, Bench

SetUp = Callable[..., Bench]
Build = Callable[..., House]


def upkeep(bench: Bench, seconds: float) -> None:
    """Let time pass, and do one round."""
    bench.clock.advance(seconds)
    bench.turn()
    maintain(bench.pool, bench.clock.now)
    bench.turn()


# Waiters and servers


def test_who_waits_too_long_is_told_and_the_next_goes_on(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1, query_wait_timeout=120.0)
    bench.open()
    first = bench.request()
    upkeep(bench, 1.0)
    second = bench.request()
    upkeep(bench, 118.9)
    assert first.calls == []
    upkeep(bench, 0.1)
    assert (first.calls, second.calls) == (["refused"], [])
    assert first.error is not None
    assert first.error.sqlstate == "53300"


def test_without_a_timeout_everybody_waits_for_ever(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1, query_wait_timeout=0.0)
    bench.open()
    waiting = bench.request()
    upkeep(bench, 1e6)
    assert waiting.calls == []


def test_an_idle_server_is_closed_after_a_while(set_up: SetUp) -> None:
    bench = set_up(server_idle_timeout=600.0)
    wire = bench.idle()
    upkeep(bench, 599.0)
    assert wire.received() == b""
    upkeep(bench, 1.0)
    assert wire.received() == TERMINATE


def test_not_below_the_minimum(set_up: SetUp) -> None:
    bench = set_up(server_idle_timeout=600.0, min_pool_size=1)
    wire = bench.idle()
    upkeep(bench, 700.0)
    assert wire.received() == b""


def test_an_idle_server_is_closed_at_the_end_of_its_life(set_up: SetUp) -> None:
    bench = set_up(server_lifetime=3600.0, server_idle_timeout=0.0)
    wire = bench.idle()
    upkeep(bench, 3600.0)
    assert wire.received() == TERMINATE


def test_the_minimum_is_opened_and_kept(set_up: SetUp) -> None:
    bench = set_up(min_pool_size=2)
    upkeep(bench, 0.1)
    one, other = bench.postgres.waiting()
    bench.log_in(one)
    bench.log_in(other)
    assert bench.states() == ["idle", "idle"]
    one.close()
    bench.turn()
    bench.log_in(bench.postgres.accept())
    assert bench.states() == ["idle", "idle"]


def test_the_reserve_is_opened_for_who_has_waited_long_enough(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1, reserve_pool_size=1, reserve_pool_timeout=5.0)
    bench.open()
    waiting = bench.request()
    upkeep(bench, 4.9)
    assert bench.postgres.waiting() == []
    upkeep(bench, 0.1)
    bench.log_in(bench.postgres.accept())
    assert waiting.calls == ["linked"]


def test_a_login_of_a_server_that_takes_too_long_is_given_up(set_up: SetUp) -> None:
    bench = set_up(server_connect_timeout=15.0)
    client = bench.request()
    upkeep(bench, 15.0)
    assert client.calls == ["refused"]


def test_a_query_of_a_vanished_client_is_cancelled_after_the_grace(
    set_up: SetUp,
) -> None:
    bench = set_up(client_gone_grace=1.0)
    client, _ = bench.open()
    client.ask(query("SELECT pg_sleep(9)"))
    bench.abandon(client)
    upkeep(bench, 0.9)
    assert bench.postgres.waiting() == []
    upkeep(bench, 0.1)
    upkeep(bench, 0.1)
    assert len(bench.postgres.waiting()) == 1


# Clients


@dataclass(eq=False)
class Inside:
    """A client of a whole pooler, with its server in the middle of something."""

    house: House
    client: Wire
    server: Wire
    session: ClientSession

    def upkeep(self, seconds: float) -> bytes:
        """Let time pass, do one round, and return what the client was told."""
        self.house.loop.turn()
        pool = self.session.lender
        now = self.house.pooler.now + seconds
        (found,) = self.house.pooler.pools.values()
        assert found is pool
        maintain(found, now)
        self.house.turn()
        return self.client.received()


def run(build: Build, reply: bytes, **given: object) -> Inside:
    """Let a client send a query, and the server answer so."""
    house = build(**given)
    client = house.arrive(startup())
    server = house.postgres.accept()
    server.send(welcome())
    house.turn()
    client.received()
    client.send(query("BEGIN"))
    house.turn()
    server.received()
    server.send(reply)
    house.turn()
    client.received()
    (session,) = house.pooler.gatehouse.sessions.values()
    return Inside(house, client, server, session)


OPEN = complete("BEGIN") + IN_TRANSACTION


def test_a_client_idle_in_transaction_is_ended(build: Build) -> None:
    inside = run(build, OPEN, idle_transaction_timeout=10.0)
    assert inside.upkeep(9.9) == b""
    assert told(inside.upkeep(10.0)) == ("FATAL", "25P03", "idle transaction timeout")
    assert inside.client.ended


def test_a_client_whose_query_runs_is_not_idle(build: Build) -> None:
    inside = run(build, b"", idle_transaction_timeout=10.0)
    assert inside.upkeep(11.0) == b""


def test_a_transaction_that_takes_too_long_is_ended(build: Build) -> None:
    inside = run(build, OPEN, transaction_timeout=10.0)
    assert told(inside.upkeep(10.0)) == ("FATAL", "25P04", "transaction timeout")


def test_outside_a_transaction_no_client_is_ended(build: Build) -> None:
    inside = run(
        build,
        done(),
        transaction_timeout=10.0,
        idle_transaction_timeout=10.0,
        query_timeout=10.0,
        pool_mode=PoolMode.SESSION,
    )
    assert inside.upkeep(1000.0) == b""


def test_a_query_that_takes_too_long_is_cancelled_and_the_session_goes_on(
    build: Build,
) -> None:
    inside = run(build, b"", query_timeout=10.0)
    assert inside.upkeep(10.0) == b""
    cancel = inside.house.postgres.accept()
    inside.server.send(refused("canceling", "57014") + READY)
    cancel.close()
    inside.house.turn()
    assert told(inside.client.received()) == ("ERROR", "57014", "canceling")
    assert not inside.client.ended


def test_if_the_cancel_does_not_help_its_client_is_ended(build: Build) -> None:
    inside = run(build, b"", query_timeout=10.0, cancel_wait_timeout=7.0)
    inside.upkeep(10.0)
    assert len(inside.house.postgres.waiting()) == 1
    assert inside.upkeep(16.0) == b""
    # Cancelled once, and no more.
    assert inside.house.postgres.waiting() == []
    assert told(inside.upkeep(17.0)) == ("FATAL", "57014", "query timeout")


@pytest.mark.parametrize(("seconds", "ended"), [(9.9, False), (10.0, True)])
def test_a_client_that_sends_nothing_is_ended(
    build: Build, seconds: float, ended: bool
) -> None:
    inside = run(build, done(), client_idle_timeout=10.0)
    check_idle_clients([inside.session], inside.house.pooler.now + seconds)
    inside.client.received()
    assert inside.client.ended is ended


def test_a_client_with_a_server_does_not_count_as_idle(build: Build) -> None:
    inside = run(build, OPEN, client_idle_timeout=10.0)
    check_idle_clients([inside.session], inside.house.pooler.now + 100.0)
    assert inside.client.received() == b""
