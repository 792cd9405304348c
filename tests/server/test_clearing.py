"""Servers brought to a known state: exactly what is sent, and when it is done."""

from pgpool_py.net.reactor import Reactor
from pgpool_py.reasons import Reason
from pgpool_py.server.clearing import drain, resynchronise, roll_back
from pgpool_py.server.connection import ServerConnection
from pgwire.draining import drain_requests, nonce_query
from tests.fixtures.connections import FakeKeeper, FakeOwner, Outcome, ask
from tests.fixtures.hand import Wire, turn
from tests.fixtures.messages import (
    IN_TRANSACTION,
    READY,
    SYNC,
    complete,
    done,
    query,
    split,
)

Linked = tuple[ServerConnection, Wire, FakeOwner]


def sent_nonce(data: bytes) -> bytes:
    """Return the nonce of the last query of a stream."""
    kind, body = split(data)[-1]
    assert kind == "Q"
    return body.split(b'"')[1]


def nonce_answer(nonce: bytes, status: bytes = READY) -> bytes:
    # RowDescription: one column, its name, then 18 bytes that say nothing here
    body = b"\0\1" + nonce + b"\0" + bytes(18)
    return b"T" + (len(body) + 4).to_bytes(4, "big") + body + complete() + status


def test_a_drain_sends_exactly_what_ends_everything_and_commits_nothing(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, _ = linked
    ask(server, query("BEGIN"))
    turn(reactor)
    wire.received()
    server.owner = None
    drain(server, Outcome().errand())
    turn(reactor)
    data = wire.received()
    nonce = sent_nonce(data)
    assert data == drain_requests(nonce)
    assert split(data) == [
        ("f", b"client disconnected\0"),
        ("Q", b"ROLLBACK\0"),
        ("S", b""),
        ("Q", b"ROLLBACK\0"),
        ("Q", b'SELECT 1 AS "' + nonce + b'"\0'),
    ]
    assert len(nonce) == 32


def test_a_drain_is_done_with_the_nonces_answer_and_not_before(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, owner = linked
    ask(server, query("SELECT 1"))
    server.owner = None
    outcome = Outcome()
    drain(server, outcome.errand())
    turn(reactor)
    nonce = sent_nonce(wire.received())
    wire.send(done() + complete("ROLLBACK") + READY + READY + done("ROLLBACK"))
    turn(reactor)
    assert outcome.ends == []
    wire.send(nonce_answer(nonce))
    turn(reactor)
    assert outcome.ends == [None]
    assert server.ledger.settled
    assert owner.delivered == b""


def test_a_drained_server_that_is_still_in_a_transaction_is_closed(
    linked: Linked, reactor: Reactor, keeper: FakeKeeper
) -> None:
    server, wire, _ = linked
    server.owner = None
    drain(server, Outcome().errand())
    turn(reactor)
    wire.send(nonce_answer(sent_nonce(wire.received()), IN_TRANSACTION))
    turn(reactor)
    assert keeper.closed == [Reason.UNACCOUNTED_REPLY]


def test_a_resynchronisation_gives_the_owner_all_but_the_nonces_answer(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, owner = linked
    outcome = Outcome()
    resynchronise(server, outcome.errand())
    turn(reactor)
    data = wire.received()
    nonce = sent_nonce(data)
    assert data == SYNC + nonce_query(nonce)
    # The client's and that of our Sync.
    wire.send(READY + READY + nonce_answer(nonce))
    turn(reactor)
    assert owner.delivered == READY
    assert outcome.ends == [None]


def test_a_rollback_is_done_when_it_is_answered_and_nobody_is_told(
    linked: Linked, reactor: Reactor
) -> None:
    server, wire, owner = linked
    ask(server, query("BEGIN"))
    wire.send(complete("BEGIN") + IN_TRANSACTION)
    turn(reactor)
    wire.received()
    owner.delivered.clear()
    outcome = Outcome()
    roll_back(server, outcome.errand())
    turn(reactor)
    assert wire.received() == query("ROLLBACK")
    wire.send(done("ROLLBACK"))
    turn(reactor)
    assert outcome.ends == [None]
    assert owner.delivered == b""
    assert server.ledger.settled
