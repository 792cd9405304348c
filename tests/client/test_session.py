"""A client that is logged in: what is sent on, kept and dropped."""

import pytest

from pgpool_py import errors
from pgpool_py.client.regulated import MUCH
from pgpool_py.reasons import Reason
from pgpool_py.settings import PoolMode
from pgwire.copying import CopyData, CopyDone, CopyFail, CopyInResponse
from tests.client.parties import LIMIT, Scene, pool_settings
from tests.fixtures.messages import (
    BIND,
    EXECUTE,
    FAILED,
    IN_TRANSACTION,
    READY,
    SYNC,
    complete,
    done,
    kinds,
    parse,
    query,
    refused,
    told,
)

TERMINATE = b"X\0\0\0\4"
FLUSH = b"H\0\0\0\4"
PARSED = b"1\0\0\0\4"
BOUND = b"2\0\0\0\4"
CLOSE_UNNAMED = b"C\0\0\0\6S\0"
# 100 bytes of copy data
COPY_DATA = CopyData(b"x" * 100).encode()
COPY_DONE = CopyDone().encode()
# More than is read of somebody who owes an answer to nothing.
LONG = query("x" * 20_000)
BEGIN_COPY = CopyInResponse(0, (0,)).encode()


# Without a server


def test_a_whole_message_asks_for_a_server_and_goes_to_it(scene: Scene) -> None:
    scene.send(query("SELECT 1"))
    assert scene.lender.calls == ["request"]
    assert scene.waits()
    scene.lend()
    assert scene.backend.received() == query("SELECT 1")
    assert not scene.waits()
    scene.answer(done())
    assert scene.client.received() == done()
    assert scene.lender.calls == ["request", "give back"]
    assert scene.session.server is None
    assert scene.server.owner is None


def test_a_query_goes_to_a_server_that_is_ready_without_asking(scene: Scene) -> None:
    scene.lender.ready = scene.server
    scene.send(query("SELECT 1"))
    assert scene.lender.calls == ["take"]
    assert scene.backend.received() == query("SELECT 1")
    assert not scene.waits()
    scene.answer(done())
    assert scene.client.received() == done()
    assert scene.lender.calls == ["take", "give back"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(query("SELECT 1")[:-1], id="a part of one"),
        pytest.param(COPY_DATA, id="copy data"),
        pytest.param(TERMINATE, id="a goodbye"),
        pytest.param(b"Q\0\0\0\4", id="a broken one"),
    ],
)
def test_nothing_but_a_whole_query_takes_a_server_unasked(
    scene: Scene, data: bytes
) -> None:
    scene.lender.ready = scene.server
    scene.send(data)
    assert scene.lender.calls == []
    assert scene.lender.ready is scene.server


def test_a_part_of_a_message_asks_for_nothing(scene: Scene) -> None:
    message = query("SELECT 1")
    for byte in message[:-1]:
        scene.send(bytes((byte,)))
    assert scene.lender.calls == []
    scene.send(message[-1:])
    assert scene.lender.calls == ["request"]
    scene.lend()
    assert scene.backend.received() == message


def test_a_message_above_the_buffer_limit_asks_before_it_is_whole(
    scene: Scene,
) -> None:
    message = query("x" * (3 * LIMIT))
    scene.send(message[:LIMIT])
    assert scene.lender.calls == ["request"]
    scene.lend()
    scene.send(message[LIMIT:])
    assert scene.backend.received() == message


def test_what_a_waiting_client_sends_is_kept_in_order(scene: Scene) -> None:
    scene.send(query("BEGIN"), query("SELECT 1")[:7], query("SELECT 1")[7:])
    assert scene.lender.calls == ["request"]
    scene.lend()
    assert scene.backend.received() == query("BEGIN") + query("SELECT 1")


def test_a_waiting_client_is_read_no_more_when_its_buffer_is_full(
    scene: Scene,
) -> None:
    scene.send(query("BEGIN"))
    scene.send(query("x" * LIMIT))
    assert scene.client_is_paused()
    scene.client.send(query("SELECT 1"))
    scene.lend()
    assert not scene.client_is_paused()
    assert scene.backend.received() == (
        query("BEGIN") + query("x" * LIMIT) + query("SELECT 1")
    )


