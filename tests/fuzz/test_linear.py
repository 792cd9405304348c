"""Eight times the bytes take about eight times as long, not sixty-four times."""

import random
import time
from collections.abc import Callable

import pytest

from pgwire.backend import CommandComplete
from pgwire.copying import CopyData
from pgwire.frontend import Bind, Execute, Flush, Parse, Query, Sync
from pgwire.ledger import Ledger
from pgwire.requests import Requests, Verdict
from pgwire.statement import StatementBook
from tests.pgwire.heads import REPLIES
from tests.pgwire.replies import Reader

from .material import requests

FACTOR = 8
# Halfway between linear and quadratic, where each step counts twice as much.
MOST = FACTOR**1.5
_TIMES = 3
_SMALL = 400
_PIECE = 16_384

BATCH = (
    Parse(b"s", b"SELECT 1").encode(),
    Bind(b"", b"s").encode(),
    Execute(b"").encode(),
    Sync().encode(),
)


def stream_of(name: str, times: int) -> bytes:
    """Make a stream of a client: one kind of message many times, or any at random."""
    if name == "random":
        chance = random.Random(times)
        made = b"".join(b"".join(requests(chance, 20)) for _ in range(times // 10))
        # Terminate would end it early.
        return made.replace(b"X\0\0\0\4", b"")
    return {
        "batches": b"".join(BATCH),
        "unsynced": b"".join(BATCH[:-1]),
        "queries": Query(b"SELECT 1").encode(),
        "syncs": Sync().encode(),
        "flushes": Flush().encode(),
        "copy data": CopyData(b"1\n").encode(),
    }[name] * times


def serve(stream: bytes) -> None:
    """Give a client's stream to a server that answers nothing."""
    client, ledger, rest = Requests(StatementBook(200)), Ledger(), b""
    for start in range(0, len(stream), _PIECE):
        rest += stream[start : start + _PIECE]
        used = client.receive(memoryview(rest), len(rest), ledger, b"")
        if client.held:
            # Nobody reads on: what is held waits for an answer.
            return
        rest = rest[used:]


def review(stream: bytes) -> None:
    """Give it to no server."""
    client = Requests(StatementBook(200))
    for start in range(0, len(stream), _PIECE):
        client.keep(memoryview(stream[start : start + _PIECE]))
        client.review(_PIECE)


def refuse(stream: bytes) -> None:
    """Refuse exchange after exchange."""
    client = Requests(StatementBook(200))
    for start in range(0, len(stream), _PIECE):
        client.keep(memoryview(stream[start : start + _PIECE]))
        while (verdict := client.review(_PIECE)) in {Verdict.SERVER, Verdict.READY}:
            if verdict is Verdict.SERVER:
                client.refuse()


def answer(kinds: str, asked: str) -> Callable[[int], None]:
    """Give what feeds a ledger with so many replies to so many requests."""

    def run(times: int) -> None:
        reader = Reader(Ledger())
        for _ in range(times):
            reader.send(asked)
        reader.feed(b"".join(REPLIES[kind] for kind in kinds) * times, [_PIECE])

    return run


def cpu(run: Callable[[int], None], times: int) -> float:
    """Return the seconds of CPU that this took."""
    before = time.process_time()
    run(times)
    return time.process_time() - before


def check(run: Callable[[int], None]) -> None:
    # In turns, for what slows the machine down is to slow both; the least of each.
    sizes = (_SMALL, FACTOR * _SMALL)
    turns = [[cpu(run, times) for times in sizes] for _ in range(_TIMES)]
    small, large = map(min, zip(*turns, strict=True))
    assert large < MOST * max(small, 0.001), (small, large)


STREAMS = ["batches", "unsynced", "queries", "syncs", "flushes", "copy data", "random"]


@pytest.mark.parametrize("read", [serve, review, refuse])
@pytest.mark.parametrize("name", STREAMS)
def test_what_a_client_sends_costs_by_its_size(
    name: str, read: Callable[[bytes], None]
) -> None:
    streams = {times: stream_of(name, times) for times in (_SMALL, FACTOR * _SMALL)}
    check(lambda times: read(streams[times]))


@pytest.mark.parametrize(
    ("kinds", "asked"),
    [
        ("12CZ", "PBES"),
        ("TDDCZ", "Q"),
        ("12DDDDC", "PBE"),
        ("1", "P"),
        # An error drops all up to the Sync that follows it.
        ("EZ", "PBES"),
        ("NSA", ""),
        ("GCZ", "Qc"),
    ],
)
def test_what_a_server_sends_costs_by_its_size(kinds: str, asked: str) -> None:
    check(answer(kinds, asked))


def test_errors_in_a_long_pipeline_cost_by_its_size() -> None:
    def run(times: int) -> None:
        reader = Reader(Ledger())
        for _ in range(times):
            reader.send("P" * 5 + "S")
        reader.feed((REPLIES["E"] + REPLIES["Z"]) * times, [_PIECE])
        assert reader.ledger.settled

    check(run)


def test_unnamed_statements_thrown_away_in_front_of_others_cost_by_their_size() -> None:
    def run(times: int) -> None:
        client, ledger = Requests(StatementBook(200)), Ledger()
        unnamed = (
            Execute(b"none").encode()
            + Parse(b"", b"").encode() * times
            + Sync().encode()
        )
        named = (
            b"".join(Parse(b"%d" % n, b"").encode() for n in range(times))
            + Sync().encode()
        )
        for stream in (unnamed, named):
            client.receive(memoryview(stream), len(stream), ledger, b"")
        assert len(ledger.statements.effects) > times
        reader = Reader(ledger)
        reader.feed(REPLIES["E"] + REPLIES["Z"])
        assert ledger.statements.unnamed is None

    check(run)


def test_statements_dropped_in_front_of_others_cost_by_their_size() -> None:
    def run(times: int) -> None:
        client, ledger = Requests(StatementBook(200)), Ledger()
        drop = Parse(b"", b"DISCARD ALL").encode() + Bind(b"", b"").encode()
        stream = drop + Execute(b"").encode() * times + Sync().encode()
        stream += Parse(b"", b"").encode() * times + Sync().encode()
        client.receive(memoryview(stream), len(stream), ledger, b"")
        reader = Reader(ledger)
        dropped = CommandComplete(b"DISCARD ALL").encode()
        reader.feed(REPLIES["1"] + REPLIES["2"] + dropped * times, [_PIECE])
        client.drop_all()

    check(run)
