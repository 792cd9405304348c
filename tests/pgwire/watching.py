"""A watched client, and a watch that writes down what it is told."""

from dataclasses import dataclass, field

from pgwire.classification import HARMLESS, Classification, Touch
from pgwire.diagnostics import error
from pgwire.statement import StatementBook
from pgwire.watched import WatchedRequests
from tests.pgwire.preparing import Client

LOCKS = Classification(Touch.LOCKS)
OBJECTION = error("ERROR", "55000", "not allowed").encode()


def classify(text: bytes) -> Classification:
    """Find a lock in what says so, and nothing in anything else."""
    return LOCKS if b"lock" in text else HARMLESS


@dataclass
class FakeWatch:
    """Lets everything pass unless it is told to object."""

    objects: bool = False
    holding: bool = False
    reads_otherwise: bool = False
    judged: list[tuple[Classification, bytes]] = field(default_factory=list)

    def holds(self, found: Classification) -> bool:
        return self.holding

    def judge(self, found: Classification, text: bytes) -> bytes | None:
        self.judged.append((found, text))
        return OBJECTION if self.objects else None

    def texts(self) -> list[bytes]:
        """Return the texts it was told since the last call."""
        texts = [text for _, text in self.judged]
        self.judged.clear()
        return texts


@dataclass
class Watched(Client):
    """A client whose session state is kept."""

    watch: FakeWatch = field(default_factory=FakeWatch)

    def __post_init__(self) -> None:
        self.requests = WatchedRequests(self.book, classify, self.watch)


def objecting(book: StatementBook | None = None) -> Watched:
    """Return a client who may send nothing that touches anything."""
    return Watched(book or StatementBook(200), watch=FakeWatch(objects=True))