@pytest.mark.parametrize(
    "rest", [COPY_DATA, COPY_DONE, CopyFail(b"no").encode(), FLUSH, COPY_DATA * 100]
)
def test_what_nobody_would_answer_never_asks_for_a_server(
    scene: Scene, rest: bytes
) -> None:
    scene.send(rest)
    assert scene.lender.calls == []
    assert scene.client.received() == b""
    scene.send(rest + query("SELECT 1"))
    scene.lend()
    assert scene.backend.received() == query("SELECT 1")


def test_copy_data_is_dropped_byte_by_byte_as_well(scene: Scene) -> None:
    for byte in COPY_DATA + COPY_DONE + query("SELECT 1"):
        scene.send(bytes((byte,)))
    scene.lend()
    assert scene.backend.received() == query("SELECT 1")


def test_terminate_ends_an_idle_client_without_a_server(scene: Scene) -> None:
    scene.send(TERMINATE)
    assert scene.session.closed
    assert scene.registry.closed == [scene.session]
    assert scene.lender.calls == []
    assert scene.client.received() == b""
    assert scene.client.ended


def test_a_client_that_vanishes_while_it_waits_leaves_the_queue(scene: Scene) -> None:
    scene.send(query("SELECT 1"))
    scene.client.close()
    scene.send()
    scene.reactor.select(0)
    assert scene.lender.calls == ["request", "leave"]
    assert scene.registry.closed == [scene.session]


def test_a_client_that_gets_no_server_is_told_why_and_closed(scene: Scene) -> None:
    scene.send(query("SELECT 1"))
    scene.session.on_refused(
        errors.query_wait_timeout(120.0, 20), Reason.QUERY_WAIT_TIMEOUT
    )
    assert told(scene.client.received()) == ("FATAL", "53300", "query_wait_timeout")
    assert scene.client.ended
    assert scene.lender.calls == ["request"]


# With a server


def test_a_transaction_keeps_its_server_until_it_ends(linked: Scene) -> None:
    linked.send(query("SELECT 1/0"))
    linked.answer(refused() + FAILED)
    assert linked.lender.calls == []
    linked.send(query("ROLLBACK"))
    linked.answer(done("ROLLBACK"))
    assert linked.lender.calls == ["give back"]


def test_bytes_go_on_as_they_come_and_nothing_changes_in_them(linked: Scene) -> None:
    conversation = parse() + BIND + EXECUTE + SYNC + query("COMMIT")
    for byte in conversation:
        linked.send(bytes((byte,)))
    assert linked.backend.received() == conversation


def test_an_unsynced_batch_is_an_open_transaction(linked: Scene) -> None:
    linked.send(query("COMMIT"))
    linked.answer(done("COMMIT"))
    linked.lender.calls.clear()
    linked.send(parse() + BIND + FLUSH)
    linked.lend()
    linked.answer(PARSED + BOUND)
    assert linked.lender.calls == ["request"]
    linked.send(SYNC)
    linked.answer(READY)
    assert linked.lender.calls == ["request", "give back"]


def test_copy_data_goes_to_the_server_that_reads_it(linked: Scene) -> None:
    linked.send(query("COPY t FROM STDIN"))
    linked.answer(BEGIN_COPY)
    linked.backend.received()
    linked.send(COPY_DATA + COPY_DONE)
    assert linked.backend.received() == COPY_DATA + COPY_DONE
    linked.answer(complete("COPY 1") + IN_TRANSACTION)
    assert linked.lender.calls == []


def test_the_rest_of_a_failed_copy_reaches_no_server(linked: Scene) -> None:
    linked.send(query("COPY t FROM STDIN"))
    linked.answer(BEGIN_COPY, refused() + FAILED)
    linked.backend.received()
    linked.send(COPY_DATA[:50], COPY_DATA[50:] + COPY_DONE + query("ROLLBACK"))
    assert linked.backend.received() == query("ROLLBACK")


def test_a_server_is_not_given_back_while_a_message_is_half_written(
    scene: Scene,
) -> None:
    scene.send(query("COPY t FROM STDIN"))
    scene.lend()
    scene.answer(BEGIN_COPY)
    scene.send(COPY_DATA[:50])
    scene.answer(refused() + READY)
    assert scene.lender.calls == ["request"]


