"""Random conversations: whatever is asked, all that comes is accounted for."""

from collections.abc import Sequence

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from pgwire.errors import ProtocolError
from pgwire.exchange import EXTENDED, REQUESTS
from pgwire.ledger import Ledger

from .heads import LEGAL, REPLIES, reader_at
from .model_server import ModelServer, Outcome, Request
from .replies import NONCE, NONCE_ANSWER, Reader

QUERY = [
    Outcome.GOOD,
    Outcome.FAILS,
    Outcome.BEGINS,
    Outcome.ENDS,
    Outcome.EMPTY,
    Outcome.COPIES_OUT,
]
EXECUTE = [
    Outcome.GOOD,
    Outcome.GOOD,
    Outcome.FAILS,
    Outcome.EMPTY,
    Outcome.COPIES_OUT,
    Outcome.SUSPENDS,
]
FEW_FAIL = [Outcome.GOOD] * 4 + [Outcome.FAILS]
OUTCOMES = {
    "Q": QUERY,
    "E": EXECUTE,
    "D": [Outcome.GOOD, Outcome.DESCRIBES_STATEMENT, Outcome.FAILS],
    "S": FEW_FAIL,
    "F": FEW_FAIL,
    "P": FEW_FAIL,
    "B": FEW_FAIL,
    "C": FEW_FAIL,
}
CUTS = st.lists(st.integers(1, 40), min_size=1, max_size=6)


@st.composite
def requests(draw: st.DrawFn, kinds: str, *, ours: bool = False) -> list[Request]:
    """Make messages of these types with outcomes that they may have."""
    made = []
    for kind in kinds:
        outcome = draw(st.sampled_from(OUTCOMES.get(kind, [Outcome.GOOD])))
        aside = draw(st.sampled_from(["", "", "", "N", "S", "A", "NSA"]))
        made.append(Request(kind, outcome, ours, aside))
    return made


@st.composite
def copy_ins(draw: st.DrawFn) -> list[Request]:
    """Make a copy-in as clients send it; nothing but Sync and data within."""
    how = draw(st.sampled_from([Outcome.COPIES_IN] * 3 + [Outcome.FAILS_BEFORE_DATA]))
    before = draw(st.sampled_from(["", "PB", "PBD"]))
    opening = [Request("E" if before else "Q", how)]
    within = draw(st.sampled_from(["", "S", "H"])) if before else ""
    pieces = st.sampled_from([Outcome.GOOD, Outcome.GOOD, Outcome.FAILS])
    content = [Request("d", outcome) for outcome in draw(st.lists(pieces, max_size=3))]
    ending = draw(st.sampled_from(["c", "f"])) + ("S" if before else "")
    return [
        *map(Request, before),
        *opening,
        *map(Request, within),
        *content,
        *map(Request, ending),
    ]


BATCHES = st.sampled_from(
    ["PBES", "PBDES", "BES", "PBEH", "PDS", "CS", "PBECBES", "S", "H", "PBEQ", "E"]
)
OURS = st.sampled_from(["PBES", "Q", "PBEBES"]).flatmap(
    lambda kinds: requests(kinds, ours=True)
)


@st.composite
def prepared(draw: st.DrawFn) -> list[Request]:
    """Make a batch of the client with a Parse of ours in front."""
    parse = draw(requests("P", ours=True))
    return parse + draw(requests("BES"))


@st.composite
def refused_copies(draw: st.DrawFn) -> list[Request]:
    """Make a COPY that is refused, and what was sent behind it not knowing that."""
    before = draw(st.sampled_from(["", "PB"]))
    kind = "E" if before else "Q"
    refused = Request(kind, Outcome.FAILS_BEFORE_DATA)
    syncs = draw(st.sampled_from(["S", "SS"]))
    return [*map(Request, before), refused, *map(Request, syncs), *draw(prepared())]


SENDINGS = st.one_of(
    requests("Q"),
    requests("F"),
    BATCHES.flatmap(requests),
    copy_ins(),
    OURS,
    prepared(),
    refused_copies(),
    # Copy messages out of place.
    st.sampled_from(["c", "df", "d"]).flatmap(requests),
)


