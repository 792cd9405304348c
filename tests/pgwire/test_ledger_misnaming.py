"""An error that names a statement as servers know it is a run of its own."""

import pytest

from pgwire.codes import Frontend
from pgwire.exchange import PARSE, MisnamingError
from pgwire.ledger import HOLD_LIMIT, Ledger
from tests.fixtures.messages import READY, refused

from .replies import NOTICE, PARSED

MISNAMING = refused('prepared statement "pgpool_00" is none')


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def runs(ledger: Ledger, *replies: bytes) -> list[tuple[bytes, bool]]:
    """Receive, and return the pieces for the client; True for one that misnames."""
    data = b"".join(replies)
    buffer = bytearray(HOLD_LIMIT + 1)
    buffer[: len(data)] = data
    assert ledger.receive(buffer, len(data)) == len(data)
    return [
        (bytes(buffer[start:end]), MisnamingError(start, end) in ledger.events)
        for start, end in ledger.runs
    ]


def send(ledger: Ledger, kinds: bytes) -> None:
    for kind in kinds:
        ledger.request(kind)


def test_among_other_replies(ledger: Ledger) -> None:
    send(ledger, b"PBS")
    assert runs(ledger, PARSED, MISNAMING, READY) == [
        (PARSED, False),
        (MISNAMING, True),
        (READY, False),
    ]


def test_alone(ledger: Ledger) -> None:
    send(ledger, b"BS")
    assert runs(ledger, MISNAMING) == [(MISNAMING, True)]
    # And only in the piece in which it came.
    assert runs(ledger, READY) == [(READY, False)]


def test_of_a_message_of_ours_in_front_of_the_clients(ledger: Ledger) -> None:
    ledger.skip(PARSE)
    ledger.request(Frontend.BIND)
    ledger.request(Frontend.SYNC)
    assert runs(ledger, MISNAMING, READY) == [(MISNAMING, True), (READY, False)]


def test_of_a_message_of_ours_alone(ledger: Ledger) -> None:
    ledger.skip(PARSE)
    assert runs(ledger, MISNAMING) == []


@pytest.mark.parametrize("other", [refused(), NOTICE])
def test_others_are_not(ledger: Ledger, other: bytes) -> None:
    send(ledger, b"PBS")
    assert runs(ledger, PARSED, other) == [(PARSED + other, False)]
