"""A client that is cancelled, held back, or slower than the other side."""

import pytest

from pgpool_py.client.cancel import cancel_exchange
from pgpool_py.reasons import Reason
from pgpool_py.settings import PoolMode
from pgwire.backend import DataRow
from pgwire.copying import CopyData, CopyDone, CopyFail, CopyInResponse
from pgwire.exchange import BIND as BIND_ENTRY
from pgwire.exchange import EXECUTE as EXECUTE_ENTRY
from pgwire.exchange import SYNC as SYNC_ENTRY
from tests.client.parties import LIMIT, Scene, pool_settings
from tests.fixtures.hand import turn
from tests.fixtures.messages import (
    BIND,
    EXECUTE,
    READY,
    SYNC,
    complete,
    done,
    kinds,
    parse,
    query,
    refused,
    split,
    told,
)

CANCELLED = ("ERROR", "57014", "canceling statement due to user request")
BEGIN_COPY = CopyInResponse(0, (0,)).encode()
# BindComplete, CommandComplete, ReadyForQuery
SET_ONE = b"2\0\0\0\4" + done()


@pytest.fixture
def running(scene: Scene) -> Scene:
    """Return a client whose query is being run."""
    scene.send(query("SELECT pg_sleep(9)"))
    scene.lend()
    scene.backend.received()
    return scene


# Cancel without a server


def test_a_query_that_waits_is_answered_by_us_when_it_is_cancelled(
    scene: Scene,
) -> None:
    scene.send(query("SELECT 1"))
    cancel_exchange(scene.session)
    stream = scene.client.received()
    assert told(stream) == CANCELLED
    assert kinds(stream) == "EZ"
    assert split(stream)[-1] == ("Z", b"I")
    assert scene.lender.calls == ["request", "leave"]
    assert not scene.waits()


def test_what_was_sent_behind_a_cancelled_query_goes_on(scene: Scene) -> None:
    scene.send(query("SELECT 1") + query("SELECT 2"))
    cancel_exchange(scene.session)
    assert scene.lender.calls == ["request", "leave", "request"]
    scene.lend()
    assert scene.backend.received() == query("SELECT 2")


def test_a_whole_batch_that_waits_is_cancelled_up_to_its_sync(scene: Scene) -> None:
    scene.send(parse() + BIND + EXECUTE + SYNC + query("SELECT 2"))
    cancel_exchange(scene.session)
    assert kinds(scene.client.received()) == "EZ"
    scene.lend()
    assert scene.backend.received() == query("SELECT 2")


def test_of_a_batch_the_rest_is_dropped_up_to_the_sync_as_it_comes(
    scene: Scene,
) -> None:
    scene.send(parse() + BIND)
    cancel_exchange(scene.session)
    assert kinds(scene.client.received()) == "E"
    for byte in EXECUTE + query("thrown away"):
        scene.send(bytes((byte,)))
    assert scene.client.received() == b""
    scene.send(SYNC + query("SELECT 2"))
    assert scene.client.received() == READY
    scene.lend()
    assert scene.backend.received() == query("SELECT 2")


def test_a_query_in_a_batch_that_was_cancelled_takes_no_server(scene: Scene) -> None:
    scene.send(parse() + BIND)
    cancel_exchange(scene.session)
    scene.lender.ready = scene.server
    scene.send(query("thrown away"))
    assert scene.backend.received() == b""
    assert scene.lender.calls == ["request", "leave"]


def test_a_query_too_long_to_be_whole_yet_is_cancelled_as_well(scene: Scene) -> None:
    long = query("x" * (2 * LIMIT))
    scene.send(long[:LIMIT])
    cancel_exchange(scene.session)
    assert kinds(scene.client.received()) == "EZ"
    # Neither is its rest taken for a message, nor the next one dropped.
    scene.send(long[LIMIT:])
    assert scene.lender.calls == ["request", "leave"]
    scene.send(query("SELECT 2"))
    scene.lend()
    assert scene.backend.received() == query("SELECT 2")


def test_a_cancelled_client_whose_buffer_was_full_is_read_again(scene: Scene) -> None:
    scene.send(query("x" * LIMIT), query("y" * LIMIT)[:10])
    assert scene.client_is_paused()
    cancel_exchange(scene.session)
    assert not scene.client_is_paused()


def test_a_cancel_for_an_idle_client_does_nothing(scene: Scene) -> None:
    cancel_exchange(scene.session)
    assert scene.client.received() == b""
    assert scene.lender.calls == []


# Cancel with a server


