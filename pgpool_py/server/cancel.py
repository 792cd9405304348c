"""Sending a CancelRequest to PostgreSQL, on a connection of its own.

The end of that connection says that the signal was sent, not that it has hit: see
``may_be_hit`` of :class:`~pgpool_py.server.connection.ServerConnection`.
"""

import socket
from collections.abc import Callable

from pgpool_py.net.address import Address
from pgpool_py.net.connector import Connector, connect
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.socket_options import TcpOptions
from pgpool_py.net.stream import Stream
from pgwire.startup import CancelRequest

from .encrypting import Encrypting, NotEncrypted, ServerTls


class ServerCancel:
    """One CancelRequest; ``then`` is told once whether the server took it.

    Attributes:
        began: when, by the reactor's clock.
    """

    __slots__ = (
        "_connector",
        "_done",
        "_encrypting",
        "_reactor",
        "_request",
        "_stream",
        "_then",
        "_tls",
        "began",
    )

    def __init__(
        self,
        reactor: Reactor,
        options: TcpOptions,
        address: Address,
        request: CancelRequest,
        then: Callable[["ServerCancel", bool], None],
        *,
        tls: tuple[ServerTls, str] | None = None,
    ) -> None:
        """Begin.

        Args:
            reactor: serves it.
            options: of TCP sockets.
            address: of the server.
            request: what is sent.
            then: told at the end.
            tls: how the connection is encrypted, and the host's name for that.
        """
        self.began = reactor.now
        self._reactor = reactor
        self._request = request.encode()
        self._then = then
        self._tls = tls
        self._encrypting: Encrypting | None = None
        self._done = False
        self._stream: Stream | None = None
        self._connector: Connector | None = connect(
            reactor, address, self._on_connected, self._on_failed, options
        )

    @property
    def sent(self) -> bool:
        """Whether it was connected, and the request has gone out."""
        return self._stream is not None

    def give_up(self) -> None:
        """End from outside: it took too long."""
        self._end(taken=False)

    def check_deadline(self, now: float, limit: float) -> None:
        """Give up where it takes longer than ``limit`` seconds; 0 is no limit."""
        if limit and now - self.began >= limit:
            self.give_up()

    def _on_connected(self, connected: socket.socket) -> None:
        self._connector = None
        stream = Stream(self._reactor, connected, self)
        if self._tls is None:
            self._send(stream)
        else:
            self._encrypting = Encrypting(stream, *self._tls, self, self._on_encrypted)

    def _on_encrypted(self, outcome: Stream | NotEncrypted) -> None:
        self._encrypting = None
        if isinstance(outcome, NotEncrypted):
            self._end(taken=False)
        else:
            self._send(outcome)

    def _send(self, stream: Stream) -> None:
        self._stream = stream
        stream.write(self._request)

    def _on_failed(self, error: OSError) -> None:  # noqa: ARG002 - any is the same
        self._connector = None
        self._end(taken=False)

    def on_readable(self) -> None:
        """Wait for the end; called by the stream."""
        if self._stream is None:
            return
        rest = bytearray(256)
        try:
            size = self._stream.recv_into(rest)
        except BlockingIOError:
            return
        except ConnectionResetError:
            # The postmaster's child may end with our bytes unread: it is an end.
            size = 0
        except OSError:
            self._end(taken=False)
            return
        if not size:
            self._end(taken=True)

    def on_drained(self) -> None:
        """Nothing waits for it; called by the stream."""

    def on_fault(self, error: Exception) -> None:  # noqa: ARG002 - reported elsewhere
        """A callback of ours failed; called by the stream."""
        self._end(taken=False)

    def _end(self, *, taken: bool) -> None:
        if self._done:
            return
        self._done = True
        if self._connector is not None:
            self._connector.cancel()
        if self._encrypting is not None:
            self._encrypting.cancel()
        if self._stream is not None:
            self._stream.close()
        self._then(self, taken)
