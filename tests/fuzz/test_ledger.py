"""A server's bytes, after any requests: accounted for, or the server is closed."""

import random
from contextlib import suppress

from pgwire.diagnostics import error
from pgwire.errors import ProtocolViolation
from pgwire.exchange import (
    ANYTHING,
    BIND,
    CLOSE,
    DESCRIBE,
    EXECUTE,
    EXECUTE_COPIES_IN,
    FUNCTION_CALL,
    PARSE,
    QUERY,
    QUERY_COPIES_IN,
    SKIP,
    SYNC,
    UnaccountedReply,
)
from pgwire.ledger import Ledger
from pgwire.requests import Requests
from pgwire.statement import StatementBook
from tests.pgwire.heads import REPLIES
from tests.pgwire.replies import (
    NONCE,
    NONCE_ANSWER,
    NONCE_REFUSAL,
    READY_FAILED,
    READY_IN_TRANSACTION,
    Reader,
    done,
    row,
)

from .material import chunks, mutate, requests
from .running import run_many

#: In each row that answers a request of ours.
SECRET = b"of nobody's business"
OURS = ((PARSE, BIND, EXECUTE, SYNC), (QUERY,), (QUERY, QUERY))
MORE = (
    READY_FAILED,
    READY_IN_TRANSACTION,
    done(b"DISCARD ALL"),
    done(b"DEALLOCATE ALL"),
    done(b"COPY 1"),
    row(b"x" * 40_000),
    error("ERROR", "26000", "no such statement").encode(),
    error("FATAL", "57P01", "terminating").encode(),
    NONCE_ANSWER,
    NONCE_REFUSAL,
)
#: By a bit of the head, the replies that it may have; errors are rare.
_FITTING = {
    QUERY_COPIES_IN: "CE",
    EXECUTE_COPIES_IN: "CE",
    QUERY: "TDDDCIZZEHdcG",
    SYNC: "ZZZZZE",
    PARSE: "1111E",
    BIND: "2222E",
    DESCRIBE: "tTnE",
    EXECUTE: "DDDCCCIsEHG",
    CLOSE: "333E",
    FUNCTION_CALL: "VZ",
    ANYTHING: "TDCIZE123",
}
_VALID = (*REPLIES.values(), *MORE)
_LIKELY = tuple(REPLIES[kind] for kind in "TDDCZZ1122E")


def send(chance: random.Random, ledger: Ledger, client: Requests) -> None:
    """Ask something: as a client does, or as the pooler does for itself."""
    if chance.random() < 0.3 and not ledger.uncertain:
        ledger.skip(*chance.choice(OURS))
        return
    data = b"".join(requests(chance, 8))
    client.receive(memoryview(data), len(data), ledger, b"")


def replies(chance: random.Random, most: int) -> bytes:
    """Make what a server might say, and what none would."""
    likely = chance.choice((_LIKELY, _VALID))
    stream = b"".join(chance.choice(likely) for _ in range(chance.randrange(most)))
    match chance.randrange(4):
        case 0:
            return mutate(chance, stream)
        case 1:
            return stream + chance.randbytes(chance.randrange(30))
        case _:
            return stream


def target(chance: random.Random) -> None:
    """Ask and be answered at random, with a drain or a resynchronisation at times."""
    ledger, client = Ledger(), Requests(StatementBook(chance.choice((0, 3, 200))))
    reader = Reader(ledger)
    try:
        for _ in range(chance.randrange(1, 6)):
            send(chance, ledger, client)
            stream = replies(chance, 20)
            if stream:
                reader.feed(stream, [len(piece) for piece in chunks(chance, stream)])
            if ledger.settled:
                assert ledger.answered
                assert not ledger.unsynced
            if ledger.resynchronisable:
                ledger.resynchronise(NONCE)
            elif chance.random() < 0.1 and not ledger.mid_message:
                ledger.drain(NONCE)
    except UnaccountedReply:
        return
    except ProtocolViolation:
        # The client broke the protocol, not the server.
        return


