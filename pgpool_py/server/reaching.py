"""Reaching a server: its name, a socket to one of its addresses, and TLS."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

from pgpool_py.net.address import Address
from pgpool_py.net.connector import Connector, connect
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.resolver import Resolver
from pgpool_py.net.socket_options import TcpOptions
from pgpool_py.net.stream import Handler, Stream
from pgpool_py.reasons import Reason

from .encrypting import Encrypting, NotEncrypted, ServerTls


@dataclass(frozen=True, slots=True)
class Reached:
    """A stream, encrypted where that was wanted, and the address it leads to."""

    stream: Stream
    address: Address


@dataclass(frozen=True, slots=True)
class NotReached:
    """Why there is no stream."""

    reason: Reason
    text: str


class Reaching:
    """One attempt; ``then`` is told once. :meth:`start` it once."""

    __slots__ = (
        "_addresses",
        "_connector",
        "_done",
        "_encrypting",
        "_handler",
        "_host",
        "_options",
        "_port",
        "_reactor",
        "_share",
        "_since",
        "_then",
        "_tls",
    )

    def __init__(
        self,
        reactor: Reactor,
        options: TcpOptions,
        where: tuple[str, int],
        *,
        tls: ServerTls | None,
        handler: Handler,
        then: Callable[[Reached | NotReached], None],
    ) -> None:
        self._reactor = reactor
        self._options = options
        self._host, self._port = where
        self._tls = tls
        self._handler = handler
        self._then = then
        self._addresses: list[Address] = []
        self._connector: Connector | None = None
        self._encrypting: Encrypting | None = None
        self._done = False
        self._share = 1.0
        self._since = reactor.now

    def start(self, resolver: Resolver) -> None:
        """Look the host up, and go on from there."""
        resolver.resolve(self._host, self._port, self._on_resolved)

    def check_share(self, now: float, limit: float) -> None:
        """Leave an address that had its share of ``limit`` seconds to connect."""
        if (
            self._connector is not None
            and len(self._addresses) > 1
            and now - self._since >= limit * self._share
        ):
            self._connector.cancel()
            self._connect_to_next()

    def cancel(self) -> None:
        """Leave nothing open, and tell nobody; nothing if it is over."""
        self._done = True
        if self._connector is not None:
            self._connector.cancel()
            self._connector = None
        if self._encrypting is not None:
            self._encrypting.cancel()
            self._encrypting = None

    def _on_resolved(self, found: list[Address] | OSError) -> None:
        if self._done:
            return
        if isinstance(found, OSError):
            self._fail(f"cannot resolve {self._host}: {_text(found)}")
            return
        self._addresses = list(found)
        self._share = 1 / len(found)
        self._connect()

    def _connect(self) -> None:
        self._since = self._reactor.now
        self._connector = connect(
            self._reactor,
            self._addresses[0],
            self._on_connected,
            self._on_connect_failed,
            self._options,
        )

    def _connect_to_next(self) -> None:
        del self._addresses[0]
        self._connect()

    def _on_connect_failed(self, error: OSError) -> None:
        self._connector = None
        if len(self._addresses) > 1:
            self._connect_to_next()
        else:
            self._fail(_text(error))

    def _fail(self, text: str) -> None:
        self._end(NotReached(Reason.CONNECT_FAILED, f"connect failed: {text}"))

    def _on_connected(self, connected: socket.socket) -> None:
        self._connector = None
        stream = Stream(self._reactor, connected, self._handler)
        if self._tls is None or isinstance(self._addresses[0], str):
            # By a unix socket PostgreSQL has no TLS.
            self._end(Reached(stream, self._addresses[0]))
        else:
            self._encrypting = Encrypting(
                stream, self._tls, self._host, self._handler, self._on_encrypted
            )

    def _on_encrypted(self, outcome: Stream | NotEncrypted) -> None:
        self._encrypting = None
        if isinstance(outcome, NotEncrypted):
            self._end(NotReached(Reason.TLS_FAILED, outcome.text))
        else:
            self._end(Reached(outcome, self._addresses[0]))

    def _end(self, outcome: Reached | NotReached) -> None:
        self._done = True
        self._then(outcome)


def _text(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
