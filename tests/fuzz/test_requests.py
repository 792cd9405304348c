"""A client's bytes, cut anywhere: sent on, dropped, or refused, and never twice."""

import random

from pgwire.errors import ProtocolViolation
from pgwire.framing import FRONTEND_LENGTHS
from pgwire.ledger import Ledger
from pgwire.requests import Requests, Verdict
from pgwire.statement import StatementBook

from .material import chunks, mutate, requests
from .running import run_many

LIMIT = 4096


def whole_types(stream: bytes) -> bytes:
    """Give the types of the messages of a stream that lets itself be read."""
    types = b""
    while len(stream) >= 5:
        length = int.from_bytes(stream[1:5], "big")
        least, most = FRONTEND_LENGTHS[stream[0]]
        assert least <= length <= most, stream[:5]
        types += stream[:1]
        stream = stream[1 + length :]
    return types


def served_target(chance: random.Random) -> None:
    """Feed a client that has a server which never answers."""
    client, ledger = Requests(StatementBook(chance.choice((0, 3, 200)))), Ledger()
    context = chance.choice((None, b"", b"utc"))
    stream = b"".join(requests(chance, 20))
    if chance.random() < 0.5:
        stream = mutate(chance, stream)
    sent, rest = b"", b""
    try:
        for piece in chunks(chance, stream):
            rest += piece
            view = memoryview(rest)
            used = client.receive(view, len(rest), ledger, context)
            assert 0 <= used <= len(rest)
            sent += b"".join(client.pieces)
            rest = rest[used:]
            if client.terminated:
                break
    except ProtocolViolation:
        sent += b"".join(client.pieces)
    # Whatever came, a server could read all headers of what it got.
    whole_types(sent)
    assert not client.half_sent or sent


def unserved_target(chance: random.Random) -> None:
    """Feed a client without a server; now and then its exchange is refused."""
    client = Requests(StatementBook(200))
    stream = b"".join(requests(chance, 20))
    if chance.random() < 0.5:
        stream = mutate(chance, stream)
    try:
        for piece in chunks(chance, stream):
            before = len(client.pending or b"")
            client.keep(memoryview(piece))
            verdict = client.review(LIMIT)
            assert len(client.pending or b"") <= before + len(piece)
            while verdict in {Verdict.READY, Verdict.SERVER}:
                if verdict is Verdict.SERVER:
                    assert client.pending
                    if chance.random() < 0.1:
                        # It has a server now.
                        return
                    client.refuse()
                verdict = client.review(LIMIT)
            if verdict is Verdict.CLOSE:
                return
    except ProtocolViolation:
        return


def test_a_served_client_at_random() -> None:
    run_many(served_target, 800)


def test_an_unserved_client_at_random() -> None:
    run_many(unserved_target, 800)
