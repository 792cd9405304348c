"""Sockets that systemd listens on and hands over, sd_listen_fds(3)."""

import os
import socket
from collections.abc import MutableMapping
from typing import Final

#: SD_LISTEN_FDS_START
FIRST_DESCRIPTOR: Final = 3

_FAMILIES: Final = frozenset({socket.AF_INET, socket.AF_INET6, socket.AF_UNIX})


def take_sockets(
    environment: MutableMapping[str, str], first: int = FIRST_DESCRIPTOR
) -> list[socket.socket]:
    """Give the sockets that ``environment`` says are meant for this process.

    They are non-blocking and no child inherits them. The variables are taken out of
    ``environment``, whomever they are meant for.

    Raises:
        OSError: one of the descriptors is no listening socket of a kind that we serve.
    """
    pid = environment.pop("LISTEN_PID", "")
    count = environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not (count.isascii() and count.isdigit()):
        return []
    taken: list[socket.socket] = []
    try:
        # What was taken before one that fails is to be closed: hence no list of all.
        taken.extend(_take(first + number) for number in range(int(count)))
    except OSError:
        for sock in taken:
            sock.close()
        raise
    return taken


def _take(descriptor: int) -> socket.socket:
    where = f"descriptor {descriptor}"
    try:
        os.set_inheritable(descriptor, False)
        sock = socket.socket(fileno=descriptor)
    except OSError as error:
        raise OSError(
            error.errno, f"cannot use what the service manager passed: {error}", where
        ) from error
    try:
        usable = sock.family in _FAMILIES and sock.type == socket.SOCK_STREAM
        if not usable or not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise OSError(0, "the service manager passed no listening socket", where)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
