"""The steps of a conversation that is laid out by hand, and how each is taken."""

from collections.abc import Sequence
from dataclasses import dataclass

from pgwire.ledger import Ledger

from .replies import NONCE, Reader

PIECES = [[64 * 1024], [1], [2, 3, 1, 7], [13, 1, 5], [4, 1]]
STATES = (
    "answered",
    "settled",
    "unsynced",
    "uncertain",
    "resynchronisable",
    "reads_copy_data",
    "lost_skip",
)


@dataclass(frozen=True, slots=True)
class Sends:
    """The client's messages, by type letter."""

    kinds: str


@dataclass(frozen=True, slots=True)
class Skips:
    """Messages of ours."""

    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Replies that go to the client."""

    replies: bytes


@dataclass(frozen=True, slots=True)
class Hidden:
    """Replies that nobody gets."""

    replies: bytes


@dataclass(frozen=True, slots=True)
class Is:
    """Exactly these of STATES hold."""

    states: str = ""


@dataclass(frozen=True, slots=True)
class Resynchronises:
    """The nonce's query is sent."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The client waits until nothing is in doubt."""


@dataclass(frozen=True, slots=True)
class Drains:
    """The client is gone, what ends everything is sent."""


Step = Sends | Skips | Shown | Hidden | Is | Waits | Resynchronises | Drains
IDLE = Is("answered settled")

IDLE = Is("answered settled")


def converse(steps: Sequence[Step], pieces: list[int]) -> None:
    """Take the steps; replies that follow each other come as one stream."""
    ledger = Ledger()
    reader = Reader(ledger)
    stream = expected = b""
    for step in steps:
        match step:
            case Shown(replies):
                stream += replies
                expected += replies
                continue
            case Hidden(replies):
                stream += replies
                continue
        assert reader.feed(stream, pieces) == expected
        stream = expected = b""
        _take(step, ledger, reader)
    assert reader.feed(stream, pieces) == expected


def _take(step: Step, ledger: Ledger, reader: Reader) -> None:
    match step:
        case Sends(kinds):
            reader.send(kinds)
        case Skips(entries):
            ledger.skip(*entries)
        case Is(states):
            held = [state for state in STATES if getattr(ledger, state)]
            assert sorted(held) == sorted(states.split())
        case Waits():
            ledger.wait()
        case Resynchronises():
            assert ledger.resynchronisable
            ledger.resynchronise(NONCE)
        case Drains():
            ledger.drain(NONCE)
        case Shown() | Hidden():
            raise AssertionError("replies are fed by converse")
