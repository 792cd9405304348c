"""The ways in which a server connection ends."""

from pgpool_py.net.reactor import Reactor
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgwire.codes import Frontend
from tests.fixtures.connections import FakeKeeper, FakeOwner, ask
from tests.fixtures.hand import Wire, turn
from tests.fixtures.messages import (
    EXECUTE,
    FAILED,
    IN_TRANSACTION,
    SYNC,
    complete,
    done,
    fatal,
    parse,
    query,
    refused,
)

Linked = tuple[ServerConnection, Wire, FakeOwner]


# The end


def test_a_fatal_error_reaches_the_owner_before_the_end_does(
    linked: Linked, reactor: Reactor, keeper: FakeKeeper
) -> None:
    server, wire, owner = linked
    ask(server, query("SELECT 1"))
    wire.send(fatal())
    wire.close()
    turn(reactor)
    assert owner.delivered == fatal()
    assert keeper.closed == [Reason.SERVER_FATAL]
    assert owner.calls[-1] == f"closed: {Reason.SERVER_FATAL}"


def test_replies_sent_before_the_connection_broke_are_delivered(
    linked: Linked, reactor: Reactor, keeper: FakeKeeper
) -> None:
    server, wire, owner = linked
    ask(server, query("SELECT 1"))
    turn(reactor)
    wire.send(complete())
    wire.close()
    # What is sent from now on fails, but what had come is read to the end first.
    ask(server, query("SELECT 2"))
    turn(reactor)
    assert owner.delivered == complete()
    assert keeper.closed == [Reason.SERVER_CRASHED]


def test_an_idle_server_that_closes_is_noticed_at_once(
    idle: tuple[ServerConnection, Wire], reactor: Reactor, keeper: FakeKeeper
) -> None:
    _, wire = idle
    wire.close()
    turn(reactor)
    assert keeper.closed == [Reason.SERVER_CLOSED_IDLE]


def test_an_idle_server_that_says_fatal_is_not_lent_until_its_end(
    idle: tuple[ServerConnection, Wire], reactor: Reactor, keeper: FakeKeeper
) -> None:
    _, wire = idle
    wire.send(fatal())
    turn(reactor)
    assert keeper.closed == [Reason.SERVER_CLOSED_IDLE]


def test_a_reply_that_nothing_asked_for_closes_the_server(
    idle: tuple[ServerConnection, Wire], reactor: Reactor, keeper: FakeKeeper
) -> None:
    _, wire = idle
    wire.send(done())
    turn(reactor)
    assert keeper.closed == [Reason.UNACCOUNTED_REPLY]


def test_a_server_that_owes_nothing_is_told_goodbye(
    idle: tuple[ServerConnection, Wire], keeper: FakeKeeper
) -> None:
    server, wire = idle
    server.close(Reason.SERVER_LIFETIME)
    assert wire.received() == bytes((Frontend.TERMINATE, 0, 0, 0, 4))
    assert wire.ended
    server.close(Reason.SERVER_IDLE_TIMEOUT)
    assert keeper.closed == [Reason.SERVER_LIFETIME]


def test_a_server_in_the_middle_of_something_is_not(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, _ = linked
    ask(server, query("SELECT 1"))
    turn(reactor)
    wire.received()
    server.close(Reason.SERVER_CRASHED)
    assert wire.received() == b""
    assert wire.ended


def test_a_defect_of_ours_closes_the_server_for_its_own_reason(
    linked: Linked, keeper: FakeKeeper
) -> None:
    server, _, _ = linked
    server.on_fault(ValueError("broken"))
    assert keeper.closed == [Reason.INTERNAL_ERROR]


def test_a_server_is_settled_only_outside_any_transaction(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, _ = linked
    states = []
    for request, reply in (
        ([query("BEGIN")], complete("BEGIN") + IN_TRANSACTION),
        ([query("SELECT 1/0")], refused() + FAILED),
        ([query("ROLLBACK")], done("ROLLBACK")),
        ([parse(), b"H\0\0\0\4"], b"1\0\0\0\4"),
        ([EXECUTE, SYNC], done()),
    ):
        ask(server, *request)
        wire.send(reply)
        turn(reactor)
        states.append(server.ledger.settled)
    assert states == [False, False, True, False, True]
