"""A client that is logged in: what is refused, how it ends, and what is counted."""

import pytest

from pgpool_py import errors
from pgpool_py.reasons import Reason
from pgpool_py.server.parameters import ParameterBook
from pgpool_py.settings import PoolMode
from pgwire.backend import DataRow
from pgwire.copying import CopyData, CopyDone, CopyInResponse
from pgwire.frontend import Parse
from tests.client.parties import Scene, pool_settings
from tests.fixtures.hand import Clock
from tests.fixtures.messages import (
    IN_TRANSACTION,
    complete,
    done,
    fatal,
    query,
    told,
)

TERMINATE = b"X\0\0\0\4"
FLUSH = b"H\0\0\0\4"
PARSED = b"1\0\0\0\4"
# 100 bytes of copy data
COPY_DATA = CopyData(b"x" * 100).encode()
COPY_DONE = CopyDone().encode()
BEGIN_COPY = CopyInResponse(0, (0,)).encode()


# What is refused

BAD_MESSAGES = [
    pytest.param(
        b"!\0\0\0\4", "invalid frontend message type 0x21", id="an unknown type"
    ),
    pytest.param(b"p\0\0\0\5\0", "invalid frontend message type 0x70", id="a password"),
    pytest.param(
        b"S\0\0\0\5\0",
        "invalid message length 5 of message type 'S'",
        id="a Sync with a body",
    ),
    pytest.param(
        b"Q\0\0\0\4",
        "invalid message length 4 of message type 'Q'",
        id="a Query without its string",
    ),
    pytest.param(
        b"Q\xff\xff\xff\xff",
        "invalid message length 4294967295 of message type 'Q'",
        id="a length above 1 GiB",
    ),
]


@pytest.mark.parametrize(("message", "text"), BAD_MESSAGES)
def test_a_message_that_would_end_a_server_is_refused_before_one_is_asked_for(
    scene: Scene, message: bytes, text: str
) -> None:
    scene.send(message)
    assert told(scene.client.received()) == ("FATAL", "08P01", text)
    assert scene.client.ended
    assert scene.lender.calls == []


@pytest.mark.parametrize(("message", "text"), BAD_MESSAGES)
def test_a_server_gets_what_came_before_it_and_nothing_of_it(
    linked: Scene, message: bytes, text: str
) -> None:
    linked.send(query("SELECT 1") + message + query("SELECT 2"))
    linked.reactor.select(0)
    assert linked.backend.received() == query("SELECT 1")
    assert told(linked.client.received()) == ("FATAL", "08P01", text)
    assert linked.lender.calls == ["abandon"]


def test_a_query_in_the_midst_of_copy_data_is_refused(linked: Scene) -> None:
    linked.send(query("COPY t FROM STDIN"))
    linked.answer(BEGIN_COPY)
    linked.client.received()
    linked.send(COPY_DATA + query("SELECT 1"))
    assert told(linked.client.received()) == (
        "FATAL",
        "08P01",
        "unexpected message type 0x51 during COPY from stdin",
    )
    assert linked.lender.calls == ["abandon"]


# The end of the connection


def test_what_stands_in_front_of_terminate_is_answered(linked: Scene) -> None:
    linked.send(query("COMMIT") + TERMINATE + query("SELECT 1"))
    linked.reactor.select(0)
    assert linked.backend.received() == query("COMMIT")
    assert linked.lender.calls == []
    linked.answer(done("COMMIT"))
    assert linked.client.received() == done("COMMIT")
    assert linked.lender.calls == ["abandon"]
    assert linked.session.closed


def test_behind_terminate_nothing_is_read(linked: Scene) -> None:
    linked.send(query("SELECT 1") + TERMINATE, query("SELECT 2"))
    assert linked.client_is_paused()
    linked.answer(done("SELECT 1"))
    assert linked.backend.received() == query("SELECT 1")
    assert linked.client.received() == done("SELECT 1")
    assert linked.session.closed