def test_a_running_query_is_cancelled_through_the_pool_and_nothing_more_is_sent(
    running: Scene,
) -> None:
    cancel_exchange(running.session)
    assert running.lender.calls == ["request", "cancel"]
    running.send(query("SELECT 2"))
    assert running.backend.received() == b""


def test_what_was_held_goes_to_the_same_server_when_the_cancel_is_over(
    running: Scene,
) -> None:
    cancel_exchange(running.session)
    running.send(query("SELECT 2"))
    running.session.on_linked(running.server)
    turn(running.reactor)
    assert running.backend.received() == query("SELECT 2")


def test_what_was_held_asks_anew_when_the_server_is_given_back(running: Scene) -> None:
    cancel_exchange(running.session)
    running.send(query("SELECT 2"))
    running.answer(refused("canceling", "57014") + READY)
    assert running.lender.calls == ["request", "cancel", "give back", "request"]
    running.lend()
    assert running.backend.received() == query("SELECT 2")


def test_a_message_half_sent_when_the_cancel_came_is_ended_first(
    running: Scene,
) -> None:
    message = query("SELECT 2")
    running.send(message[:9])
    cancel_exchange(running.session)
    running.backend.received()
    running.send(message[9:])
    assert running.backend.received() == b""
    running.session.on_linked(running.server)
    turn(running.reactor)
    assert running.backend.received() == message[9:]


def test_a_session_goes_on_when_it_is_answered_after_its_cancel(
    running: Scene,
) -> None:
    running.lender.settings = pool_settings(pool_mode=PoolMode.SESSION)
    cancel_exchange(running.session)
    running.send(query("SELECT 2"))
    running.server.cancels = 1
    running.answer(refused("canceling", "57014") + READY)
    assert running.backend.received() == b""
    running.server.cancels = 0
    running.session.on_linked(running.server)
    turn(running.reactor)
    assert running.backend.received() == query("SELECT 2")


def test_a_cancel_between_two_statements_of_a_transaction_does_nothing(
    running: Scene,
) -> None:
    running.answer(complete("BEGIN") + b"Z\0\0\0\5T")
    cancel_exchange(running.session)
    assert running.lender.calls == ["request"]
    running.send(query("COMMIT"))
    assert running.backend.received() == query("COMMIT")


def test_a_server_that_cannot_be_cancelled_does_not_hold_its_client(
    running: Scene,
) -> None:
    running.lender.can_cancel = False
    cancel_exchange(running.session)
    running.send(query("SELECT 2"))
    assert running.backend.received() == query("SELECT 2")


def set_parameters_first(scene: Scene) -> None:
    """Let messages of ours be answered in front of the client's query."""
    scene.send(query("SELECT 1"))
    scene.server.ledger.skip(BIND_ENTRY, EXECUTE_ENTRY, SYNC_ENTRY)
    scene.server.stream.gather(BIND + EXECUTE + SYNC)
    scene.lend()
    assert scene.backend.received() == BIND + EXECUTE + SYNC + query("SELECT 1")


def test_while_messages_of_ours_are_answered_nothing_is_cancelled(
    scene: Scene,
) -> None:
    set_parameters_first(scene)
    cancel_exchange(scene.session)
    assert scene.lender.calls == ["request"]
    # Nor is the client held: there is nothing that could be hit by mistake.
    scene.send(query("SELECT 2"))
    assert scene.backend.received() == query("SELECT 2")


def test_once_they_are_answered_the_query_behind_them_can_be_cancelled(
    scene: Scene,
) -> None:
    set_parameters_first(scene)
    scene.answer(SET_ONE)
    assert scene.client.received() == b""
    cancel_exchange(scene.session)
    assert scene.lender.calls == ["request", "cancel"]


# An uncertain ledger


def fail_copy_behind_a_sync(scene: Scene) -> None:
    """Fail a copy-in after a Sync of which nobody knows whether it was read."""
    scene.send(parse(sql="COPY t FROM STDIN") + BIND + EXECUTE + SYNC)
    scene.lend()
    scene.answer(b"1\0\0\0\4" + b"2\0\0\0\4" + BEGIN_COPY)
    scene.backend.received()
    scene.answer(refused())


def test_a_client_whose_server_owes_nobody_knows_what_is_resynchronised(
    scene: Scene,
) -> None:
    fail_copy_behind_a_sync(scene)
    assert scene.server.ledger.uncertain
    scene.answer(READY)
    assert scene.lender.calls == ["request", "resynchronise"]
    scene.send(query("SELECT 2"))
    assert scene.backend.received() == b""


