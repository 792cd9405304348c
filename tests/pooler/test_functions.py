"""Whether a pool's database has volatile functions of some names."""

import logging
from collections.abc import Callable

import pytest

from pgpool_py.pooler.functions import INTERVAL
from pgpool_py.server.volatile import MOST_NAMES
from pgpool_py.settings import PoolMode
from tests.fixtures.hand import Wire
from tests.fixtures.messages import READY, kinds, refused, reported
from tests.pooler.postgres import Bench
from tests.pooler.test_upkeep import upkeep
from tests.server.test_volatile import answer

SetUp = Callable[..., Bench]
NOW = frozenset({b"now"})
LOWER = frozenset({b"lower"})


@pytest.fixture
def wanting(set_up: SetUp) -> Bench:
    bench = set_up(default_pool_size=2, server_check_query="")
    bench.pool.multiplexing.functions.wanted = True
    return bench


def asked(wire: Wire) -> bool:
    """Tell whether the question, and nothing else, was sent."""
    received = wire.received()
    assert received == b"" or b"pg_proc" in received
    return kinds(received) == "PBES"


def told(bench: Bench, *names: bytes) -> Wire:
    """Return a server that is idle, and has answered."""
    wire = bench.idle()
    upkeep(bench, 0.5)
    assert asked(wire)
    bench.answer(wire, answer(*names))
    return wire


def used(bench: Bench) -> None:
    """Let a client have a server, and give it back."""
    client = bench.request()
    assert client.calls == ["linked"]
    bench.give_back(client)


def test_what_calls_nothing_is_always_allowed(bench: Bench) -> None:
    assert bench.pool.multiplexing.functions.allows(frozenset())


def test_what_calls_something_is_not_until_it_is_known(wanting: Bench) -> None:
    functions = wanting.pool.multiplexing.functions
    wire = wanting.idle()
    assert not functions.allows(NOW)
    upkeep(wanting, 0.1)
    assert asked(wire)
    assert not functions.allows(NOW)
    wanting.answer(wire, answer(b"lower"))
    assert functions.allows(NOW)
    assert not functions.allows(LOWER)
    assert not functions.allows(NOW | LOWER)


def test_the_server_is_idle_again_as_long_as_it_was(wanting: Bench) -> None:
    wire = wanting.idle()
    (server,) = wanting.pool.books.idle
    since = server.since
    upkeep(wanting, 10.0)
    assert wanting.states() == ["tested"]
    wanting.answer(wire, answer())
    assert wanting.states() == ["idle"]
    assert server.since == since
    assert server.owner is None


def test_who_came_meanwhile_gets_it_at_once(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1)
    bench.pool.multiplexing.functions.wanted = True
    wire = bench.idle()
    upkeep(bench, 10.0)
    client = bench.request()
    assert client.calls == []
    bench.answer(wire, answer())
    assert client.calls == ["linked"]
    assert client.server is not None
    assert client.server.since == bench.clock.now
    assert client.delivered == b""


def test_it_is_asked_again_after_a_minute_in_which_something_was_done(
    wanting: Bench,
) -> None:
    wire = told(wanting, b"lower")
    upkeep(wanting, 1.0)
    used(wanting)
    upkeep(wanting, INTERVAL - 1.5)
    assert not asked(wire)
    upkeep(wanting, 0.5)
    assert asked(wire)
    # Until it is answered what was known holds.
    assert wanting.pool.multiplexing.functions.allows(NOW)
    wanting.answer(wire, answer(b"now"))
    assert not wanting.pool.multiplexing.functions.allows(NOW)
    assert wanting.pool.multiplexing.functions.allows(LOWER)


def test_a_pool_that_does_nothing_asks_nothing(wanting: Bench) -> None:
    wire = told(wanting)
    for _ in range(3):
        upkeep(wanting, INTERVAL)
        assert not asked(wire)
    used(wanting)
    upkeep(wanting, 0.1)
    assert asked(wire)


def test_an_error_leaves_what_was_known(wanting: Bench) -> None:
    wire = told(wanting, b"lower")
    upkeep(wanting, 1.0)
    used(wanting)
    upkeep(wanting, INTERVAL)
    wire.received()
    wanting.answer(wire, refused() + READY)
    assert wanting.states() == ["idle"]
    assert wanting.pool.multiplexing.functions.allows(NOW)
    assert not wanting.pool.multiplexing.functions.allows(LOWER)


def test_with_too_many_nothing_that_is_called_is_allowed(
    wanting: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    names = [b"f%d" % number for number in range(MOST_NAMES + 1)]
    with caplog.at_level(logging.WARNING):
        wire = told(wanting, *names)
        assert not wanting.pool.multiplexing.functions.allows(NOW)
        assert wanting.pool.multiplexing.functions.allows(frozenset())
        upkeep(wanting, 1.0)
        used(wanting)
        upkeep(wanting, INTERVAL)
        wanting.answer(wire, answer(*names))
    # It is said once.
    (record,) = caplog.records
    assert "more than 10000 volatile functions" in record.getMessage()


def test_a_server_that_does_not_answer_is_closed(wanting: Bench) -> None:
    wire = wanting.idle()
    upkeep(wanting, 0.1)
    assert asked(wire)
    upkeep(wanting, 5.0)
    assert wanting.states() == []
    assert not wanting.pool.multiplexing.functions.allows(NOW)


def test_one_that_dies_is_nobodys_loss(wanting: Bench) -> None:
    wire = wanting.idle()
    upkeep(wanting, 0.1)
    wire.close()
    wanting.turn()
    assert wanting.states() == []


def test_what_it_reports_meanwhile_is_not_lost(wanting: Bench) -> None:
    wire = wanting.idle()
    upkeep(wanting, 0.1)
    wanting.answer(wire, reported("TimeZone", "CET") + answer())
    (server,) = wanting.pool.books.idle
    assert dict(server.parameters.values) == {"timezone": "CET"}


def test_nobody_asks_unless_that_is_wanted(wanting: Bench) -> None:
    wanting.pool.multiplexing.functions.wanted = False
    wire = wanting.idle()
    upkeep(wanting, 0.1)
    assert not asked(wire)


def test_in_session_mode_nobody_asks(set_up: SetUp) -> None:
    bench = set_up(pool_mode=PoolMode.SESSION, server_reset_query="")
    bench.pool.multiplexing.functions.wanted = True
    wire = bench.idle()
    upkeep(bench, 0.1)
    assert not asked(wire)


def test_while_the_pool_is_paused_nobody_asks(wanting: Bench) -> None:
    wire = wanting.idle()
    wanting.pool.paused = True
    upkeep(wanting, 0.1)
    assert not asked(wire)


def test_while_somebody_waits_nobody_asks(wanting: Bench) -> None:
    wire = wanting.idle()
    waiting = wanting.client()
    wanting.pool.books.wait(waiting, wanting.clock.now)
    wanting.pool.multiplexing.functions.maintain(wanting.clock.now)
    wanting.turn()
    assert not asked(wire)
