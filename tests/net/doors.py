"""A listener, and what it told."""

import socket
from collections.abc import Callable

from pgpool_py.net.address import Address, IpAddress
from pgpool_py.net.listener import Listener
from pgpool_py.net.reactor import Reactor

Keep = Callable[[socket.socket], socket.socket]


class Door:
    """A listener on TCP, with what it told."""

    def __init__(self, reactor: Reactor, keep: Keep, listening: socket.socket) -> None:
        # Else a failing test would wait for ever.
        assert not listening.getblocking()
        self._keep = keep
        self.accepted: list[socket.socket] = []
        # Of each on both sides, as the listener says.
        self.addresses: list[tuple[Address, IpAddress | None]] = []
        self.exhausted: list[OSError] = []
        self.listener = Listener(
            reactor, keep(listening), self._accept, self.exhausted.append
        )

    def _accept(
        self, sock: socket.socket, other: Address, own: IpAddress | None
    ) -> None:
        self.accepted.append(self._keep(sock))
        self.addresses.append((other, own))

    def knock(self) -> socket.socket:
        """Connect from outside."""
        return self._keep(
            socket.create_connection(self.listener.socket.getsockname()[:2])
        )