def test_terminate_within_a_transaction_abandons_the_server_once_answered(
    linked: Scene,
) -> None:
    linked.send(query("BEGIN") + TERMINATE)
    linked.answer(complete("BEGIN") + IN_TRANSACTION)
    assert linked.client.received() == complete("BEGIN") + IN_TRANSACTION
    assert linked.lender.calls == ["abandon"]


def test_terminate_alone_ends_the_session_at_once(linked: Scene) -> None:
    linked.send(TERMINATE)
    assert linked.lender.calls == ["abandon"]
    assert linked.session.closed


def test_terminate_behind_a_batch_without_sync_asks_for_its_replies(
    linked: Scene,
) -> None:
    batch = Parse(b"", b"SELECT 1").encode()
    linked.send(batch + TERMINATE)
    assert linked.backend.received() == batch + FLUSH
    linked.answer(PARSED)
    assert linked.client.received() == PARSED
    assert linked.lender.calls == ["abandon"]


def test_terminate_behind_a_query_that_turns_out_to_copy_ends_the_session_then(
    linked: Scene,
) -> None:
    linked.send(query("COPY t FROM STDIN") + TERMINATE)
    assert linked.lender.calls == []
    linked.answer(BEGIN_COPY)
    assert linked.client.received() == BEGIN_COPY
    assert linked.lender.calls == ["abandon"]
    assert linked.session.closed


def test_terminate_within_copy_data_ends_the_session_at_once(linked: Scene) -> None:
    linked.send(query("COPY t FROM STDIN"))
    linked.answer(BEGIN_COPY)
    linked.send(COPY_DATA + TERMINATE)
    assert linked.lender.calls == ["abandon"]
    assert linked.session.closed


def test_a_client_that_vanishes_abandons_its_server(linked: Scene) -> None:
    linked.client.close()
    linked.send()
    linked.reactor.select(0)
    assert linked.lender.calls == ["abandon"]
    assert linked.server.owner is None


def test_a_client_that_vanishes_in_the_middle_of_a_message_says_so(
    linked: Scene,
) -> None:
    linked.send(query("SELECT 1")[:-1])
    linked.client.close()
    linked.reactor.select(0)
    assert linked.lender.calls == ["abandon half written"]


def test_a_fragment_that_was_kept_back_is_not_half_written(linked: Scene) -> None:
    linked.send(query("SELECT 1") + query("SELECT 2")[:3])
    linked.client.close()
    linked.reactor.select(0)
    assert linked.lender.calls == ["abandon"]
    linked.reactor.select(0)
    assert linked.backend.received() == query("SELECT 1")


def test_a_server_that_dies_takes_its_client_along(linked: Scene) -> None:
    linked.send(query("SELECT 1"))
    linked.session.on_server_closed(
        errors.server_lost(in_flight=True), Reason.SERVER_CRASHED
    )
    assert told(linked.client.received()) == ("FATAL", "08006", "server conn crashed?")
    assert linked.client.ended
    assert linked.lender.calls == []


def test_a_server_that_said_why_it_ends_is_heard_and_nothing_is_added(
    linked: Scene,
) -> None:
    linked.send(query("SELECT 1"))
    linked.answer(fatal())
    linked.backend.close()
    linked.reactor.select(0)
    assert linked.client.received() == fatal()
    assert linked.client.ended


@pytest.mark.parametrize("size", [1000, 50_000])
def test_nothing_is_said_in_the_middle_of_a_row(linked: Scene, size: int) -> None:
    linked.send(query("SELECT big"))
    # The beginning of a row of 100 000 bytes: an error would be taken for its rest.
    beginning = DataRow((b"x" * 100_000,)).encode()[:size]
    linked.answer(beginning)
    linked.session.close(Reason.TRANSACTION_TIMEOUT, errors.transaction_timeout(5.0))
    assert linked.client.received() == beginning
    assert linked.client.ended
    assert linked.lender.calls == ["abandon"]


