"""Where messages begin and end, and which ones a server may be sent.

A message is a type byte, a length word that counts itself, and a body. PostgreSQL ends
a connection whose message has a type or length it cannot take (``SocketBackend`` in
``tcop/postgres.c``), so both are judged before a server sees the message.
"""

import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from .codes import Frontend
from .errors import ProtocolViolation

HEADER_SIZE: Final = 5

# PQ_SMALL_MESSAGE_LIMIT and PQ_LARGE_MESSAGE_LIMIT of libpq/libpq.h.
SMALL_MESSAGE_LIMIT: Final = 10_000
LARGE_MESSAGE_LIMIT: Final = 0x3FFFFFFE

_length = struct.Struct("!I").unpack_from

# The least and the greatest length word of each message that may follow the login.
FRONTEND_LENGTHS: Final[dict[int, tuple[int, int]]] = {
    Frontend.QUERY: (5, LARGE_MESSAGE_LIMIT),
    Frontend.PARSE: (8, LARGE_MESSAGE_LIMIT),
    Frontend.BIND: (12, LARGE_MESSAGE_LIMIT),
    Frontend.DESCRIBE: (6, SMALL_MESSAGE_LIMIT),
    Frontend.EXECUTE: (9, SMALL_MESSAGE_LIMIT),
    Frontend.CLOSE: (6, SMALL_MESSAGE_LIMIT),
    Frontend.SYNC: (4, 4),
    Frontend.FLUSH: (4, 4),
    Frontend.FUNCTION_CALL: (14, LARGE_MESSAGE_LIMIT),
    Frontend.COPY_DATA: (4, LARGE_MESSAGE_LIMIT),
    Frontend.COPY_DONE: (4, 4),
    Frontend.COPY_FAIL: (5, SMALL_MESSAGE_LIMIT),
    Frontend.TERMINATE: (4, SMALL_MESSAGE_LIMIT),
}


@lru_cache(maxsize=8)
def lengths_up_to(limit: int) -> Mapping[int, tuple[int, int]]:
    """Give :data:`FRONTEND_LENGTHS` for messages of at most ``limit`` bytes.

    The limit counts all of a message, its type byte included.
    """
    return {
        kind: (least, min(most, limit - 1))
        for kind, (least, most) in FRONTEND_LENGTHS.items()
    }


def message_end(buffer: bytes | bytearray | memoryview, start: int) -> int:
    """Give the offset behind the message whose header begins at ``start``.

    The header's five bytes must be there, the body need not.
    """
    length: int = _length(buffer, start + 1)[0]
    return start + 1 + length


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give type byte and body of each message in what holds nothing but whole ones."""
    position = 0
    while position < len(data):
        end = message_end(data, position)
        yield data[position], data[position + HEADER_SIZE : end]
        position = end


def check_request(kind: int, length: int, limit: int = LARGE_MESSAGE_LIMIT) -> None:
    """Judge the header of a message from a client that is logged in.

    Args:
        kind: the type byte.
        length: the length word, which counts itself but not the type byte.
        limit: the largest length word to let through.

    Raises:
        ProtocolViolation: a server would end the connection over this message, or it
            is above the limit.
    """
    bounds = FRONTEND_LENGTHS.get(kind)
    if bounds is None:
        raise ProtocolViolation(f"invalid frontend message type 0x{kind:02X}")
    least, most = bounds
    if length < least or length > min(most, limit):
        raise ProtocolViolation(
            f"invalid message length {length} of message type '{chr(kind)}'",
            detail=f"The length must be between {least} and {min(most, limit)}.",
        )
