"""A server whose exchanges are several clients': it is read up to the end of one."""

import pytest

from pgwire.exchange import PARSE, QUERY, ServerError
from pgwire.ledger import HOLD_LIMIT, Ledger

from .replies import (
    BOUND,
    COLUMNS,
    ERROR,
    FATAL,
    NOTICE,
    PARSED,
    READY,
    READY_IN_TRANSACTION,
    SELECTED,
    done,
    row,
    state_of,
)

ANSWER = SELECTED + READY
BATCH = "BDES"
BATCH_ANSWER = BOUND + COLUMNS + row() + done() + READY


def shared(*exchanges: str) -> Ledger:
    """Return a ledger on which these exchanges of several clients are owed."""
    ledger = Ledger()
    for exchange in exchanges:
        for kind in exchange:
            ledger.request(ord(kind))
    ledger.shared = True
    return ledger


def buffer_of(stream: bytes) -> bytearray:
    return bytearray(stream + bytes(HOLD_LIMIT))


def read(ledger: Ledger, stream: bytes, start: int = 0) -> tuple[bytes, int]:
    """Account for one piece; give what goes on, and up to where it was read."""
    used = ledger.receive(buffer_of(stream), len(stream), start)
    return b"".join(stream[a:b] for a, b in ledger.runs), used


def test_reading_stops_at_the_end_of_each_exchange() -> None:
    ledger = shared("Q", "Q", "Q")
    stream = ANSWER + NOTICE + ANSWER + ANSWER
    first = len(ANSWER)
    assert read(ledger, stream) == (ANSWER, first)
    second = first + len(NOTICE + ANSWER)
    assert read(ledger, stream, first) == (NOTICE + ANSWER, second)
    assert not ledger.settled
    assert read(ledger, stream, second) == (ANSWER, len(stream))
    assert ledger.settled


@pytest.mark.parametrize("size", range(1, len(ANSWER)))
def test_a_part_of_the_next_answer_is_left_for_later(size: int) -> None:
    ledger = shared("Q", "Q")
    stream = ANSWER + ANSWER[:size]
    buffer = buffer_of(stream)
    assert ledger.answers(buffer, 0, len(stream)) == [len(ANSWER)]
    assert ledger.head == QUERY
    before = state_of(ledger)
    assert ledger.answers(buffer, len(ANSWER), len(stream)) == []
    assert state_of(ledger) == before


def test_the_last_exchange_has_nothing_behind_its_answer() -> None:
    ledger = shared("Q")
    stream = ANSWER + NOTICE
    assert ledger.answers(buffer_of(stream), 0, len(stream)) == []
    assert read(ledger, stream) == (ANSWER, len(ANSWER))
    assert ledger.settled
    assert read(ledger, stream, len(ANSWER)) == (NOTICE, len(stream))


def test_what_is_ours_and_ends_in_ready_is_no_exchange() -> None:
    ledger = Ledger()
    ledger.skip(QUERY)
    ledger.request(ord("Q"))
    ledger.shared = True
    stream = ANSWER + ANSWER
    assert read(ledger, stream) == (ANSWER, len(stream))
    assert ledger.ended == 1


def test_batches_end_with_their_sync() -> None:
    ledger = shared(BATCH, BATCH)
    assert read(ledger, BATCH_ANSWER + BOUND) == (BATCH_ANSWER, len(BATCH_ANSWER))
    assert read(ledger, BATCH_ANSWER) == (BATCH_ANSWER, len(BATCH_ANSWER))
    assert ledger.settled


def test_an_error_drops_nothing_of_the_next_batch() -> None:
    ledger = shared(BATCH, BATCH)
    stream = ERROR + READY + BATCH_ANSWER
    assert read(ledger, stream) == (ERROR + READY, len(ERROR + READY))
    assert read(ledger, stream, len(ERROR + READY)) == (BATCH_ANSWER, len(stream))


def test_what_is_ours_in_front_of_an_exchange_is_skipped() -> None:
    ledger = Ledger()
    ledger.request(ord("Q"))
    ledger.skip(PARSE)
    for kind in BATCH:
        ledger.request(ord(kind))
    ledger.shared = True
    stream = ANSWER + PARSED + BATCH_ANSWER
    assert read(ledger, stream) == (ANSWER, len(ANSWER))
    assert read(ledger, stream, len(ANSWER)) == (BATCH_ANSWER, len(stream))


def test_reading_goes_on_in_the_middle_of_a_long_row() -> None:
    ledger = shared("Q", "Q")
    answer = COLUMNS + row(b"x" * 90000) + done() + READY
    assert read(ledger, answer[:50000]) == (answer[:50000], 50000)
    rest = answer[50000:] + ANSWER
    assert read(ledger, rest) == (answer[50000:], len(answer) - 50000)
    assert read(ledger, ANSWER) == (ANSWER, len(ANSWER))


# What clients leave


def test_what_is_left_is_skipped_and_the_exchange_in_front_is_not() -> None:
    ledger = shared("Q", "Q", BATCH)
    ledger.leave(behind=True)
    stream = ANSWER + ANSWER + BATCH_ANSWER
    assert read(ledger, stream) == (ANSWER, len(stream))
    assert ledger.settled


def test_ours_in_front_of_the_exchange_is_not_its_end() -> None:
    ledger = Ledger()
    ledger.skip(QUERY)
    ledger.request(ord("Q"))
    ledger.request(ord("Q"))
    ledger.leave(behind=True)
    assert read(ledger, ANSWER * 3) == (ANSWER, 3 * len(ANSWER))


def test_all_may_be_left() -> None:
    ledger = shared("Q", "Q")
    ledger.leave(behind=False)
    assert ledger.is_left
    assert read(ledger, ANSWER * 2) == (b"", 2 * len(ANSWER))


def test_what_is_owed_is_left_once_the_exchange_in_front_is_answered() -> None:
    ledger = shared("Q", "Q")
    ledger.leave(behind=True)
    seen = [ledger.is_left]
    for _ in range(2):
        read(ledger, ANSWER)
        seen.append(ledger.is_left)
    assert seen == [False, True, False]


def test_an_error_in_what_is_left_concerns_nobody() -> None:
    ledger = shared("Q", "Q", BATCH)
    ledger.leave(behind=True)
    stream = ANSWER + ERROR + READY + ERROR + READY
    assert read(ledger, stream) == (ANSWER, len(stream))
    assert not ledger.events
    assert ledger.settled


def test_a_fatal_error_concerns_everybody() -> None:
    ledger = shared("Q", "Q")
    ledger.leave(behind=False)
    read(ledger, FATAL)
    assert [type(event) for event in ledger.events] == [ServerError]


def test_nothing_is_left_where_nothing_is_owed() -> None:
    ledger = shared()
    ledger.leave(behind=False)
    assert ledger.settled
    assert not ledger.is_left


def test_a_transaction_that_was_left_open_is_seen() -> None:
    ledger = shared("Q", "Q")
    assert read(ledger, ANSWER[:-6] + READY_IN_TRANSACTION)[0].endswith(
        READY_IN_TRANSACTION
    )
    ledger.leave(behind=False)
    assert ledger.is_left
