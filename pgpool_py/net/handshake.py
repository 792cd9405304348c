"""A TLS handshake, stepped by the reactor: it has a deadline only from its caller."""

import socket
import ssl
from collections.abc import Callable
from typing import TypeAlias

from .poller import READ, WRITE
from .reactor import Reactor

Outcome: TypeAlias = ssl.SSLSocket | OSError


class Handshake:
    """Makes an encrypted socket of a connected one; tells ``then`` once.

    What comes of it is the SSLSocket, whose owner the caller is from then on, or the
    error, the socket being closed.
    """

    __slots__ = ("_interest", "_reactor", "_then", "_wrapped")

    def __init__(
        self,
        reactor: Reactor,
        connected: socket.socket,
        context: ssl.SSLContext,
        then: Callable[[Outcome], None],
        *,
        server_side: bool,
        server_hostname: str | None = None,
    ) -> None:
        """Begin.

        Args:
            reactor: watches the socket; nobody else may watch it.
            connected: non-blocking; it must not be used any more.
            context: with the certificates, and what is demanded of the other side.
            then: told of the outcome, never before the constructor has returned.
            server_side: whether we are the server.
            server_hostname: of the server, for SNI and, where the context asks for
                that, to be compared with its certificate.
        """
        self._reactor = reactor
        self._then = then
        self._wrapped: ssl.SSLSocket | None = context.wrap_socket(
            connected,
            server_side=server_side,
            server_hostname=server_hostname,
            do_handshake_on_connect=False,
        )
        # A client speaks first, and finds that it may.
        self._interest = READ if server_side else WRITE
        reactor.watch(self._wrapped.fileno(), self, self._interest)

    def on_readable(self) -> None:
        """Go on; called by the reactor."""
        wrapped = self._wrapped
        if wrapped is None:
            return
        try:
            wrapped.do_handshake()
        except ssl.SSLWantReadError:
            self._want(wrapped, READ)
        except ssl.SSLWantWriteError:
            self._want(wrapped, WRITE)
        except (OSError, ValueError) as error:
            self.cancel()
            self._then(error if isinstance(error, OSError) else ssl.SSLError(error))
        else:
            self._release(wrapped)
            self._then(wrapped)

    on_writable = on_readable

    def _want(self, wrapped: ssl.SSLSocket, interest: int) -> None:
        if interest != self._interest:
            self._interest = interest
            self._reactor.rewatch(wrapped.fileno(), interest)

    def _release(self, wrapped: ssl.SSLSocket) -> None:
        self._wrapped = None
        self._reactor.unwatch(wrapped.fileno())

    def cancel(self) -> None:
        """Close the socket, and tell nobody; nothing if it is over."""
        wrapped = self._wrapped
        if wrapped is not None:
            self._release(wrapped)
            wrapped.close()

    def on_fault(self, error: Exception) -> None:  # noqa: ARG002 - reported elsewhere
        """A callback of ours failed: leave nothing open; called by the reactor."""
        self.cancel()
