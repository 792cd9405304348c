"""Where clients come in: a port that stays ours even while nobody listens on it."""

import socket
from typing import Final

_BACKLOG: Final = 1024


class Door:
    """A port of an address, and a listener on it while it is open.

    Attributes:
        host: the address.
        port: the port.
        listener: the listening socket; None while the door is closed, when who
            connects is refused.
    """

    def __init__(self, host: str, port: int) -> None:
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Bound and never listening: it keeps the port from being given to others.
        self._keeper = self._bound(host, port)
        self.host, self.port = self._keeper.getsockname()[:2]
        self.listener: socket.socket | None = None
        self.open()

    def open(self) -> socket.socket:
        """Listen; return the listening socket, which does not block."""
        if self.listener is None:
            self.listener = self._bound(self.host, self.port)
            self.listener.listen(_BACKLOG)
        return self.listener

    def shut(self) -> None:
        """Listen no more."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    def close(self) -> None:
        """Give the port back."""
        self.shut()
        self._keeper.close()

    def _bound(self, host: str, port: int) -> socket.socket:
        sock = socket.socket(self._family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Several sockets on one port, as long as all of them ask for it.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.bind((host, port))
        except OSError:
            sock.close()
            raise
        return sock
