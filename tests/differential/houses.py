"""Where clients go to: PostgreSQL itself, or the pooler."""

from typing import Protocol

from pgpool_py.admin.commands.show_multiplexing import COLUMNS
from pgwire.backend import DataRow
from pgwire.copying import CopyFail
from pgwire.frontend import Query, Sync, Terminate
from tests.fixtures.pooler_files import DATABASE, POOLED, USER
from tests.fixtures.waiting import PATIENCE
from tests.integration.wire import Message, Wire

from .channel import Channel
from .outstanding import IllegalConversationError
from .streams import Transcript

#: More than any conversation has clients: none of them ever waits for a server.
UNLIMITED = 10_000

_CONSOLE = "pgbouncer"
#: The place of the column `shared` of SHOW MULTIPLEXING.
_SHARED = next(n for n, column in enumerate(COLUMNS) if column.name == "shared")
# Columns of SHOW CLIENTS.
_STATE, _PORT = 4, 6
_NONCE = b"this client is done"
# A bare Sync would commit what a batch had begun.
_RESET = (
    CopyFail(b"").encode()
    + Query(b"ROLLBACK").encode()
    + Sync().encode()
    + Query(b"ROLLBACK").encode()
    + Query(b"DISCARD ALL").encode()
    + Query(b"SELECT '" + _NONCE + b"'").encode()
)


class House(Protocol):
    """Lets clients in and out."""

    @property
    def servers(self) -> int:
        """How many clients may be in a transaction at the same time."""

    def enter(self, expected: Transcript | None) -> Channel:
        """Return a client that is logged in."""

    def leave(self, channel: Channel) -> bool:
        """Say good-bye for a client that waits for nothing.

        Returns:
            Whether the other side will now end the connection.
        """

    def pause(self) -> None:
        """Return when all that was sent so far was read."""

    def keeps_waiting(self, channel: Channel) -> bool:
        """Tell whether a client waits for a server."""


class Oracle:
    """PostgreSQL. Connections are used again, for it takes long to open one."""

    servers = UNLIMITED

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._idle: list[Channel] = []

    def enter(self, expected: Transcript | None) -> Channel:
        if not self._idle:
            return Channel(*self._address, POOLED, USER)
        channel = self._idle.pop()
        channel.begin(expected)
        return channel

    def leave(self, channel: Channel) -> bool:
        if channel.is_cut or channel.at_end:
            channel.close()
            return False
        channel.socket.settimeout(PATIENCE)
        try:
            channel.socket.sendall(_RESET)
            _read_to_nonce(channel)
        except (OSError, EOFError) as error:
            what = f"PostgreSQL ended the connection at the client's end: {error}"
            raise IllegalConversationError(what) from error
        self._idle.append(channel)
        return False

    def pause(self) -> None:
        """Where a message is cut is all the same to PostgreSQL."""

    def keeps_waiting(self, channel: Channel) -> bool:
        return False

    def close(self) -> None:
        """Close the connections."""
        for channel in self._idle:
            channel.close()
        self._idle.clear()


def _read_to_nonce(channel: Channel) -> None:
    replies = channel.read_to("Z")
    while not any(_NONCE in reply.body for reply in replies if reply.kind == "D"):
        replies = channel.read_to("Z")
    while replies[-1].kind != "Z":
        replies = channel.read_to("Z")


def _values(row: bytes) -> list[str | None]:
    """Take a DataRow apart: Int16 how many, and of each Int32 its length."""
    values: list[str | None] = []
    position = 2
    while position < len(row):
        size = int.from_bytes(row[position : position + 4], "big", signed=True)
        position += 4
        values.append(None if size < 0 else row[position : position + size].decode())
        position += max(0, size)
    return values


class Pooler:
    """The pooler. The console is asked something where everything must be read.

    Attributes:
        channel: the class of its clients' connections.
    """

    channel = Channel

    def __init__(self, host: str, port: int, servers: int) -> None:
        self.servers = servers
        self._address = host, port
        self._console = Wire(host, port)
        self._console.login(_CONSOLE)

    @property
    def shared(self) -> int:
        """How many exchanges were sent behind those of other clients."""
        replies = self._console.query("SHOW MULTIPLEXING")
        rows = [reply.body for reply in replies if reply.kind == "D"]
        return sum(int(_values(row)[_SHARED] or 0) for row in rows)

    def enter(self, expected: Transcript | None) -> Channel:
        channel = self.channel(*self._address, DATABASE, USER)
        channel.begin(expected)
        return channel

    def leave(self, channel: Channel) -> bool:
        if channel.is_cut:
            channel.close()
            return False
        channel.send(Terminate().encode())
        return True

    def pause(self) -> None:
        # It was sent later, so it is read later.
        self._console.query("SHOW VERSION")

    def keeps_waiting(self, channel: Channel) -> bool:
        port = str(channel.socket.getsockname()[1]).encode()
        rows = [DataRow.decode(one.body).values for one in self._clients()]
        return any(row[_STATE] == b"waiting" and row[_PORT] == port for row in rows)

    def _clients(self) -> list[Message]:
        return [one for one in self._console.query("SHOW CLIENTS") if one.kind == "D"]

    def close(self) -> None:
        """Close the console's connection."""
        self._console.close()
