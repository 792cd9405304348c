"""The way of a fresh connection to a server from clear text to TLS, or past it.

    asked      SSLRequest is sent; one byte is the answer
    handshake  after S, or at once where TLS is direct
    done       after N where TLS is only preferred: the same stream, in clear text

Nothing behind that one byte is read before the handshake: it could have been put there
by somebody else, to be taken for encrypted.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pgpool_py.net.handshake import Handshake
from pgpool_py.net.securing import secure
from pgpool_py.net.stream import Handler, Stream
from pgpool_py.net.tls import TlsStream
from pgwire.startup import SSLRequest

_REQUEST: Final = SSLRequest().encode()
_YES: Final = b"S"
_NO: Final = b"N"


@dataclass(frozen=True, slots=True)
class ServerTls:
    """What TLS is like towards servers.

    Attributes:
        context: with certificates, and what is demanded.
        required: whether a server that declines is left.
        direct: whether it begins without asking (PostgreSQL 17).
    """

    context: ssl.SSLContext
    required: bool
    direct: bool = False


@dataclass(frozen=True, slots=True)
class NotEncrypted:
    """Why it came to nothing; the connection is closed."""

    text: str


Outcome = Stream | NotEncrypted


class Encrypting:
    """One attempt; ``then`` is told once, never before the constructor has returned."""

    __slots__ = ("_handler", "_handshake", "_hostname", "_stream", "_then", "_tls")

    def __init__(
        self,
        stream: Stream,
        tls: ServerTls,
        hostname: str,
        handler: Handler,
        then: Callable[[Outcome], None],
    ) -> None:
        """Begin on a stream that nothing was written to.

        Args:
            stream: just connected.
            tls: as the settings want it.
            hostname: of the server, as it was configured.
            handler: of the stream that comes of it.
            then: told of the outcome.
        """
        self._tls = tls
        self._hostname = hostname
        self._handler = handler
        self._then = then
        self._handshake: Handshake | None = None
        self._stream: Stream | None = stream
        stream.handler = self
        if tls.direct:
            # In the next turn, like every other answer.
            stream.reactor.gather(self)
        else:
            stream.write(_REQUEST)

    def flush(self) -> None:
        """Begin a direct handshake; called by the reactor."""
        if self._stream is not None:
            self._secure(self._stream)

    def on_readable(self) -> None:
        """Take the answer; called by the stream."""
        stream = self._stream
        if stream is None:
            return
        answer = bytearray(1)
        try:
            size = stream.recv_into(answer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self._fail("server closed the connection instead of answering SSLRequest")
        elif answer == _YES:
            self._secure(stream)
        elif answer != _NO:
            self._fail("server does not understand SSLRequest")
        elif self._tls.required:
            self._fail("server refused SSL")
        else:
            self._stream = None
            stream.handler = self._handler
            self._then(stream)

    def _secure(self, stream: Stream) -> None:
        self._stream = None
        try:
            self._handshake = secure(
                stream,
                self._tls.context,
                self._handler,
                self._on_secured,
                server_side=False,
                server_hostname=self._hostname,
                direct=self._tls.direct,
            )
        except (OSError, ValueError) as error:
            # ValueError: a host name that no certificate can have.
            self._then(NotEncrypted(f"TLS cannot be begun: {error}"))

    def _on_secured(self, outcome: TlsStream | OSError) -> None:
        self._handshake = None
        if isinstance(outcome, OSError):
            self._then(NotEncrypted(f"TLS handshake failed: {_why(outcome)}"))
        else:
            self._then(outcome)

    def _fail(self, text: str) -> None:
        self.cancel()
        self._then(NotEncrypted(text))

    def cancel(self) -> None:
        """Close the connection, and tell nobody; nothing if it is over."""
        if self._handshake is not None:
            self._handshake.cancel()
            self._handshake = None
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def on_drained(self) -> None:
        """Nothing waits for it; called by the stream."""

    def on_fault(self, error: Exception) -> None:
        """A callback of ours failed; called by the stream."""
        self._fail(f"internal error: {type(error).__name__}")


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    reason = getattr(error, "reason", None)
    return str(reason or error.strerror or error)
