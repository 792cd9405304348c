"""The short way of a plain answer: what goes it, and what does not.

That it comes to the same as the long one, ``Reader`` asserts with every piece.
"""

import pytest

from pgwire.exchange import PARSE, QUERY
from pgwire.ledger import Ledger
from pgwire.requests import Requests
from pgwire.statement import StatementBook
from pgwire.statement_effects import Unnamed

from .replies import (
    BOUND,
    COLUMNS,
    COPY_DONE,
    COPY_OUT,
    EMPTY,
    ERROR,
    NO_DATA,
    NOTICE,
    NOTIFICATION,
    PARAMETER,
    PARAMETERS,
    PARSED,
    READY,
    READY_FAILED,
    READY_IN_TRANSACTION,
    SELECTED,
    SUSPENDED,
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


def parsed(kinds: str) -> Ledger:
    """Return one of a client that has sent the Parse of an unnamed statement first."""
    ledger = Ledger()
    requests = Requests(StatementBook(100))
    ledger.note(PARSE, Unnamed(requests, ledger.statements, None))
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


@pytest.mark.parametrize(
    ("kinds", "answer"),
    [
        pytest.param("BDES", BOUND + COLUMNS + row() + done(), id="prepared"),
        pytest.param("BES", BOUND + row() * 3 + done(), id="not described"),
        pytest.param("BDES", BOUND + NO_DATA + done(b"UPDATE 1"), id="no rows"),
        pytest.param("BDES", BOUND + COLUMNS + done(b"SELECT 0"), id="none found"),
    ],
)
def test_so_does_that_to_a_batch_that_runs_one_statement(
    kinds: str, answer: bytes
) -> None:
    ledger = asked(*kinds)
    assert is_answer(ledger, answer + READY)
    assert ledger.settled
    assert ledger.readies == 1


def test_so_does_one_that_prepares_it_first() -> None:
    ledger = parsed("BDES")
    assert is_answer(ledger, PARSED + BOUND + COLUMNS + row() + done() + READY)
    assert ledger.settled
    assert ledger.statements.answered == 1


def test_so_does_one_about_a_statement_that_may_be_stale() -> None:
    ledger = Ledger()
    ledger.first(ord("B"))
    for kind in "DES":
        ledger.request(ord(kind))
    assert is_answer(ledger, BOUND + COLUMNS + row() + done() + READY)
    assert ledger.settled


def test_of_those_that_share_a_server_it_is_the_first_ones() -> None:
    ledger = asked(*"BDES", "Q")
    ledger.shared = True
    answer = BOUND + COLUMNS + row() + done() + READY
    end = ledger.answer(bytearray(answer + SELECTED), 0, len(answer + SELECTED))
    assert end == len(answer)
    assert ledger.outstanding == 1
    assert not ledger.settled


@pytest.mark.parametrize(
    ("kinds", "answer"),
    [
        pytest.param("BDES", BOUND + COLUMNS + row() + READY, id="no tag"),
        pytest.param("BDES", BOUND + COLUMNS + row() + SUSPENDED + READY, id="more"),
        pytest.param("BDES", BOUND + NO_DATA + EMPTY + READY, id="an empty query"),
        pytest.param("BDES", BOUND + row() + done() + READY, id="no description"),
        pytest.param("BDES", BOUND + PARAMETERS + NO_DATA + done(), id="parameters"),
        pytest.param(
            "BES", BOUND + COLUMNS + row() + done() + READY, id="one too many"
        ),
        pytest.param("BDES", COLUMNS + row() + done() + READY, id="not bound"),
        pytest.param("BDES", BOUND + ERROR + READY, id="an error"),
        pytest.param("BDES", BOUND + NOTICE + NO_DATA + done() + READY, id="a notice"),
        pytest.param("BDES", BOUND + COLUMNS + row() + done(), id="no end"),
        pytest.param(
            "BDES", BOUND + NO_DATA + done() + READY_IN_TRANSACTION, id="a transaction"
        ),
        pytest.param(
            "BDES", BOUND + NO_DATA + done(b"DISCARD ALL") + READY, id="DISCARD ALL"
        ),
        pytest.param("BDES", BOUND + NO_DATA + done() + READY * 2, id="two ends"),
        pytest.param("BDE", BOUND + NO_DATA + done() + READY, id="no Sync"),
        pytest.param("BDEES", BOUND + NO_DATA + done() * 2 + READY, id="run twice"),
        pytest.param("BDES", b"2\0\0\0\4T\0\0", id="the middle of a description"),
        pytest.param("B", BOUND, id="a Bind alone"),
        pytest.param("BDESQ", BOUND + NO_DATA + done() + READY, id="a Query behind it"),
    ],
)
def test_nothing_else_that_answers_a_batch_does(kinds: str, answer: bytes) -> None:
    ledger = asked(*kinds)
    before = state_of(ledger)
    assert not is_answer(ledger, answer)
    assert state_of(ledger) == before


def test_nor_does_a_batch_in_front_of_which_something_of_ours_is() -> None:
    ledger = Ledger()
    ledger.skip(PARSE)
    for kind in "BDES":
        ledger.request(ord(kind))
    assert not is_answer(ledger, PARSED + BOUND + NO_DATA + done() + READY)
