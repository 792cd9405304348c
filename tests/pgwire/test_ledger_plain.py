"""The short way of a plain answer: what goes it, and what does not.

That it comes to the same as the long one, ``Reader`` asserts with every piece.
"""

import pytest

from pgwire.exchange import QUERY
from pgwire.ledger import Ledger

from .replies import (
    COLUMNS,
    COPY_DONE,
    COPY_OUT,
    EMPTY,
    ERROR,
    NOTICE,
    NOTIFICATION,
    PARAMETER,
    READY,
    READY_FAILED,
    READY_IN_TRANSACTION,
    SELECTED,
    data,
    done,
    message,
    row,
    state_of,
)


def is_answer(ledger: Ledger, stream: bytes, room: int = 64) -> bool:
    """Ask of a stream, behind which the buffer has what was there before."""
    return bool(ledger.answer(bytearray(stream + READY * room), 0, len(stream)))


def asked(*kinds: str) -> Ledger:
    """Return a ledger of a client that has sent messages of these types."""
    ledger = Ledger()
    for kind in kinds:
        ledger.request(ord(kind))
    return ledger


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(SELECTED, id="rows"),
        pytest.param(COLUMNS + row() * 100 + done(), id="many rows"),
        pytest.param(done(b"UPDATE 1"), id="no rows"),
        pytest.param(SELECTED + done(b"INSERT 0 1") + SELECTED, id="statements"),
        pytest.param(row(READY) + done(), id="a row with the bytes of the end"),
        pytest.param(done(b""), id="an empty tag"),
    ],
)
def test_a_plain_answer_to_a_lone_query_goes_the_short_way(answer: bytes) -> None:
    ledger = asked("Q")
    assert is_answer(ledger, answer + READY)
    assert ledger.settled
    assert ledger.readies == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(SELECTED, id="no end"),
        pytest.param(SELECTED + READY_IN_TRANSACTION, id="a transaction"),
        pytest.param(ERROR + READY_FAILED, id="a failed transaction"),
        pytest.param(ERROR + READY, id="an error"),
        pytest.param(EMPTY + READY, id="an empty query"),
        pytest.param(NOTICE + SELECTED + READY, id="a notice"),
        pytest.param(PARAMETER + done(b"SET") + READY, id="a parameter"),
        pytest.param(NOTIFICATION + SELECTED + READY, id="a notification"),
        pytest.param(done(b"DISCARD ALL") + READY, id="DISCARD ALL"),
        pytest.param(done(b"DEALLOCATE ALL") + READY, id="DEALLOCATE ALL"),
        pytest.param(COPY_OUT + data() + COPY_DONE + done() + READY, id="a copy"),
        pytest.param(SELECTED + READY + READY, id="two ends"),
        pytest.param(SELECTED + READY + SELECTED + READY, id="two answers"),
        pytest.param(message("C") + READY, id="no tag"),
        pytest.param(b"D\0\0\0\0" + READY, id="a length that is too small"),
        pytest.param(b"D\0\0\0\x0b" + READY, id="the middle of a row"),
        pytest.param(row(b"x" * 50)[:-49] + READY, id="a part of a row"),
        pytest.param(b"\0\0" + READY, id="less than a header in front of the end"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_nothing_else_does_and_nothing_has_changed(answer: bytes) -> None:
    ledger = asked("Q")
    before = state_of(ledger)
    assert not is_answer(ledger, answer)
    assert state_of(ledger) == before


@pytest.mark.parametrize("kinds", ["", "S", "F", "QQ", "QS", "QP"])
def test_nor_does_what_answers_something_else(kinds: str) -> None:
    assert not is_answer(asked(*kinds), SELECTED + READY)


def test_nor_does_the_answer_to_a_query_of_ours() -> None:
    ledger = Ledger()
    ledger.skip(QUERY)
    assert not is_answer(ledger, SELECTED + READY)


def test_nor_does_what_begins_with_the_rest_of_a_row() -> None:
    ledger = asked("Q")
    begun = row(READY * 10000)
    ledger.receive(bytearray(begun[:-6] + bytes(40000)), len(begun) - 6)
    assert ledger.rest == 6
    assert not is_answer(ledger, begun[-6:])
