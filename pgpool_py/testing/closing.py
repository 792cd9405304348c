"""The two ways to close a socket on purpose."""

import contextlib
import socket
import struct
from typing import Final

#: l_onoff = 1, l_linger = 0: close sends RST; socket(7).
_LINGER: Final = struct.pack("ii", 1, 0)

_CHUNK: Final = 65536


def reset(sock: socket.socket) -> None:
    """Close with RST; a unix socket knows only the ordinary close."""
    # Where the other side was faster, macOS refuses the option.
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    sock.close()


def cut(sock: socket.socket) -> None:
    """Close with FIN, whatever has come meanwhile; the socket must not block."""
    # The kernel would send RST instead if something were left unread; tcp(7). An
    # error says that there is nothing more, or no connection any more.
    with contextlib.suppress(OSError):
        while sock.recv(_CHUNK):
            pass
    sock.close()
