"""What one client was told, message by message, and how a person reads it."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from pgwire.backend import NotificationResponse
from pgwire.diagnostics import ErrorResponse
from tests.integration.wire import Message

#: Characters of a value that are shown.
SHOWN = 60

_HEADER = 5


@dataclass(slots=True)
class Transcript:
    """The replies to one client.

    Attributes:
        login: what came up to the first ReadyForQuery, made comparable.
        messages: what came then, but notifications.
        certain: how many of these came before the end of a wait for all replies.
        complete: whether the client has left and nothing is to come that is not among
            `messages`, or will be; not so where it left while the server kept replies
            back that it was not asked to flush.
        ended: whether the connection ended before the client left.
        notifications: channel and payload of those that came.
        hears_all: whether the client waits for all notifications that are to come.
        hears_more: whether it may hear what it would not have with PostgreSQL.
    """

    login: tuple[Message, ...] = ()
    messages: list[Message] = field(default_factory=list)
    certain: int = 0
    complete: bool = False
    ended: bool = False
    notifications: list[str] = field(default_factory=list)
    hears_all: bool = True
    hears_more: bool = False


def split(buffer: bytearray) -> list[Message]:
    """Take the whole messages out of the front of `buffer`."""
    found = []
    start = 0
    while len(buffer) - start >= _HEADER:
        (length,) = struct.unpack_from("!I", buffer, start + 1)
        end = start + 1 + length
        if end > len(buffer):
            break
        body = bytes(buffer[start + _HEADER : end])
        found.append(Message(chr(buffer[start]), body))
        start = end
    del buffer[:start]
    return found


def comparable_login(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Leave out the cancel key; put the parameters in order."""
    kept = [message for message in messages if message.kind != "K"]
    return tuple(sorted(kept, key=lambda message: (message.kind, message.body)))


def notified(message: Message) -> str:
    """Return channel and payload of a NotificationResponse.

    Whose process id it bears is for others to test: through the pooler it is a
    client's where that is known, else a server's.
    """
    it = NotificationResponse.decode(message.body)
    return f"{it.channel.decode()}: {it.payload.decode()}"


def describe(message: Message) -> str:
    """Return one line: the type, and what of the body says most."""
    kind, body = message.kind, message.body
    if kind in "EN":
        fields = ErrorResponse.decode(body).fields
        return " ".join([kind, *(f"{key}={shorten(v)}" for key, v in fields.items())])
    if kind == "D":
        return f"D {', '.join(_values(body))}"
    return f"{kind} {shorten(body)}" if body else kind


def _values(body: bytes) -> list[str]:
    # Int16 number of columns; for each Int32 length, -1 is NULL, and the value
    (columns,) = struct.unpack_from("!h", body)
    position, found = 2, []
    for _ in range(columns):
        (length,) = struct.unpack_from("!i", body, position)
        position += 4
        if length < 0:
            found.append("NULL")
        else:
            found.append(shorten(body[position : position + length]))
            position += length
    return found


def shorten(value: bytes | str) -> str:
    """Return a value as Python writes it, cut in the middle if it is long."""
    if len(value) <= SHOWN:
        return repr(value)
    half = SHOWN // 2
    return f"{value[:half]!r}…{value[-half:]!r} ({len(value)} long)"
