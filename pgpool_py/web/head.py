"""Reading the head of a request, within bounds of size and time."""

import socket
import time
from typing import Final

# Bytes of request line and headers; nginx takes 8 KiB in a line.
MOST_HEAD: Final = 8192
# Seconds for all of it.
PATIENCE: Final = 5.0

_END: Final = b"\r\n\r\n"
_CHUNK: Final = 4096


class HeadTooLongError(Exception):
    """More than :data:`MOST_HEAD` bytes, and no end."""


def read_head(connection: socket.socket, patience: float = PATIENCE) -> bytes:
    """Give the bytes up to the empty line, and what came with them.

    Raises:
        HeadTooLongError: it is too long.
        OSError: the client is gone, or too slow (TimeoutError).
    """
    deadline = time.monotonic() + patience
    head = bytearray()
    while _END not in head:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(_CHUNK)
        if not piece:
            raise ConnectionResetError
        head += piece
        if len(head) > MOST_HEAD:
            raise HeadTooLongError
    return bytes(head)