def test_who_has_said_good_bye_by_then_is_not_waited_for(scene: Scene) -> None:
    scene.send(parse(sql="COPY t FROM STDIN") + BIND + EXECUTE + SYNC)
    scene.lend()
    scene.answer(b"1\0\0\0\4" + b"2\0\0\0\4" + BEGIN_COPY)
    scene.send(CopyFail(b"enough").encode() + b"X\0\0\0\4")
    # Whether that Sync was read nobody knows, and no other one is to come.
    scene.answer(refused())
    assert scene.lender.calls == ["request", "resynchronise"]


def test_not_while_a_cancel_is_on_its_way(scene: Scene) -> None:
    fail_copy_behind_a_sync(scene)
    scene.server.cancels = 1
    scene.answer(READY)
    assert scene.lender.calls == ["request"]
    scene.send(query("SELECT 2"))
    assert scene.backend.received() == b""


def test_a_client_held_with_copy_data_only_is_read_again(scene: Scene) -> None:
    fail_copy_behind_a_sync(scene)
    scene.answer(READY)
    piece = CopyData(b"x" * LIMIT).encode()
    scene.send(piece)
    assert scene.client_is_paused()
    scene.server.ledger.resynchronise(b"0" * 32)
    # What the pool does at the end of it; the nonce's answer is told elsewhere.
    scene.server.ledger = type(scene.server.ledger)()
    scene.session.on_answered(scene.server)
    assert scene.lender.calls == ["request", "resynchronise", "give back"]
    assert not scene.client_is_paused()
    scene.send(piece + CopyDone().encode() + query("SELECT 2"))
    scene.lend()
    assert scene.backend.received() == query("SELECT 2")


# Back-pressure


def test_a_server_is_read_no_more_while_its_client_does_not_read(
    running: Scene,
) -> None:
    big = DataRow((b"x" * 100_000,)).encode()
    sent = 0
    while not running.server_is_paused():
        running.answer(big)
        sent += len(big)
        assert sent < 10_000_000, "no end of it"
    assert running.session.stream.backlog > LIMIT
    got = b""
    while running.server_is_paused() or running.session.stream.backlog:
        got += running.client.received()
        turn(running.reactor)
    running.answer(done())
    got += running.client.received()
    assert len(got) == sent + len(done())
    assert running.lender.calls == ["request", "give back"]


def test_a_client_that_does_not_read_is_read_no_more(scene: Scene) -> None:
    # Each answer is complete, and its server given back: nothing but the client's own
    # backlog is left to stop it.
    row = DataRow((b"x" * 1000,)).encode()
    exchanges = 0
    while not scene.client_is_paused():
        scene.send(query("SELECT 1"))
        scene.lend()
        scene.answer(row + done())
        exchanges += 1
        assert exchanges < 10_000, "no end of it"
    assert scene.session.server is None
    scene.send(query("SELECT 2"))
    assert scene.lender.asking == []
    while scene.client_is_paused():
        scene.client.received()
        turn(scene.reactor)
    turn(scene.reactor)
    scene.lend()
    assert scene.backend.received().endswith(query("SELECT 2"))


def test_a_client_is_read_no_more_while_its_server_does_not_read(
    running: Scene,
) -> None:
    piece = query("x" * 60_000)
    sent = 0
    while not running.client_is_paused():
        running.send(piece)
        sent += len(piece)
        assert sent < 10_000_000, "no end of it"
    assert running.server.stream.backlog > LIMIT
    got = b""
    while running.client_is_paused() or running.server.stream.backlog:
        got += running.backend.received()
        turn(running.reactor)
    got += running.backend.received()
    assert len(got) == sent


def test_a_client_that_is_paused_is_read_again_when_its_server_is_given_back(
    scene: Scene,
) -> None:
    scene.send(query("COPY t FROM STDIN"))
    scene.lend()
    scene.answer(BEGIN_COPY)
    # Whole messages only: half of one would keep the server.
    piece = CopyData(b"x" * 1000).encode()
    for _ in range(10_000):
        scene.send(piece)
        if scene.client_is_paused():
            break
    assert scene.client_is_paused()
    scene.answer(refused() + READY)
    assert scene.lender.calls == ["request", "give back"]
    # The server's backlog is the pool's business now: it tells this client nothing.
    assert not scene.client_is_paused()
    scene.send(query("SELECT 1"))
    assert scene.lender.calls == ["request", "give back", "request"]


def test_a_paused_server_is_read_again_when_its_client_is_gone(
    running: Scene,
) -> None:
    while not running.server_is_paused():
        running.answer(DataRow((b"x" * 100_000,)).encode())
    running.session.close(Reason.CLIENT_IDLE_TIMEOUT)
    # The pool's aftercare resumes it: it is told of the server as it is.
    assert running.lender.calls == ["request", "abandon"]
    assert running.server.owner is None
    assert done() not in running.client.received()
