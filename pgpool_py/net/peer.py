"""Who is at the other end of a unix socket."""

import socket
import struct
from typing import Final

# struct ucred: process, user, group (unix(7)).
_CREDENTIALS: Final = struct.Struct("iII")


def user_of(connected: socket.socket) -> int | None:
    """Give the user id of the process that connected; None if it cannot be known.

    It is known of unix sockets, on Linux.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if connected.family != socket.AF_UNIX or option is None:
        return None
    try:
        found = connected.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size)
    except OSError:
        return None
    user: int = _CREDENTIALS.unpack(found)[1]
    return user
