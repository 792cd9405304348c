"""A client made of a socket and nothing else, which may misbehave as it likes."""

import select
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from pgpool_py.net.address import unix_socket_path
from pgpool_py.testing import closing
from pgwire.backend import BackendKeyData
from pgwire.codes import Target
from pgwire.diagnostics import ErrorResponse, NoticeResponse
from pgwire.frontend import Bind, Describe, Execute, Parse, Query, Sync
from pgwire.startup import CancelRequest, StartupMessage
from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import PoolerProcess
from tests.fixtures.waiting import PATIENCE


@dataclass(frozen=True, slots=True)
class Message:
    """One message from the other side: its type, as a character, and its body."""

    kind: str
    body: bytes

    @property
    def error(self) -> ErrorResponse:
        """The body of an ErrorResponse."""
        assert self.kind == "E", self
        return ErrorResponse.decode(self.body)

    @property
    def notice(self) -> NoticeResponse:
        """The body of a NoticeResponse."""
        assert self.kind == "N", self
        return NoticeResponse.decode(self.body)


class Wire:
    """One connection; every wait has a deadline.

    A host that begins with ``/`` is the directory of a Unix socket.

    Attributes:
        socket: of the connection.
    """

    def __init__(self, host: str, port: int) -> None:
        self.socket = _connect(host, port)
        self._key: BackendKeyData | None = None
        self._input = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Out

    def send(self, *parts: bytes) -> None:
        """Send these bytes in one piece."""
        self.socket.sendall(b"".join(parts))

    def login(
        self, database: str = DATABASE, user: str = USER, *, minor: int = 0, **more: str
    ) -> None:
        """Log in without a password, by protocol 3.`minor`."""
        words = {"user": user, "database": database, **more}
        self.send(StartupMessage(minor, words).encode())
        for message in self.until_ready():
            if message.kind == "K":
                self._key = BackendKeyData.decode(message.body)

    def query(self, sql: str) -> list[Message]:
        """Run a simple query; return its replies, ReadyForQuery last."""
        self.send(Query(sql.encode()).encode())
        return self.until_ready()

    def value(self, sql: str) -> str:
        """Run a simple query; return the first column of its first row."""
        replies = self.query(sql)
        row = next((reply for reply in replies if reply.kind == "D"), None)
        assert row is not None, replies
        # Int16 number of columns, Int32 length of the first
        (length,) = struct.unpack_from("!i", row.body, 2)
        return row.body[6 : 6 + length].decode()

    @property
    def pid(self) -> int:
        """The process id that it was given."""
        assert self._key is not None
        return self._key.pid

    @property
    def cancel_request(self) -> bytes:
        """The packet that asks to cancel what this connection does."""
        assert self._key is not None
        return CancelRequest(self._key.pid, self._key.key).encode()

    # In

    def has_input(self, seconds: float) -> bool:
        """Whether something comes within this time."""
        return bool(self._input or select.select([self.socket], [], [], seconds)[0])

    def read(self) -> Message:
        """Return the next message; EOFError at the end."""
        head = self._take(5)
        (length,) = struct.unpack_from("!I", head, 1)
        return Message(chr(head[0]), self._take(length - 4))

    def read_to(self, kind: str) -> list[Message]:
        """Return the messages up to the first of this type.

        EOFError names those that came instead.
        """
        messages: list[Message] = []
        while not messages or messages[-1].kind != kind:
            try:
                messages.append(self.read())
            except EOFError as end:
                raise EOFError(messages, *end.args) from None
        return messages

    def until_ready(self) -> list[Message]:
        """Return the messages up to ReadyForQuery."""
        return self.read_to("Z")

    def rest(self) -> list[Message]:
        """Return the messages up to the end of the connection."""
        messages: list[Message] = []
        while True:
            try:
                messages.append(self.read())
            except (EOFError, ConnectionResetError):
                return messages

    def receive(self, size: int) -> bytes:
        """Return exactly so many bytes, whatever they are; EOFError at the end."""
        return self._take(size)

    def _take(self, size: int) -> bytes:
        while len(self._input) < size:
            data = self.socket.recv(max(65536, size - len(self._input)))
            if not data:
                raise EOFError(self._input)
            self._input += data
        taken, self._input = self._input[:size], self._input[size:]
        return taken

    # End

    def close(self) -> None:
        """Close in an orderly way, at the level of TCP (FIN)."""
        self.socket.close()

    def reset(self) -> None:
        """Close as the kernel does for a process whose data nobody will read (RST)."""
        closing.reset(self.socket)


def _connect(host: str, port: int) -> socket.socket:
    if host.startswith("/"):
        connected = socket.socket(socket.AF_UNIX)
        connected.settimeout(PATIENCE)
        connected.connect(unix_socket_path(host, port))
    else:
        connected = socket.create_connection((host, port), timeout=PATIENCE)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def connect(pooler: PoolerProcess) -> Wire:
    """Return a connection that has said nothing yet; it ends with the pooler."""
    return pooler.keep(Wire(pooler.host, pooler.port))


def log_in(
    pooler: PoolerProcess, database: str = DATABASE, *, minor: int = 0, **more: str
) -> Wire:
    """Return a connection that is logged in; it ends with the pooler."""
    wire = connect(pooler)
    wire.login(database, minor=minor, **more)
    return wire


def batch(sql: str, parameters: Iterable[bytes | None] = ()) -> bytes:
    """Return Parse, Bind, Describe and Execute of an unnamed statement; no Sync."""
    return b"".join(
        (
            Parse(b"", sql.encode()).encode(),
            Bind(b"", b"", (), tuple(parameters), ()).encode(),
            Describe(Target.PORTAL, b"").encode(),
            Execute(b"", 0).encode(),
        )
    )


def extended(sql: str, parameters: Iterable[bytes | None] = ()) -> bytes:
    """Return a whole extended exchange."""
    return batch(sql, parameters) + Sync().encode()


def kinds(messages: Iterable[Message]) -> str:
    """Return the types of the messages, as one word."""
    return "".join(message.kind for message in messages)
