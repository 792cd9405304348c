"""One server connection: errands, owners, reports."""

from pgpool_py.net.reactor import Reactor
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.state import ServerState
from pgwire.exchange import QUERY
from tests.fixtures.connections import FakeKeeper, FakeOwner, Outcome, ask
from tests.fixtures.hand import Clock, Wire, turn
from tests.fixtures.messages import (
    IN_TRANSACTION,
    READY,
    complete,
    done,
    fatal,
    parse,
    query,
    refused,
    reported,
)

Linked = tuple[ServerConnection, Wire, FakeOwner]


# Replies


def test_replies_go_to_the_owner_and_their_end_is_told(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, owner = linked
    ask(server, query("SELECT 1"))
    wire.send(done())
    turn(reactor)
    assert wire.received() == query("SELECT 1")
    assert owner.delivered == done()
    assert owner.calls == ["answered"]


def test_an_error_that_names_a_statement_as_servers_do_is_renamed(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, owner = linked
    ask(server, query("SELECT 1"))
    wire.send(refused('"pgpool_00" is none') + READY)
    turn(reactor)
    assert owner.delivered == refused('"its_own_0" is none') + READY


def test_where_a_transaction_is_refused_the_last_readyforquery_is_kept_back(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, owner = linked
    ask(server, query("BEGIN"), query("SELECT 1"))
    owner.refuses_transactions = True
    wire.send(refused('"pgpool_00" is none') + IN_TRANSACTION)
    wire.send(complete() + IN_TRANSACTION)
    turn(reactor)
    own = refused('"its_own_0" is none')
    assert owner.delivered == own + IN_TRANSACTION + complete()
    owner.delivered.clear()
    assert owner.calls == ["in transaction"]


def test_replies_that_come_byte_by_byte_lose_nothing(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, owner = linked
    ask(server, query("SELECT 1"), query("SELECT 2"))
    replies = done() + refused() + READY
    for byte in replies:
        wire.send(bytes((byte,)))
        turn(reactor)
    assert owner.delivered == replies
    assert owner.calls == ["answered"]


def test_a_flushed_batch_is_answered_though_nothing_is_ready(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, owner = linked
    ask(server, parse(), b"H\0\0\0\4")
    wire.send(b"1\0\0\0\4")
    turn(reactor)
    assert owner.calls == ["answered"]
    assert not server.ledger.settled


def test_what_the_owner_of_yesterday_is_owed_reaches_nobody(
    linked: Linked, reactor: Reactor, keeper: FakeKeeper
) -> None:
    server, wire, owner = linked
    ask(server, query("SELECT 1"))
    server.owner = None
    server.state = ServerState.ABANDONED
    wire.send(done())
    turn(reactor)
    assert owner.delivered == b""
    assert keeper.abandoned == [server]


# Errands


def test_the_replies_of_an_errand_are_for_nobody(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, owner = linked
    outcome = Outcome()
    server.run(outcome.errand(), query(""), QUERY)
    assert server.on_errand
    turn(reactor)
    assert wire.received() == query("")
    wire.send(b"I\0\0\0\4" + READY)
    turn(reactor)
    assert outcome.ends == [None]
    assert owner.delivered == b""
    assert owner.calls == []
    assert not server.on_errand


def test_an_errand_ends_with_the_first_error_that_was_answered(
    idle: tuple[ServerConnection, Wire], reactor: Reactor
) -> None:
    server, wire = idle
    outcome = Outcome()
    server.run(outcome.errand(), query("a") + query("b"), QUERY, QUERY)
    wire.send(refused("first") + READY + refused("second") + READY)
    turn(reactor)
    (error,) = outcome.ends
    assert error is not None
    assert error.message == "first"


def test_an_errand_is_not_done_before_all_of_it_is_answered(
    idle: tuple[ServerConnection, Wire], reactor: Reactor
) -> None:
    server, wire = idle
    outcome = Outcome()
    server.run(outcome.errand(), query("a") + query("b"), QUERY, QUERY)
    wire.send(done())
    turn(reactor)
    assert outcome.ends == []
    wire.send(done())
    turn(reactor)
    assert outcome.ends == [None]


def test_an_errand_that_takes_too_long_closes_the_server_for_its_reason(
    idle: tuple[ServerConnection, Wire], keeper: FakeKeeper, clock: Clock
) -> None:
    server, _ = idle
    outcome = Outcome()
    server.run(outcome.errand(limit=5.0), query(""), QUERY)
    server.check_deadline(clock.now + 4.9)
    assert not server.closed
    server.check_deadline(clock.now + 5.0)
    assert keeper.closed == [Reason.CHECK_FAILED]
    assert outcome.ends == []


def test_a_server_without_an_errand_has_no_deadline(
    idle: tuple[ServerConnection, Wire],
) -> None:
    server, _ = idle
    server.check_deadline(1e9)
    assert not server.closed


def test_a_pipelined_errand_that_fails_closes_the_server_and_hides_the_rest(
    linked: Linked, reactor: Reactor, keeper: FakeKeeper
) -> None:
    server, wire, owner = linked
    server.ledger.skip(QUERY)
    ask(server, query("SELECT 1"))
    wire.send(refused() + READY + done())
    turn(reactor)
    assert keeper.closed == [Reason.INVALID_SERVER_PARAMETER]
    assert owner.delivered == b""


def test_the_keeper_is_told_of_a_statement_that_may_not_write(
    linked: Linked, reactor: Reactor, keeper: FakeKeeper
) -> None:
    server, wire, owner = linked
    ask(server, query("INSERT"))
    answer = refused("cannot execute INSERT in a read-only transaction", "25006")
    wire.send(answer + READY)
    turn(reactor)
    assert keeper.errors == [(server, "25006")]
    assert owner.delivered == answer + READY


def test_an_end_that_only_ours_was_told_of_is_told_to_the_owner(
    linked: Linked, reactor: Reactor, keeper: FakeKeeper
) -> None:
    server, wire, _ = linked
    server.ledger.skip(QUERY)
    ask(server, query("SELECT 1"))
    wire.send(fatal())
    wire.close()
    turn(reactor)
    assert keeper.closed == [Reason.SERVER_FATAL]
    assert not server.told


def test_an_end_that_the_owner_was_told_of_is_not_told_twice(
    linked: Linked, reactor: Reactor, keeper: FakeKeeper
) -> None:
    server, wire, owner = linked
    ask(server, query("SELECT 1"))
    wire.send(fatal())
    wire.close()
    turn(reactor)
    assert keeper.closed == [Reason.SERVER_FATAL]
    assert server.told
    assert owner.delivered == fatal()


def test_it_closes_the_server_of_an_owner_who_is_gone_as_well(
    linked: Linked, reactor: Reactor, keeper: FakeKeeper
) -> None:
    server, wire, _ = linked
    server.ledger.skip(QUERY)
    ask(server, query("SELECT 1"))
    server.owner = None
    server.state = ServerState.ABANDONED
    wire.send(refused() + READY + done())
    turn(reactor)
    # Its parameters are not what the books say: nobody may be lent it.
    assert keeper.closed == [Reason.INVALID_SERVER_PARAMETER]


# What the server reports


def test_a_reported_parameter_is_noted_in_lower_case_and_passed_on_as_it_is(
    linked: Linked, reactor: Reactor, keeper: FakeKeeper
) -> None:
    server, wire, owner = linked
    ask(server, query("SET timezone TO 'CET'"))
    wire.send(reported("TimeZone", "CET") + done("SET"))
    turn(reactor)
    assert server.reported["timezone"] == "CET"
    assert keeper.parameters == [("TimeZone", "CET")]
    assert owner.delivered == reported("TimeZone", "CET") + done("SET")
