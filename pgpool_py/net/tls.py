"""An encrypted stream: made when the handshake is done, and used like a plain one.

OpenSSL reads one record at a time and hands out what fits into the buffer it is given.
What is left of a record is in its memory, where the kernel's poller does not see it, so
it is read on before the next poll.

A write that the kernel did not take whole is tried again with the same bytes in front,
as OpenSSL demands (SSL_write(3), "bad write retry"): the backlog of a stream only grows
at its end until it is out.
"""

import contextlib
import ssl
from collections.abc import Callable
from typing import Final, TypeAlias, cast

from .poller import READ
from .reactor import Reactor
from .stream import Handler, Stream

ReadInto: TypeAlias = Callable[[int, bytearray | memoryview], int]

_NOT_NOW: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


class TlsStream(Stream):
    """One connection; see the module's text and :class:`Stream`."""

    __slots__ = ("_pending", "_read", "_read_on", "_tls", "_write")

    def __init__(
        self, reactor: Reactor, secured: ssl.SSLSocket, handler: Handler
    ) -> None:
        """Take over a non-blocking socket; its handshake is done."""
        super().__init__(reactor, secured, handler)
        self._tls = secured
        # With a buffer it gives a size; its annotation knows only the other form.
        self._read = cast(ReadInto, secured.read)
        self._write = secured.write
        self._pending = secured.pending
        self._read_on = _ReadOn(self)
        self._send = self._encrypt
        self.recv_into = self._decrypt

    @property
    def encryption(self) -> str:
        """Give protocol and cipher, as ``TLSv1.3/TLS_AES_256_GCM_SHA384``."""
        cipher = self._tls.cipher()
        name = "" if cipher is None else cipher[0]
        return f"{self._tls.version()}/{name}"

    @property
    def secured(self) -> ssl.SSLSocket:
        """The socket, for its certificates."""
        return self._tls

    @property
    def has_pending(self) -> bool:
        """Whether OpenSSL has bytes that nobody was given yet."""
        return self.fd >= 0 and self._pending() > 0

    def _decrypt(self, buffer: bytearray | memoryview) -> int:
        try:
            size = self._read(len(buffer), buffer)
        except _NOT_NOW:
            raise BlockingIOError from None
        except ssl.SSLZeroReturnError:
            return 0
        if size == len(buffer) and self._pending():
            self._reactor.gather(self._read_on)
        return size

    def _encrypt(self, data: bytes | bytearray | memoryview) -> int:
        try:
            return self._write(data)
        except _NOT_NOW:
            raise BlockingIOError from None

    def _want(self, interest: int) -> None:
        super()._want(interest)
        # Reading may have been resumed, and the poller tells of what is new alone.
        if interest & READ and self.has_pending:
            self._reactor.gather(self._read_on)

    def close(self) -> None:
        """Say that this is the end (close_notify), and give the socket back."""
        if self.fd >= 0:
            self.flush()
            with contextlib.suppress(OSError, ValueError):
                self._tls.unwrap()
        super().close()


class _ReadOn:
    """Has a stream read what OpenSSL still holds; see ``Flushable``."""

    __slots__ = ("_stream",)

    def __init__(self, stream: TlsStream) -> None:
        self._stream = stream

    def flush(self) -> None:
        """Read, unless that was done, or is not wanted now; called by the reactor."""
        if self._stream.has_pending and not self._stream.paused:
            self._stream.on_readable()

    def on_fault(self, error: Exception) -> None:
        """End the stream: its handler failed; called by the reactor."""
        self._stream.on_fault(error)
