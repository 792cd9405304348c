"""Plain answers of a shared server, accounted for one after the other in one step.

It comes to the same as reading them one by one, and to nothing where one is not plain.
"""

from collections.abc import Iterator
from itertools import accumulate

import pytest

from pgwire.exchange import PARSE
from pgwire.ledger import Ledger
from pgwire.requests import Requests
from pgwire.statement import StatementBook
from pgwire.statement_effects import Unnamed

from .replies import (
    BOUND,
    COLUMNS,
    ERROR,
    NO_DATA,
    NOTICE,
    PARSED,
    READY,
    READY_IN_TRANSACTION,
    SELECTED,
    done,
    message,
    row,
    state_of,
)

ROOM = b"\xee" * 64
OTHERS = message("T", b"\0\1other\0" + bytes(18))

# What is asked, and plain answers to it.
QUERIES = [
    ("Q", SELECTED + READY),
    ("Q", COLUMNS + row(b"longer") + done() + READY),
    ("Q", OTHERS + row() + done() + READY),
    ("Q", COLUMNS + done(b"SELECT 0") + READY),
    ("Q", COLUMNS + row() * 3 + done(b"SELECT 3") + READY),
    ("Q", done(b"UPDATE 1") + READY),
    ("Q", row(COLUMNS + READY) + done() + READY),
    ("Q", SELECTED + SELECTED + READY),
]
BATCHES = [
    ("BDES", BOUND + COLUMNS + row() + done() + READY),
    ("BES", BOUND + row() + done() + READY),
    ("BDES", BOUND + NO_DATA + done(b"UPDATE 1") + READY),
    ("PBDES", PARSED + BOUND + COLUMNS + row() + done() + READY),
]
Exchange = tuple[str, bytes]


def shared(exchanges: list[Exchange]) -> Ledger:
    """Return a ledger of clients that have sent these one after the other."""
    ledger = Ledger()
    ledger.shared = True
    requests = Requests(StatementBook(100))
    for kinds, _ in exchanges:
        for kind in kinds:
            if kind == "P":
                ledger.note(PARSE, Unnamed(requests, ledger.statements, None))
            else:
                ledger.request(ord(kind))
    return ledger


def answers(ledger: Ledger, stream: bytes) -> list[int]:
    """Ask of a stream, behind which the buffer has what was there before."""
    return ledger.answers(bytearray(stream + ROOM), 0, len(stream))


def read_one_by_one(ledger: Ledger, stream: bytes) -> Iterator[int]:
    """Give where each exchange ends for who takes the long way."""
    buffer, start = bytearray(stream + ROOM), 0
    while start < len(stream):
        start = ledger.receive(buffer, len(stream), start)
        yield start


@pytest.mark.parametrize(
    "exchanges",
    [
        *([one] * 3 for one in QUERIES + BATCHES),
        QUERIES,
        QUERIES[::-1],
        BATCHES + QUERIES + BATCHES[::-1],
        [one for pair in zip(QUERIES, BATCHES * 2, strict=True) for one in pair],
    ],
)
def test_all_that_are_there_are_accounted_for(exchanges: list[Exchange]) -> None:
    ledger, other = shared(exchanges), shared(exchanges)
    stream = b"".join(answer for _, answer in exchanges)
    ends = list(accumulate(len(answer) for _, answer in exchanges))
    assert answers(ledger, stream) == ends
    assert list(read_one_by_one(other, stream)) == ends
    assert state_of(ledger) == state_of(other)
    assert ledger.statements.answered == other.statements.answered
    assert ledger.settled


def test_of_what_is_cut_anywhere_all_that_is_whole_is() -> None:
    exchanges = [*BATCHES, *QUERIES]
    stream = b"".join(answer for _, answer in exchanges)
    ends = list(accumulate(len(answer) for _, answer in exchanges))
    for cut in range(len(stream)):
        ledger = shared(exchanges)
        assert answers(ledger, stream[:cut]) == [end for end in ends if end <= cut]
        assert ledger.readies == sum(end <= cut for end in ends)


def test_only_the_first_is_if_one_is_asked_for() -> None:
    ledger = shared(QUERIES)
    stream = b"".join(answer for _, answer in QUERIES)
    buffer = bytearray(stream + ROOM)
    first = ledger.answers(buffer, 0, len(stream), one=True)
    assert first == [len(QUERIES[0][1])]
    assert len(ledger.answers(buffer, first[0], len(stream))) == len(QUERIES) - 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ERROR + READY, id="an error"),
        pytest.param(NOTICE + SELECTED + READY, id="a notice"),
        pytest.param(SELECTED + READY_IN_TRANSACTION, id="a transaction"),
        pytest.param(done(b"DISCARD ALL") + READY, id="DISCARD ALL"),
        pytest.param(COLUMNS + b"D\0\0\0\3" + done() + READY, id="a wrong length"),
        pytest.param(COLUMNS + row() + ERROR + READY, id="an error behind the row"),
        pytest.param(SELECTED + READY_IN_TRANSACTION, id="another end"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_where_one_is_not_plain_it_ends(answer: bytes, place: int) -> None:
    plain = ("Q", SELECTED + READY)
    exchanges = [plain] * place + [("Q", answer), plain]
    ledger = shared(exchanges)
    stream = b"".join(answer for _, answer in exchanges)
    size = len(plain[1])
    assert answers(ledger, stream) == [size * (n + 1) for n in range(place)]
    assert ledger.readies == place
    assert ledger.outstanding == 2


def test_what_comes_behind_the_last_leaves_that_to_be_looked_at() -> None:
    ledger = shared([("Q", b""), ("Q", b"")])
    answer = SELECTED + READY
    assert answers(ledger, answer * 2 + NOTICE) == [len(answer)]
    assert ledger.outstanding == 1


@pytest.mark.parametrize("alike", [0, 3])
def test_the_middle_of_a_message_is_no_answer(alike: int) -> None:
    ledger = shared([("Q", b"")] * (alike + 2))
    assert len(answers(ledger, (SELECTED + READY) * alike)) == alike
    begun = COLUMNS + row(SELECTED * 2000)
    ledger.receive(bytearray(begun[:-20] + ROOM * 1000), len(begun) - 20)
    assert ledger.rest == 20
    assert answers(ledger, SELECTED + READY) == []
    assert ledger.outstanding == 2