class Wire:
    """A ledger between a client that sends and a model that answers."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.reader = Reader(self.ledger)
        self.model = ModelServer()
        self.expected = b""
        self.on_the_way = b""
        self.copying = False

    def send(self, sending: Sequence[Request]) -> None:
        # Ours wait for a copy-in to end: it may leave the ledger uncertain.
        self.copying = self.copying and not self.ledger.answered
        if any(request.ours for request in sending) and self.copying:
            return
        self.copying = self.copying or any(
            request.outcome in {Outcome.COPIES_IN, Outcome.FAILS_BEFORE_DATA}
            for request in sending
        )
        for request in sending:
            if request.ours:
                self.ledger.skip(REQUESTS[ord(request.kind)])
            else:
                self.ledger.request(ord(request.kind))
            self.model.inbox.append(request)

    def answer(self, number: int) -> None:
        while self.model.inbox and number:
            self.model.read()
            number -= 1
        while self.model.said:
            reply, shown = self.model.said.popleft()
            self.on_the_way += reply
            self.expected += reply if shown else b""

    def deliver(self, size: int, cuts: list[int]) -> None:
        piece, self.on_the_way = self.on_the_way[:size], self.on_the_way[size:]
        self.reader.feed(piece, cuts)
        self.check()

    def check(self) -> None:
        assert self.expected.startswith(self.reader.forwarded)
        ledger = self.ledger
        idle = self.model.idle and not self.on_the_way
        if ledger.settled:
            assert idle
        elif idle:
            assert ledger.uncertain
        if not self.on_the_way and not self.model.inbox and not ledger.uncertain:
            assert ledger.reads_copy_data == (self.model.copies is not None)

    def finish(self, cuts: list[int]) -> None:
        """Let all arrive; end batch and transaction, and the uncertainty."""
        for sending in ((), (Request("S"), Request("Q", Outcome.ENDS))):
            self.send(sending)
            self.answer(-1)
            self.deliver(len(self.on_the_way), cuts)
        assert self.reader.forwarded == self.expected
        if self.ledger.uncertain:
            event("uncertain")
            assert self.ledger.resynchronisable
            self.ledger.resynchronise(NONCE)
            assert self.reader.feed(NONCE_ANSWER, cuts) == b""
        assert self.ledger.settled


TURNS = st.lists(
    st.tuples(SENDINGS, st.integers(-1, 8), st.integers(0, 200)), max_size=8
)


@given(TURNS, CUTS)
def test_every_reply_reaches_whom_the_model_meant(
    turns: list[tuple[list[Request], int, int]], cuts: list[int]
) -> None:
    wire = Wire()
    for sending, read, delivered in turns:
        wire.send(sending)
        wire.answer(read)
        wire.deliver(delivered, cuts)
    wire.finish(cuts)


@given(TURNS, CUTS)
def test_a_drain_ends_whatever_was_begun(
    turns: list[tuple[list[Request], int, int]], cuts: list[int]
) -> None:
    wire = Wire()
    for sending, read, delivered in turns:
        wire.send(sending)
        wire.answer(read)
        wire.deliver(delivered, cuts)
    before = wire.reader.forwarded
    wire.ledger.drain(NONCE)
    # CopyFail, ROLLBACK, Sync, ROLLBACK; while the model copies in, the rest of the
    # copy-in was sent with its beginning, so no Query meets it.
    ends = [Request("f"), Request("Q", Outcome.ENDS), Request("S")]
    wire.model.inbox.extend([*ends, Request("Q", Outcome.ENDS)])
    wire.answer(-1)
    wire.reader.feed(wire.on_the_way + NONCE_ANSWER, cuts)
    shown = wire.reader.forwarded[len(before) :]
    assert shown == REPLIES["A"] * shown.count(REPLIES["A"])
    assert wire.model.idle
    assert wire.ledger.settled


@pytest.mark.parametrize("head", LEGAL)
@given(stream=st.binary(max_size=200), cuts=CUTS)
def test_random_bytes_are_refused_or_wait(
    head: str, stream: bytes, cuts: list[int]
) -> None:
    reader = reader_at(head)
    try:
        forwarded = reader.feed(stream, cuts)
    except ProtocolError:
        return
    assert len(forwarded) <= len(stream)


@pytest.mark.parametrize("head", LEGAL)
@given(
    stream=st.lists(st.sampled_from(sorted(REPLIES)), max_size=6),
    sent=st.text("QFSPBDECHdcf", max_size=8),
    cuts=CUTS,
)
def test_replies_at_random_are_refused_or_accounted_for(
    head: str, stream: list[str], sent: str, cuts: list[int]
) -> None:
    reader = reader_at(head)
    reader.send(sent)
    try:
        reader.feed(b"".join([REPLIES[kind] for kind in stream]), cuts)
    except ProtocolError:
        return
    ledger = reader.ledger
    assert not (ledger.settled and ledger.unsynced)
    if ledger.settled:
        assert ledger.answered


def test_each_extended_message_is_in_the_model() -> None:
    known = [kind for kind, entry in REQUESTS.items() if entry & EXTENDED]
    assert {chr(kind) for kind in known} <= set(OUTCOMES)
