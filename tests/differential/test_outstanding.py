"""What is answered is known from the messages, in every state of a client."""

import pytest

from pgwire._message import FrontendMessage
from pgwire.codes import Target
from pgwire.copying import CopyData, CopyDone, CopyFail
from pgwire.frontend import Bind, Describe, Execute, Flush, Parse, Query, Sync
from tests.integration.wire import Message

from .outstanding import BAD, REFUSED, IllegalConversationError, Outstanding

SENT: dict[str, FrontendMessage] = {
    "P": Parse(b"", b""),
    "B": Bind(b"", b""),
    "D": Describe(Target.PORTAL, b""),
    "E": Execute(b""),
    "H": Flush(),
    "S": Sync(),
    "Q": Query(b""),
    "d": CopyData(b"1\n"),
    "b": CopyData(BAD),
    "c": CopyDone(),
    "f": CopyFail(b""),
}

REPLIES: dict[str, Message] = {
    "I": Message("Z", b"I"),
    "X": Message("Z", b"T"),
    "e": Message("E", b"SERROR\0C22P02\0M\0\0"),
    "r": Message("E", b"SERROR\0C" + REFUSED.encode() + b"\0M\0\0"),
    "!": Message("E", b"SFATAL\0C57P01\0M\0\0"),
}


def after(sent: str, replies: str) -> Outstanding:
    """Return what is left after these requests and these replies."""
    outstanding = Outstanding()
    for letter in sent:
        outstanding.sent(SENT[letter])
    for letter in replies:
        outstanding.received(REPLIES.get(letter, Message(letter, b"")))
    return outstanding


@pytest.mark.parametrize(
    ("sent", "replies"),
    [
        ("Q", "TDCI"),
        ("PBDES", "12TDCI"),
        ("PBDEH", "12nC"),
        # A reply that is kept back until it is asked for.
        ("PBDE", ""),
        # All up to the Sync is thrown away, a Query too.
        ("PBEQS", "eI"),
        ("PHPQ", "e"),
        ("SS", "II"),
        # The server waits for copy data.
        ("Q", "G"),
        ("PBES", "12G"),
        ("PBESd", "12G"),
        # Its CommandComplete is kept back.
        ("PBEHdc", "12G"),
        # The Sync was copy data.
        ("PBESdcS", "12GCI"),
        ("PBESdfS", "12GeI"),
        ("PBESbdcS", "12GeI"),
        # The Sync was not, for the COPY failed before it was read.
        ("PBESdcS", "12GrII"),
        ("PBESdcS", "1eII"),
        ("QSdc", "GCI"),
        ("QSdc", "GrII"),
        ("Qdcdc", "GCGCI"),
        # Copy data that nobody waits for.
        ("Qdcf", "eI"),
        ("dcf", ""),
    ],
)
def test_all_is_answered(sent: str, replies: str) -> None:
    assert after(sent, replies).answered


@pytest.mark.parametrize(
    ("sent", "replies"),
    [
        ("Q", "TDC"),
        ("QQ", "CI"),
        ("PBDES", "12TDC"),
        ("PBDEH", "12n"),
        ("PBES", "1e"),
        ("Qdc", "G"),
        ("Qf", "Ge"),
        ("PBESdcS", "12G"),
        ("PBESdcS", "12GC"),
        ("PBESdcS", "12GrI"),
        ("Qdcdc", "GCG"),
    ],
)
def test_something_is_still_to_come(sent: str, replies: str) -> None:
    assert not after(sent, replies).answered


@pytest.mark.parametrize(
    ("sent", "replies", "holds"),
    [
        ("Q", "TDCI", False),
        ("Q", "CX", True),
        ("PBEH", "12C", True),
        ("PBEHS", "12CI", False),
        ("PH", "e", True),
        ("Q", "G", True),
        ("Qdc", "GCI", False),
    ],
)
def test_who_has_something_open_holds_a_server(
    sent: str, replies: str, *, holds: bool
) -> None:
    assert after(sent, replies).holds is holds


@pytest.mark.parametrize(("sent", "replies"), [("Q", "CIC"), ("", "C"), ("Q", "!")])
def test_what_answers_nothing_is_refused(sent: str, replies: str) -> None:
    with pytest.raises(IllegalConversationError):
        after(sent, replies)


@pytest.mark.parametrize(
    ("sent", "replies", "flushed"),
    [
        ("", "", True),
        ("P", "", False),
        ("PS", "", True),
        ("PSB", "", False),
        ("PHc", "", True),
        ("PBEHc", "12G", False),
        ("PBEHcH", "12G", True),
        ("PBEHdS", "12G", True),
        ("Qc", "G", True),
    ],
)
def test_what_no_one_flushes_may_be_kept_back(
    sent: str, replies: str, *, flushed: bool
) -> None:
    assert after(sent, replies).flushed == flushed
