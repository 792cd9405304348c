"""Opening a connection to PostgreSQL: reach it, log in, see what it is, connect_query.

No task: each step's callback begins the next. An opening ends once, by ``then``.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from pgpool_py.net.address import Address, address_text, unix_socket_path
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.resolver import Resolver
from pgpool_py.net.socket_options import TcpOptions
from pgpool_py.net.stream import Stream
from pgpool_py.net.tls import TlsStream
from pgpool_py.reasons import Reason
from pgwire.backend import DataRow, ParameterStatus
from pgwire.codes import Backend
from pgwire.diagnostics import ErrorResponse
from pgwire.end_point import server_end_point
from pgwire.errors import ProtocolError
from pgwire.framing import HEADER_SIZE, message_end
from pgwire.frontend import Query, Terminate
from pgwire.scram import ChannelBinding
from pgwire.server_login import MAX_PARAMETERS, ServerLogin, ServerRefused
from pgwire.server_secret import ServerSecret
from pgwire.session_attrs import TargetSessionAttrs, misfit, question

from .encrypting import ServerTls
from .reaching import NotReached, Reached, Reaching

# No message of a login is near this; ErrorResponse may hold a long text.
MOST_UNREAD: Final = 64 * 1024
TERMINATE: Final = Terminate().encode()

_UNKNOWN: Final = "target_session_attrs cannot be checked"


@dataclass(frozen=True, slots=True)
class Destination:
    """One host of a database, and what is said there at login.

    Attributes:
        host: an address, a name, or the directory of a unix socket.
        startup: parameters of the startup packet, without the user.
        query: ``connect_query``, empty for none.
        wanted: what the server must be like.
        tls: how it is encrypted, None for not.
    """

    host: str
    port: int
    user: str
    secret: ServerSecret
    startup: dict[str, str]
    query: str = field(repr=False)
    wanted: TargetSessionAttrs = TargetSessionAttrs.ANY
    tls: ServerTls | None = None

    def __str__(self) -> str:
        return place_text(self.host, self.port)


def place_text(host: str, port: int) -> str:
    """Give ``127.0.0.1:5432``, or a socket's path where ``host`` is a directory."""
    if host.startswith(("/", "@")):
        return unix_socket_path(host, port)
    return address_text((host, port))


@dataclass(frozen=True, slots=True)
class Opened:
    """A server that is logged in, its stream without a handler that matters.

    Attributes:
        reported: its parameters, those that ``connect_query`` changed included.
    """

    stream: Stream
    destination: Destination
    address: Address
    pid: int
    cancel_key: bytes = field(repr=False)
    reported: dict[str, str]


@dataclass(frozen=True, slots=True)
class OpeningFailed:
    """Why a server could not be opened; ``error`` is what it said, if anything."""

    reason: Reason
    text: str
    error: ErrorResponse | None = None


class Then(Protocol):
    """What is called at the end of an opening."""

    def __call__(self, opening: "Opening", outcome: Opened | OpeningFailed) -> None:
        """Take the outcome."""