def test_between_two_rows_a_client_is_told_why_it_ends(linked: Scene) -> None:
    linked.send(query("SELECT 1"))
    row = DataRow((b"x",)).encode()
    linked.answer(row)
    linked.session.close(Reason.TRANSACTION_TIMEOUT, errors.transaction_timeout(5.0))
    stream = linked.client.received()
    assert stream.startswith(row)
    assert told(stream) == ("FATAL", "25P04", "transaction timeout")


def test_a_defect_of_ours_closes_the_client(scene: Scene) -> None:
    scene.session.on_fault(ValueError("broken"))
    assert scene.registry.closed == [scene.session]


def test_a_client_is_closed_once(scene: Scene) -> None:
    for _ in range(2):
        scene.session.close(Reason.ADMIN_DISCONNECT, errors.admin_disconnect())
    assert scene.registry.closed == [scene.session]
    assert told(scene.client.received())[1] == "57P01"


# Parameters


def test_a_client_follows_the_parameters_of_its_server(linked: Scene) -> None:
    linked.session.on_parameter("timezone", "CET")
    assert linked.session.parameters is linked.server.parameters


# Counters


def test_exchanges_transactions_and_times_are_counted(
    scene: Scene, clock: Clock
) -> None:
    scene.send(query("BEGIN"))
    scene.lend()
    clock.advance(2.0)
    scene.answer(complete("BEGIN") + IN_TRANSACTION)
    clock.advance(1.0)
    scene.send(query("COMMIT"))
    clock.advance(4.0)
    scene.answer(done("COMMIT"))
    counters = scene.lender.counters
    taken = counters.exchanged()
    assert (counters.xact_count, counters.query_count) == (1, 2)
    assert (counters.query_time, counters.xact_time) == (6.0, 7.0)
    assert (taken.queries.count, taken.queries.total) == (2, 6.0)
    assert (taken.transactions.count, taken.transactions.total) == (1, 7.0)
    assert taken.sizes.count == 2
    assert counters.bytes_received == len(query("BEGIN") + query("COMMIT"))
    assert counters.bytes_sent == len(
        complete("BEGIN") + IN_TRANSACTION + done("COMMIT")
    )


def test_its_lines_tell_the_server_and_the_application_of_now(scene: Scene) -> None:
    session = scene.session
    assert "backend_pid" not in session.facts()
    scene.send(query("BEGIN"))
    scene.lend()
    assert session.facts()["backend_pid"] == scene.server.pid
    book = ParameterBook()
    session.parameters = book.of({"application_name": "batch"})
    assert session.facts()["application_name"] == "batch"


def test_what_a_server_says_between_two_exchanges_costs_no_time(
    scene: Scene, clock: Clock
) -> None:
    scene.lender.settings = pool_settings(pool_mode=PoolMode.SESSION)
    scene.send(query("LISTEN c"))
    scene.lend()
    clock.advance(1.0)
    scene.answer(done("LISTEN"))
    clock.advance(50.0)
    # NotificationResponse: length, process id, channel, payload
    scene.answer(b"A\0\0\0\x0c\0\0\0\x4dc\0p\0")
    counters = scene.lender.counters.snapshot()
    assert (counters.xact_time, counters.query_time) == (1.0, 1.0)
    assert (counters.xact_count, counters.query_count) == (1, 1)


@pytest.mark.parametrize(
    ("said", "reason"),
    [(TERMINATE, "client close request"), (FLUSH, "client unexpected eof")],
)
def test_who_said_good_bye_while_it_waited_has_not_just_gone(
    scene: Scene, caplog: pytest.LogCaptureFixture, said: bytes, reason: str
) -> None:
    caplog.set_level("INFO")
    scene.send(query("SELECT 1"), said)
    scene.client.close()
    scene.reactor.select(0)
    assert scene.registry.closed == [scene.session]
    assert f"closing because: {reason}" in caplog.text