def skipping_target(chance: random.Random) -> None:
    """Ask for ourselves alone; whatever the answer is, no row of it goes anywhere."""
    ledger = Ledger()
    reader = Reader(ledger)
    for _ in range(chance.randrange(1, 4)):
        ledger.skip(*chance.choice(OURS))
    secret = row(SECRET)
    stream = b"".join(
        chance.choice((secret, *_LIKELY)) for _ in range(chance.randrange(30))
    )
    if chance.random() < 0.5:
        # Of what is no message any more, nobody knows whose it is.
        stream = mutate(chance, stream)
    with suppress(UnaccountedReply):
        reader.feed(stream, [len(piece) for piece in chunks(chance, stream)])
    # But for notifications, which answer nothing, and mutation may make some.
    forwarded = reader.forwarded
    while forwarded:
        assert forwarded[:1] == b"A", forwarded
        forwarded = forwarded[1 + int.from_bytes(forwarded[1:5], "big") :]


def mixed_target(chance: random.Random) -> None:
    """Ask for ourselves and for a client by turns; each gets its own rows alone."""
    ledger = Ledger()
    reader = Reader(ledger)
    stream = expected = b""
    for number in range(chance.randrange(1, 10)):
        ours = chance.random() < 0.5
        entries = chance.choice(OURS)
        if ours:
            ledger.skip(*entries)
        elif entries[0] == QUERY:
            reader.send("Q" * len(entries))
        else:
            reader.send("PBES")
        for _ in entries if entries[0] == QUERY else (0,):
            value = SECRET if ours else b"%d" % number
            parsed = b"" if entries[0] == QUERY else REPLIES["1"] + REPLIES["2"]
            rows = row(value) * chance.randrange(4)
            answer = parsed + rows + done() + REPLIES["Z"]
            stream += answer
            expected += b"" if ours else answer
    reader.feed(stream, [len(piece) for piece in chunks(chance, stream)])
    assert reader.forwarded == expected
    assert ledger.settled


def fitting(chance: random.Random, ledger: Ledger) -> bytes:
    """Make a reply that the oldest request may have, as a rule."""
    if chance.random() < 0.05:
        return REPLIES[chance.choice("NSA")]
    head = ledger.head
    kind = next((kinds for bit, kinds in _FITTING.items() if head & bit), "NS")
    value = SECRET if head & SKIP else b"of the client"
    reply = chance.choice(kind)
    if reply == "Z":
        return chance.choice((REPLIES["Z"], READY_FAILED, READY_IN_TRANSACTION))
    if reply == "C":
        return done(chance.choice((b"SELECT 1", b"DISCARD ALL", b"COPY 1")))
    return row(value) if reply == "D" else REPLIES[reply]


def deep_target(chance: random.Random) -> None:
    """Answer as servers do, for long: rows of ours never go on, the client's all do."""
    ledger, client = Ledger(), Requests(StatementBook(chance.choice((0, 3, 200))))
    reader = Reader(ledger)
    theirs = 0
    with suppress(ProtocolViolation):
        for _ in range(chance.randrange(60)):
            if chance.random() < 0.3:
                send(chance, ledger, client)
            reply = fitting(chance, ledger)
            theirs += reply == row(b"of the client")
            reader.feed(reply)
            if ledger.resynchronisable:
                ledger.resynchronise(NONCE)
                reader.feed(NONCE_ANSWER)
                assert ledger.answered
        # Behind this nobody knows where messages begin.
        reader.feed(mutate(chance, chance.choice(_VALID)))
    assert SECRET not in reader.forwarded
    assert reader.forwarded.count(row(b"of the client")) == theirs


def test_any_replies_to_any_requests() -> None:
    run_many(target, 500)


def test_no_row_of_ours_is_forwarded_whatever_comes() -> None:
    run_many(skipping_target, 400)


def test_long_conversations() -> None:
    run_many(deep_target, 300)


def test_each_gets_its_own_rows() -> None:
    run_many(mixed_target, 100)
