"""What is done for a pool several times a second: deadlines and old servers."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pgpool_py.errors import shutting_down
from pgpool_py.pooler.upkeep import maintain
from pgpool_py.reasons import Reason
from tests.fixtures.messages import done, query
from tests.pooler.postgres import TERMINATE, Bench

SetUp = Callable[..., Bench]


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


def test_a_wait_in_vain_is_counted_with_its_time_however_it_ends(
    set_up: SetUp,
) -> None:
    bench = set_up(default_pool_size=1, query_wait_timeout=120.0)
    bench.open()
    unserved = bench.pool.counters.tallies.unserved
    bench.request()
    gone, refused = bench.request(), bench.request()
    refused.limits = replace(bench.pool.settings, query_wait_timeout=0.0)
    upkeep(bench, 30.0)
    bench.pool.leave(gone)
    assert (sum(unserved.counts), unserved.total) == (1, 30.0)
    upkeep(bench, 90.0)
    assert (sum(unserved.counts), unserved.total) == (2, 150.0)
    upkeep(bench, 5.0)
    bench.pool.clear(shutting_down(), Reason.POOLER_SHUTTING_DOWN)
    assert (sum(unserved.counts), unserved.total) == (3, 275.0)
    assert bench.pool.counters.wait_time == 0.0


def test_who_leaves_without_having_waited_is_not_counted(set_up: SetUp) -> None:
    bench = set_up()
    owner, _ = bench.open()
    bench.pool.leave(owner)
    assert sum(bench.pool.counters.tallies.unserved.counts) == 0


def test_the_time_of_exhaustion_is_time_and_not_rounds(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1)
    bench.open()
    upkeep(bench, 5.0)
    waiting = bench.request()
    tallies = bench.pool.counters.tallies
    assert tallies.exhausted == 0.0
    upkeep(bench, 0.75)
    upkeep(bench, 2.5)
    assert tallies.exhausted == pytest.approx(3.25)
    # Of the time since the last round, that in which somebody waited.
    bench.pool.leave(waiting)
    bench.clock.advance(1.0)
    bench.turn()
    bench.request()
    upkeep(bench, 0.5)
    assert tallies.exhausted == pytest.approx(3.75)


def test_without_a_timeout_everybody_waits_for_ever(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1, query_wait_timeout=0.0)
    bench.open()
    waiting = bench.request()
    upkeep(bench, 1e6)
    assert waiting.calls == []


def test_who_waits_for_some_time_is_told_so_once_in_each_wait(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1, query_wait_notify=5)
    owner, _ = bench.open()
    first = bench.request()
    upkeep(bench, 4.9)
    second = bench.request()
    assert first.calls == []
    upkeep(bench, 0.1)
    upkeep(bench, 1.0)
    notice = (
        "notice No server connection available in postgres backend, client being queued"
    )
    assert (first.calls, second.calls) == ([notice], [])
    # It waits anew.
    bench.pool.leave(first)
    bench.pool.request(first)
    upkeep(bench, 4.9)
    assert first.calls == [notice]
    upkeep(bench, 0.1)
    assert (first.calls, second.calls) == ([notice, notice], [notice])
    assert owner.calls == ["linked"]


def test_who_was_told_is_remembered_no_longer_than_it_waits(
    set_up: SetUp,
) -> None:
    bench = set_up(default_pool_size=1, query_wait_notify=5)
    bench.open()
    waiting = bench.request()
    upkeep(bench, 5.0)
    assert list(bench.pool.notified) == [waiting]
    bench.pool.leave(waiting)
    upkeep(bench, 0.1)
    assert bench.pool.notified == {}


def test_of_two_that_wait_each_waits_as_long_as_its_own_user_may(
    set_up: SetUp,
) -> None:
    bench = set_up(default_pool_size=1, query_wait_timeout=120.0)
    bench.open()
    patient = bench.request()
    hasty = bench.client()
    hasty.limits = replace(bench.pool.settings, query_wait_timeout=5.0)
    bench.pool.request(hasty)
    upkeep(bench, 5.0)
    assert (patient.calls, hasty.calls) == ([], ["refused"])
    assert hasty.error is not None
    assert "5 s" in str(hasty.error.detail)


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


def test_one_that_nobody_has_used_yet_is_not_above_a_lifetime_of_nothing(
    set_up: SetUp,
) -> None:
    bench = set_up(server_lifetime=0.0, min_pool_size=1)
    upkeep(bench, 0.1)
    wire = bench.log_in(bench.postgres.accept())
    wire.received()
    upkeep(bench, 0.1)
    # It would be closed and opened for ever.
    assert bench.states() == ["idle"]
    assert wire.received() == b""
    assert bench.postgres.waiting() == []
    client = bench.request()
    client.ask(query("SELECT 1"))
    bench.answer(wire, done())
    bench.give_back(client)
    assert wire.received() == query("SELECT 1") + TERMINATE


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
