"""Lending: who gets which server, in what state, and what if it dies on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgwire.errors import LocalProtocolError
from tests.fixtures.messages import (
    READY,
    complete,
    done,
    fatal,
    query,
    refused,
)
from tests.pooler.postgres import EMPTY, TERMINATE, Bench, Client

SetUp = Callable[..., Bench]

# What answers a batch that prepares the statement and sets one value.
PREPARED = b"3\0\0\0\4" + b"1\0\0\0\4"
ONE_SET = b"2\0\0\0\4" + complete()


# Lending


def test_a_server_is_opened_for_the_first_client(bench: Bench) -> None:
    client, wire = bench.open()
    client.ask(query("SELECT 1"))
    assert wire.received() == query("SELECT 1")
    bench.answer(wire, done())
    assert client.delivered == done()
    assert client.calls == ["linked", "answered"]


def test_an_idle_server_is_lent_at_once(bench: Bench) -> None:
    wire = bench.idle()
    client = bench.request()
    assert client.calls == ["linked"]
    assert wire.received() == b""
    assert bench.states() == ["active"]


def test_the_queue_is_first_come_first_served(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1)
    first, _ = bench.open()
    second, third = bench.request(), bench.request()
    bench.give_back(first)
    assert (second.calls, third.calls) == (["linked"], [])
    bench.give_back(second)
    assert third.calls == ["linked"]


def test_who_leaves_the_queue_gets_nothing(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1)
    first, _ = bench.open()
    second, third = bench.request(), bench.request()
    bench.pool.leave(second)
    bench.give_back(first)
    assert (second.calls, third.calls) == ([], ["linked"])


def test_a_full_queue_refuses_at_once(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1, max_wait_queue=1)
    bench.open()
    waiting, refused_one = bench.request(), bench.request()
    assert waiting.calls == []
    assert refused_one.calls == ["refused"]
    assert refused_one.reason is Reason.WAIT_QUEUE_FULL


def test_the_pool_does_not_grow_above_its_size(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=2)
    for _ in range(5):
        bench.request()
    assert len(bench.postgres.waiting()) == 2


def test_nobody_is_lent_a_server_while_the_pool_is_paused(bench: Bench) -> None:
    bench.pool.paused = True
    client = bench.request()
    assert bench.postgres.waiting() == []
    assert client.calls == []
    bench.pool.paused = False
    bench.pool.grow()
    bench.turn()
    bench.log_in(bench.postgres.accept())
    assert client.calls == ["linked"]


def test_a_server_that_comes_back_to_a_paused_pool_is_closed(bench: Bench) -> None:
    client, wire = bench.open()
    bench.pool.paused = True
    bench.give_back(client)
    assert wire.received() == TERMINATE
    assert bench.states() == []


def test_assignments_and_waiting_are_counted(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1)
    first, _ = bench.open()
    bench.request()
    bench.clock.advance(3.0)
    bench.turn()
    bench.give_back(first)
    counters = bench.pool.counters
    assert counters.server_assignment_count == 2
    assert counters.wait_time == 3.0


# The check


def request_late(bench: Bench) -> Client:
    """Let a client ask for a server that was idle for long."""
    bench.clock.advance(31.0)
    bench.turn()
    return bench.request()


def test_a_server_that_was_idle_for_long_is_checked_before_it_is_lent(
    bench: Bench,
) -> None:
    wire = bench.idle()
    client = request_late(bench)
    assert client.calls == []
    assert wire.received() == query("")
    bench.answer(wire, EMPTY)
    assert client.calls == ["linked"]
    assert client.delivered == b""


def test_the_check_is_the_operators_query(set_up: SetUp) -> None:
    bench = set_up(server_check_query="SELECT 1")
    wire = bench.idle()
    request_late(bench)
    assert wire.received() == query("SELECT 1")


def test_without_a_query_nothing_is_checked(set_up: SetUp) -> None:
    bench = set_up(server_check_query="")
    bench.idle()
    client = request_late(bench)
    assert client.calls == ["linked"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(refused() + READY, id="an error"),
        pytest.param(complete("BEGIN") + b"Z\0\0\0\5T", id="a transaction"),
        pytest.param(fatal(), id="a fatal error"),
        pytest.param(None, id="its end"),
    ],
)
def test_a_client_whose_server_fails_the_check_gets_another_one(
    bench: Bench, answer: bytes | None
) -> None:
    wire = bench.idle()
    client = request_late(bench)
    if answer is not None:
        wire.send(answer)
    if answer is None or answer == fatal():
        wire.close()
    bench.turn()
    assert client.calls == []
    bench.log_in(bench.postgres.accept())
    assert client.calls == ["linked"]
    assert bench.states() == ["active"]


def test_a_check_that_takes_too_long_has_failed(set_up: SetUp) -> None:
    bench = set_up(server_drain_timeout=5.0)
    bench.idle()
    client = request_late(bench)
    (server,) = bench.pool.books.busy
    server.check_deadline(bench.clock.now + 5.0)
    bench.turn()
    bench.log_in(bench.postgres.accept())
    assert client.calls == ["linked"]


def test_the_client_of_a_dead_server_is_first_in_the_queue_again(
    set_up: SetUp,
) -> None:
    bench = set_up(default_pool_size=1)
    wire = bench.idle()
    first = request_late(bench)
    second = bench.request()
    wire.close()
    bench.turn()
    bench.log_in(bench.postgres.accept())
    assert (first.calls, second.calls) == (["linked"], [])


def test_it_gets_a_server_that_is_idle_rather_than_wait_for_a_new_one(
    bench: Bench,
) -> None:
    one, wire_one = bench.open()
    other, wire_other = bench.open()
    bench.give_back(one)
    bench.give_back(other)
    client = request_late(bench)
    # The one that came back last is lent first.
    wire_other.close()
    bench.turn()
    assert bench.postgres.waiting() == []
    assert wire_one.received() == query("")
    bench.answer(wire_one, EMPTY)
    assert client.calls == ["linked"]


def test_a_client_that_leaves_during_the_check_gets_nothing(bench: Bench) -> None:
    wire = bench.idle()
    client = request_late(bench)
    bench.pool.leave(client)
    bench.answer(wire, EMPTY)
    assert client.calls == []
    assert bench.states() == ["idle"]


def test_a_client_that_asks_again_during_the_check_gets_one_server(
    set_up: SetUp,
) -> None:
    bench = set_up(default_pool_size=1)
    wire = bench.idle()
    client = request_late(bench)
    bench.pool.leave(client)
    bench.pool.request(client)
    bench.answer(wire, EMPTY)
    assert client.calls == ["linked"]
    assert bench.states() == ["active"]
    assert bench.postgres.waiting() == []


# Death


def test_the_client_of_a_server_that_vanishes_is_told_what_may_have_happened(
    bench: Bench,
) -> None:
    client, wire = bench.open()
    client.ask(query("INSERT"))
    wire.close()
    bench.turn()
    assert client.reason is Reason.SERVER_CRASHED
    assert client.error is not None
    assert client.error.sqlstate == "08006"
    assert client.error.detail == "The statement may have been executed."


def test_between_two_statements_nothing_can_have_happened(bench: Bench) -> None:
    client, wire = bench.open()
    wire.close()
    bench.turn()
    assert client.error is not None
    assert client.error.detail == "No statement was running."


def test_a_fatal_error_speaks_for_itself(bench: Bench) -> None:
    client, wire = bench.open()
    client.ask(query("SELECT 1"))
    wire.send(fatal())
    wire.close()
    bench.turn()
    assert client.delivered == fatal()
    assert (client.error, client.reason) == (None, Reason.SERVER_FATAL)


def test_a_server_that_dies_is_replaced_for_those_who_wait(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=1)
    _, wire = bench.open()
    waiting = bench.request()
    wire.close()
    bench.turn()
    bench.log_in(bench.postgres.accept())
    assert waiting.calls == ["linked"]


@dataclass(eq=False)
class FaultyClient(Client):
    """One whose own code fails when it gets its server."""

    raises: Exception = field(default_factory=Exception)

    def on_linked(self, server: ServerConnection) -> None:
        super().on_linked(server)
        raise self.raises


@pytest.mark.parametrize("error", [ValueError("ours"), LocalProtocolError("ours")])
def test_a_defect_behind_a_login_ends_the_server_and_leaves_nobody_stuck(
    bench: Bench, error: Exception
) -> None:
    client = FaultyClient(
        bench.context.book.defaults, bench.pool.settings, raises=error
    )
    bench.pool.request(client)
    bench.turn()
    wire = bench.postgres.accept()
    with pytest.raises(type(error), match="ours"):
        bench.log_in(wire)
    assert bench.states() == []
    assert client.calls == ["linked", "closed"]
    assert client.reason is Reason.INTERNAL_ERROR
    wire.received()
    assert wire.ended


# The end of a server's life


def test_a_server_to_be_closed_is_closed_when_it_comes_back(bench: Bench) -> None:
    client, wire = bench.open()
    assert client.server is not None
    client.server.close_needed = True
    bench.give_back(client)
    assert wire.received() == TERMINATE


def test_a_server_above_its_lifetime_is_closed_when_it_comes_back(
    bench: Bench,
) -> None:
    client, wire = bench.open()
    bench.clock.advance(3601.0)
    bench.turn()
    client.ask(query("SELECT 1"))
    bench.answer(wire, done())
    bench.give_back(client)
    assert wire.received() == query("SELECT 1") + TERMINATE


def test_with_a_lifetime_of_nothing_a_server_is_used_once(set_up: SetUp) -> None:
    bench = set_up(server_lifetime=0.0)
    client, wire = bench.open()
    client.ask(query("SELECT 1"))
    bench.answer(wire, done())
    bench.give_back(client)
    assert wire.received() == query("SELECT 1") + TERMINATE


def test_new_settings_hold_from_now_on(bench: Bench) -> None:
    bench.open()
    before = bench.context.settings.for_pool("app", "alice")
    bench.pool.reconfigure(replace(before, pool_size=1))
    bench.request()
    assert bench.postgres.waiting() == []