class Opening:
    """One attempt; :meth:`start` it once, :meth:`fail` it when its time is over."""

    __slots__ = (
        "_address",
        "_answer",
        "_buffer",
        "_destination",
        "_done",
        "_login",
        "_reaching",
        "_reported",
        "_stream",
        "_take",
        "_then",
        "started",
    )

    def __init__(
        self,
        reactor: Reactor,
        options: TcpOptions,
        destination: Destination,
        then: Then,
    ) -> None:
        self._destination = destination
        self._then = then
        self._buffer = bytearray()
        where = (destination.host, destination.port)
        self._reaching = Reaching(
            reactor,
            options,
            where,
            tls=destination.tls,
            handler=self,
            then=self._on_reached,
        )
        self._stream: Stream | None = None
        self._address: Address = ""
        self._login: ServerLogin | None = None
        self._take: Callable[[int, bytes], bool] = self._take_login_message
        self._answer: bytes | None = None
        self._reported: dict[str, str] = {}
        self._done = False
        self.started = reactor.now

    @property
    def destination(self) -> Destination:
        """Where to."""
        return self._destination

    def start(self, resolver: Resolver) -> None:
        """Look the host up, and go on from there."""
        self._reaching.start(resolver)

    def fail(self, reason: Reason, text: str) -> None:
        """End the attempt from outside: too late, or no longer needed."""
        self._end(OpeningFailed(reason, text))

    def check_deadline(self, now: float, limit: float) -> None:
        """Give up where it takes longer than ``limit`` seconds; 0 is no limit.

        Of several addresses, each has its share of that to take the connection.
        """
        if not limit:
            return
        if now - self.started >= limit:
            self.fail(Reason.CONNECT_TIMEOUT, f"connect timeout after {limit:g} s")
        else:
            self._reaching.check_share(now, limit)

    # Steps

    def _on_reached(self, outcome: Reached | NotReached) -> None:
        if isinstance(outcome, NotReached):
            self._end(OpeningFailed(outcome.reason, outcome.text))
            return
        self._stream, self._address = outcome.stream, outcome.address
        where = self._destination
        self._login = ServerLogin(
            where.user,
            where.secret,
            where.startup,
            secrets.token_urlsafe(18),
            binding=_binding(outcome.stream),
        )
        self._stream.write(self._login.start())

    def on_readable(self) -> None:
        """Take what the server says; called by the stream."""
        if self._stream is None or self._done:
            return
        chunk = bytearray(MOST_UNREAD)
        try:
            size = self._stream.recv_into(chunk)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            text = "server closed the connection during login"
            self._end(OpeningFailed(Reason.CONNECT_FAILED, f"connect failed: {text}"))
            return
        self._buffer += chunk[:size]
        try:
            ready = self._take_messages()
        except ServerRefused as refused:
            self._end(
                OpeningFailed(
                    Reason.SERVER_LOGIN_FAILED, refused.message, refused.error
                )
            )
            return
        except ProtocolError as error:
            self._end(OpeningFailed(Reason.SERVER_LOGIN_FAILED, str(error)))
            return
        if ready:
            # Not above: what follows from it is no fault of the server's messages.
            self._succeed()

    def _take_messages(self) -> bool:
        """Take what is there; tell whether the server is ready."""
        buffer = self._buffer
        while not self._done and len(buffer) >= HEADER_SIZE:
            end = message_end(buffer, 0)
            if end > MOST_UNREAD or end < HEADER_SIZE:
                text = f"a message of {end} bytes during login"
                self._end(OpeningFailed(Reason.SERVER_PROTOCOL_VIOLATION, text))
                return False
            if end > len(buffer):
                return False
            kind, body = buffer[0], bytes(buffer[HEADER_SIZE:end])
            del buffer[:end]
            if self._take(kind, body):
                return True
        return False

    def _take_login_message(self, kind: int, body: bytes) -> bool:
        login = self._login
        if login is None:
            return False
        answer = login.receive(kind, body)
        if self._stream is not None and answer:
            self._stream.write(answer)
        if not login.done:
            return False
        self._reported.update(login.parameters)
        asked = question(self._destination.wanted, self._reported)
        if asked:
            return self._ask(asked, self._take_answer)
        return self._judge()

    def _ask(self, sql: str, take: Callable[[int, bytes], bool]) -> bool:
        self._take = take
        if self._stream is not None:
            self._stream.write(Query(sql.encode()).encode())
        return False

    def _take_answer(self, kind: int, body: bytes) -> bool:
        """Take what an older server says of itself."""
        if kind == Backend.ERROR_RESPONSE:
            self._unfit(f"{_UNKNOWN}: {ErrorResponse.decode(body).message}")
        elif kind == Backend.DATA_ROW:
            self._answer = next(iter(DataRow.decode(body).values), None)
        elif kind == Backend.READY_FOR_QUERY:
            if self._answer is not None:
                return self._judge()
            self._unfit(f"{_UNKNOWN}: it does not say")
        return False

    def _judge(self) -> bool:
        """End it if the server is not what is wanted; else go on."""
        destination = self._destination
        fault = misfit(destination.wanted, self._reported, self._answer)
        if fault:
            self._unfit(fault)
            return False
        if destination.query:
            return self._ask(destination.query, self._take_query_reply)
        return True

    def _unfit(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(TERMINATE)
        self._end(OpeningFailed(Reason.HOST_UNFIT, text))

    def _take_query_reply(self, kind: int, body: bytes) -> bool:
        if kind == Backend.ERROR_RESPONSE:
            error = ErrorResponse.decode(body)
            text = f"connect_query failed: {error.message}"
            self._end(OpeningFailed(Reason.CONNECT_QUERY_FAILED, text))
        elif kind == Backend.PARAMETER_STATUS:
            self._take_report(ParameterStatus.decode(body))
        return kind == Backend.READY_FOR_QUERY

    def _take_report(self, status: ParameterStatus) -> None:
        self._reported[status.name] = status.value
        if len(self._reported) > MAX_PARAMETERS:
            text = (
                f"the server reports more than {MAX_PARAMETERS} parameters during login"
            )
            self._end(OpeningFailed(Reason.SERVER_PROTOCOL_VIOLATION, text))

    # End

    def _succeed(self) -> None:
        stream, login = self._stream, self._login
        if stream is None or login is None:
            return
        self._stream = None
        self._end(
            Opened(
                stream,
                self._destination,
                self._address,
                login.backend_pid,
                login.cancel_key,
                self._reported,
            )
        )

    def _end(self, outcome: Opened | OpeningFailed) -> None:
        if self._done:
            return
        self._done = True
        self._reaching.cancel()
        if self._stream is not None:
            self._stream.close()
        self._then(self, outcome)

    def on_drained(self) -> None:
        """Nothing waits for it; called by the stream."""

    def on_fault(self, error: Exception) -> None:
        """A callback of ours failed; called by the stream."""
        text = f"internal error: {type(error).__name__}"
        self._end(OpeningFailed(Reason.INTERNAL_ERROR, text))


def _binding(stream: Stream) -> ChannelBinding | None:
    """Give what SCRAM is bound to on this stream, None if to nothing."""
    if not isinstance(stream, TlsStream):
        return None
    certificate = stream.secured.getpeercert(binary_form=True)
    try:
        return None if certificate is None else server_end_point(certificate)
    except ValueError:
        return None