def test_it_is_given_back_once_the_message_is_whole(scene: Scene) -> None:
    scene.send(query("COPY t FROM STDIN"))
    scene.lend()
    scene.answer(BEGIN_COPY)
    scene.send(COPY_DATA[:50])
    scene.answer(refused() + READY)
    scene.send(COPY_DATA[50:])
    # No reply will come to it: nobody else would notice.
    assert scene.lender.calls == ["request", "give back"]
    scene.backend.received()
    scene.send(COPY_DATA + COPY_DONE)
    assert scene.lender.calls == ["request", "give back"]
    assert scene.backend.received() == b""


def test_nothing_of_ours_is_written_into_a_message_of_the_clients(
    scene: Scene,
) -> None:
    # Sync lies in the copy data: once the copy has failed, the ledger is uncertain.
    scene.send(parse() + BIND + EXECUTE + SYNC)
    scene.lend()
    scene.answer(PARSED + BOUND + BEGIN_COPY)
    scene.send(COPY_DATA[:50])
    scene.answer(refused() + READY)
    assert scene.lender.calls == ["request"]
    scene.send(COPY_DATA[50:])
    assert scene.lender.calls == ["request", "resynchronise"]


def test_what_depends_on_an_unanswered_parse_is_held(linked: Scene) -> None:
    linked.send(parse("s1", "SELECT 1/0") + SYNC + parse("s1") + SYNC)
    assert kinds(linked.backend.received()) == "PS"
    assert linked.waits()
    linked.answer(refused() + IN_TRANSACTION)
    assert kinds(linked.backend.received()) == "PS"
    assert not linked.waits()


def test_in_session_mode_a_client_keeps_its_server_to_the_end(scene: Scene) -> None:
    scene.lender.settings = pool_settings(pool_mode=PoolMode.SESSION)
    scene.send(query("SELECT 1"))
    scene.lend()
    scene.answer(done())
    scene.send(query("SELECT 2"))
    scene.answer(done())
    assert scene.lender.calls == ["request"]
    scene.send(TERMINATE)
    assert scene.lender.calls == ["request", "abandon"]


def test_a_mode_that_changed_holds_from_the_next_answer_on(scene: Scene) -> None:
    scene.lender.settings = pool_settings(pool_mode=PoolMode.SESSION)
    scene.send(query("SELECT 1"))
    scene.lend()
    scene.answer(done())
    scene.lender.settings = pool_settings()
    scene.send(query("SELECT 2"))
    scene.answer(done())
    assert scene.lender.calls == ["request", "give back"]


# Far ahead of the answers


def test_who_is_far_ahead_waits_for_the_answers_and_then_for_its_turn(
    scene: Scene,
) -> None:
    much = SYNC * 4000
    scene.send(much)
    scene.lend()
    assert scene.backend.received() == much
    scene.send(much)
    assert scene.backend.received() == b""
    assert scene.client_is_paused()
    scene.answer(READY * 4000)
    assert scene.lender.calls == ["request", "give back", "request"]
    scene.lend()
    assert scene.backend.received() == much
    assert not scene.client_is_paused()


def test_many_small_messages_are_read_in_several_turns(scene: Scene) -> None:
    scene.send(parse())
    scene.lend()
    scene.backend.received()
    # No more in one turn of the loop: others would wait for that.
    scene.client.send(FLUSH * 8000)
    scene.reactor.select(0)
    assert scene.backend.received() == FLUSH * (MUCH // len(FLUSH))
    scene.reactor.select(0)
    assert 0 < len(scene.backend.received()) < MUCH + len(FLUSH)


def test_what_was_begun_is_ended_first(scene: Scene) -> None:
    scene.send(SYNC * 4000 + LONG[:100])
    scene.lend()
    assert scene.backend.received() == SYNC * 4000 + LONG[:100]
    scene.send(LONG[100:] + SYNC)
    assert scene.backend.received() == LONG[100:]
    scene.answer(READY * 4000 + done())
    scene.lend()
    assert scene.backend.received() == SYNC


@pytest.mark.parametrize("behind", [SYNC * 900, SYNC * 4000 + parse()])
def test_a_batch_that_is_not_ended_waits_for_nothing(
    scene: Scene, behind: bytes
) -> None:
    scene.send(behind)
    scene.lend()
    scene.backend.received()
    more = parse(sql="x" * 20_000) + SYNC
    scene.send(more)
    assert scene.backend.received() == more
