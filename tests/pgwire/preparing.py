"""Clients and servers whose prepared statements are under test."""

from dataclasses import dataclass, field

from pgwire.codes import Target
from pgwire.frontend import Bind, Close, Execute, Flush, Parse, Sync
from pgwire.ledger import HOLD_LIMIT, Ledger
from pgwire.requests import Requests
from pgwire.statement import StatementBook
from tests.fixtures.messages import READY, kinds, split

SYNC = Sync().encode()
EXECUTE = Execute(b"").encode()
FLUSH = Flush().encode()
PARSED = b"1\0\0\0\4"
BOUND = b"2\0\0\0\4"
CLOSED = b"3\0\0\0\4"


def parse(name: bytes = b"", sql: bytes = b"SELECT 1") -> bytes:
    return Parse(name, sql).encode()


def bind(name: bytes = b"") -> bytes:
    return Bind(b"", name, (), (b"value",), ()).encode()


def close(name: bytes = b"") -> bytes:
    return Close(Target.STATEMENT, name).encode()


@dataclass
class Server:
    """A server that says what the test wants it to."""

    ledger: Ledger = field(default_factory=Ledger)

    def answer(self, *data: bytes) -> bytes:
        """Answer, and return what of it is the client's."""
        stream = b"".join(data)
        buffer = bytearray(HOLD_LIMIT + 1)
        buffer[: len(stream)] = stream
        assert self.ledger.receive(buffer, len(stream)) == len(stream)
        return b"".join(bytes(buffer[a:b]) for a, b in self.ledger.runs)


@dataclass
class Client:
    """A client that has any server the test wants it to have."""

    book: StatementBook = field(default_factory=lambda: StatementBook(200))
    context: bytes | None = b""
    requests: Requests = field(init=False)

    def __post_init__(self) -> None:
        self.requests = Requests(self.book)

    def send(self, server: Server, *messages: bytes) -> bytes:
        """Send, and return what the server gets."""
        data = b"".join(messages)
        self.used = self.requests.receive(
            memoryview(data), len(data), server.ledger, self.context
        )
        return b"".join(self.requests.pieces)


def prepare(client: Client, server: Server, name: bytes, sql: bytes) -> bytes:
    """Prepare a statement; return its name on the server."""
    message = client.send(server, parse(name, sql), SYNC)
    made = Parse.decode(split(message)[-2][1])
    answers = [CLOSED if kind == "C" else PARSED for kind in kinds(message)[:-1]]
    server.answer(*answers, READY)
    return made.statement


def statement_of(message: bytes) -> bytes:
    return Bind.decode(message).statement
