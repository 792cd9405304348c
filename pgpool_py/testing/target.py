"""Where a proxy leads to."""

import errno
import os
import socket
from dataclasses import dataclass

#: Host and port, or the path of a unix socket.
Where = tuple[str, int] | str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Target:
    """An address that is ready to be connected to."""

    family: socket.AddressFamily
    address: tuple[str | int | bytes, ...] | str

    def connect(self) -> socket.socket | None:
        """Begin to connect; return a socket that does not block.

        Returns None if it is clear at once that it cannot be reached.
        """
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        sock.setblocking(False)
        if sock.connect_ex(self.address) not in {0, errno.EINPROGRESS}:
            sock.close()
            return None
        if self.family is not socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


def find(where: Where) -> Target:
    """Return the target; a name is looked up now, and its first address counts.

    Raises:
        OSError: the name has no address.
    """
    if isinstance(where, tuple):
        host, port = where
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        return Target(family, address)
    return Target(socket.AF_UNIX, os.fspath(where))
