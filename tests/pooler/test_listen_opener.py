"""A server that listens counts to the limits that pools share."""

from collections.abc import Callable

from pgpool_py.pool.quota import Quota
from pgpool_py.pooler.quotas import evict
from pgpool_py.pooler.upkeep import maintain
from tests.fixtures.hand import Clock
from tests.pooler.hearing import Ears, hear, listening
from tests.pooler.postgres import Bench

SetUp = Callable[..., Bench]


def evicting(bench: Bench) -> Bench:
    """Let idle servers be closed in favour of what is wanted more."""
    bench.context.evict = lambda full: evict([bench.pool], full)
    return bench


def test_it_counts_to_the_shared_limits_while_it_is_there(
    set_up: SetUp, clock: Clock
) -> None:
    quota = Quota(5)
    bench = set_up(quotas=(quota,))
    _, wire = hear(bench, b"a")
    assert quota.used == 1
    wire.close()
    bench.turn()
    assert quota.used == 0
    clock.advance(1.0)
    bench.turn()
    maintain(bench.pool, clock.now)
    assert quota.used == 1
    bench.postgres.stop_listening()


def test_an_attempt_that_fails_gives_its_place_back(set_up: SetUp) -> None:
    quota = Quota(5)
    bench = set_up(quotas=(quota,))
    bench.postgres.stop_listening()
    Ears(bench.pool).ask(b"a")
    bench.turn()
    assert quota.used == 0


def test_an_idle_server_is_closed_in_its_favour(set_up: SetUp) -> None:
    bench = evicting(set_up(quotas=(Quota(1),)))
    idle = bench.idle()
    ears = Ears(bench.pool).ask(b"a")
    bench.turn()
    idle.received()
    assert idle.ended
    bench.answer(bench.log_in(bench.postgres.accept()), listening())
    assert ears.answers == [None]


def test_it_waits_for_room_and_comes_before_who_asked_later(
    set_up: SetUp, clock: Clock
) -> None:
    bench = evicting(set_up(quotas=(Quota(1),)))
    client, wire = bench.open()
    ears = Ears(bench.pool).ask(b"a")
    clock.advance(1.0)
    bench.turn()
    later = bench.request()
    bench.give_back(client)
    wire.received()
    assert wire.ended
    bench.answer(bench.log_in(bench.postgres.accept()), listening())
    assert (ears.answers, later.calls) == ([None], [])


def test_who_holds_the_last_place_itself_is_told_which_limit_is_reached(
    set_up: SetUp, clock: Clock
) -> None:
    bench = evicting(set_up(quotas=(Quota(1),), server_connect_timeout=2.0))
    bench.open()
    ears = Ears(bench.pool).ask(b"a")
    clock.advance(2.0)
    bench.turn()
    maintain(bench.pool, clock.now)
    (error,) = ears.answers
    assert error is not None
    assert (error.severity, error.sqlstate) == ("ERROR", "53300")
    assert error.detail is not None
    assert "max_db_connections" in error.detail


def test_one_that_is_not_needed_any_more_makes_room(set_up: SetUp) -> None:
    bench = evicting(set_up(quotas=(Quota(1),)))
    ears, wire = hear(bench, b"a")
    ears.subscription.end()
    bench.turn()
    bench.answer(wire, listening())
    client = bench.request()
    wire.received()
    assert wire.ended
    bench.log_in(bench.postgres.accept())
    assert client.calls == ["linked"]


def test_one_that_is_needed_is_not_closed_for_another(set_up: SetUp) -> None:
    bench = evicting(set_up(quotas=(Quota(1),)))
    _, wire = hear(bench, b"a")
    client = bench.request()
    wire.received()
    assert not wire.ended
    assert client.calls == []
