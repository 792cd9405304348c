"""Our login to a server, from the startup packet to ReadyForQuery.

    STARTED ──Ok──────────────────────────────────────────────▶ AUTHENTICATED
       │ ├──Cleartext/MD5──▶ PASSWORD_SENT ──Ok──────────────▶       │
       │ └──SASL──▶ SASL_FIRST ──Continue──▶ SASL_FINAL              │
       │                                        │ Final              │
       │                                        ▼                    │
       │                                   SASL_VERIFIED ──Ok──▶     │
       └──NegotiateProtocolVersion──▶ STARTED                        │
                                     ParameterStatus, BackendKeyData │
                                                       ReadyForQuery ▼
                                                                   DONE

Notices pass anywhere, an ErrorResponse ends the login anywhere. AuthenticationOk in
the midst of SASL is refused: the server would not have proved that it knows the
password. Source: PostgreSQL documentation, "Start-up".
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, ClassVar, Final

from ._message import BackendMessage
from .authentication import (
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
    AuthenticationOk,
    AuthenticationOther,
    AuthenticationSASL,
    AuthenticationSASLContinue,
    AuthenticationSASLFinal,
    decode_authentication,
)
from .backend import (
    BackendKeyData,
    NegotiateProtocolVersion,
    ParameterStatus,
    ReadyForQuery,
)
from .codes import PROTOCOL_3_0, Backend, ErrorField, Sqlstate
from .diagnostics import ErrorResponse, NoticeResponse
from .errors import (
    LocalProtocolError,
    ProtocolError,
    ProtocolViolation,
    UnsupportedFeature,
)
from .frontend import SASLInitialResponse, SASLResponse
from .scram import MECHANISM, MECHANISM_PLUS, ChannelBinding
from .scram_client import DEFAULT_MAX_ITERATIONS, ScramClient
from .server_secret import ServerSecret
from .startup import StartupMessage

# PostgreSQL 18 reports 15 parameters; extensions may add theirs.
MAX_PARAMETERS: Final = 1000


class ServerRefused(ProtocolError):  # noqa: N818 - "Error" is what it carries
    """The server ended the login with an ErrorResponse, kept in ``error``."""

    def __init__(self, error: ErrorResponse) -> None:
        super().__init__(
            error.message,
            sqlstate=error.sqlstate or Sqlstate.CANNOT_CONNECT,
            detail=error.fields.get(ErrorField.DETAIL),
            hint=error.fields.get(ErrorField.HINT),
        )
        self.error = error


class ServerState(Enum):
    """Where a login to a server stands."""

    NEW = auto()
    STARTED = auto()
    PASSWORD_SENT = auto()
    SASL_FIRST = auto()
    SASL_FINAL = auto()
    SASL_VERIFIED = auto()
    AUTHENTICATED = auto()
    DONE = auto()
    FAILED = auto()


_Row = tuple[Callable[["ServerLogin", Any], bytes], ServerState | None]

_DECODERS: Mapping[int, Callable[[bytes], BackendMessage]] = {
    Backend.AUTHENTICATION: decode_authentication,
    Backend.BACKEND_KEY_DATA: BackendKeyData.decode,
    Backend.ERROR_RESPONSE: ErrorResponse.decode,
    Backend.NEGOTIATE_PROTOCOL_VERSION: NegotiateProtocolVersion.decode,
    Backend.NOTICE_RESPONSE: NoticeResponse.decode,
    Backend.PARAMETER_STATUS: ParameterStatus.decode,
    Backend.READY_FOR_QUERY: ReadyForQuery.decode,
}


class ServerLogin:
    """One login: call `start` once, then `receive` for each message until `done`.

    ``parameters`` goes into the startup packet behind the user. ``nonce`` is fresh
    printable ASCII for SCRAM. ``binding`` is given on TLS where channel binding is
    wanted. After an exception the login is over, and so is the connection.
    """

    __slots__ = (
        "_binding",
        "_cancel_key",
        "_max_iterations",
        "_nonce",
        "_parameters",
        "_pid",
        "_scram",
        "_secret",
        "_startup",
        "_state",
        "_user",
        "_version",
    )

    def __init__(
        self,
        user: str,
        secret: ServerSecret,
        parameters: Mapping[str, str],
        nonce: str,
        *,
        protocol_minor: int = 0,
        binding: ChannelBinding | None = None,
        max_iterations: int = DEFAULT_MAX_ITERATIONS,
    ) -> None:
        # The first "user" sets its place in front, the last one its value.
        in_order = {"user": user, **parameters} | {"user": user}
        self._startup = StartupMessage(protocol_minor, in_order)
        self._user = user
        self._secret = secret
        self._nonce = nonce
        self._binding = binding
        self._max_iterations = max_iterations
        self._state = ServerState.NEW
        self._scram: ScramClient | None = None
        self._version = PROTOCOL_3_0 + protocol_minor
        self._parameters: dict[str, str] = {}
        self._pid = 0
        self._cancel_key = b""

    @property
    def state(self) -> ServerState:
        """Where the login stands."""
        return self._state

    @property
    def done(self) -> bool:
        """Whether the server is ready for queries."""
        return self._state is ServerState.DONE

    @property
    def parameters(self) -> Mapping[str, str]:
        """What the server reported by ParameterStatus, in its order."""
        return MappingProxyType(self._parameters)

    @property
    def backend_pid(self) -> int:
        """The server's process id, 0 where it sent none."""
        return self._pid

    @property
    def cancel_key(self) -> bytes:
        """The key for a CancelRequest, empty where the server sent none."""
        return self._cancel_key

    @property
    def version(self) -> int:
        """The protocol in force, such as 196608 for 3.0."""
        return self._version

    def start(self) -> bytes:
        """Return the startup packet."""
        if self._state is not ServerState.NEW:
            raise LocalProtocolError("this server login was started before")
        self._state = ServerState.STARTED
        return self._startup.encode()

    def receive(self, type_byte: int, body: bytes) -> bytes:
        """Take one message of the server, return the bytes to send, maybe none.

        Raises:
            ServerRefused: the server sent an ErrorResponse.
            LoginFailed: what we know does not fit what it asks for, or it did not
                prove itself.
            UnsupportedFeature: it asks for a method that is not spoken here.
            ProtocolViolation: the message is invalid, or not allowed here.

        """
        if self._state in (ServerState.NEW, ServerState.DONE, ServerState.FAILED):
            raise LocalProtocolError(f"server login is {self._state.name}")
        try:
            return self._step(type_byte, body)
        except ProtocolError:
            self._state = ServerState.FAILED
            raise

    def _step(self, type_byte: int, body: bytes) -> bytes:
        decode = _DECODERS.get(type_byte)
        if decode is None:
            raise self._unexpected(f"of type {chr(type_byte)!r}")
        received = decode(body)
        kind = type(received)
        row = self._ANYWHERE.get(kind) or self._TABLE[self._state].get(kind)
        if row is None:
            raise self._unexpected(kind.__name__)
        handler, following = row
        reply = handler(self, received)
        self._state = following or self._state
        return reply

    def _unexpected(self, name: str) -> ProtocolViolation:
        return ProtocolViolation(
            f"server login failed: unexpected message {name}",
            detail=f"the login is {self._state.name}",
        )

    def _on_error(self, error: ErrorResponse) -> bytes:
        raise ServerRefused(error)

    def _on_other(self, request: AuthenticationOther) -> bytes:
        raise UnsupportedFeature(
            f"server login failed: the server asks for {request.method} "
            "authentication, which is not supported"
        )

    def _ignore(self, _: BackendMessage) -> bytes:
        return b""

    def _on_negotiate(self, offer: NegotiateProtocolVersion) -> bytes:
        if not PROTOCOL_3_0 <= offer.version <= self._version:
            raise ProtocolViolation(
                f"server login failed: the server offers protocol {offer.version}, "
                f"asked for was {self._version}"
            )
        self._version = offer.version
        return b""

    def _on_cleartext(self, _: AuthenticationCleartextPassword) -> bytes:
        return self._secret.cleartext_answer(self._user).encode()

    def _on_md5(self, request: AuthenticationMD5Password) -> bytes:
        return self._secret.md5_answer(self._user, request.salt).encode()

    def _on_sasl(self, request: AuthenticationSASL) -> bytes:
        plus = self._binding is not None and MECHANISM_PLUS in request.mechanisms
        mechanism = MECHANISM_PLUS if plus else MECHANISM
        if mechanism not in request.mechanisms:
            offered = ", ".join(request.mechanisms)
            raise UnsupportedFeature(
                "server login failed: the server offers no SASL mechanism that is "
                "supported",
                detail=f"offered: {offered}",
            )
        self._scram = ScramClient(
            self._secret.scram_credentials(self._user),
            self._nonce,
            binding=self._binding if plus else None,
            could_bind=self._binding is not None,
            max_iterations=self._max_iterations,
        )
        return SASLInitialResponse(mechanism, self._scram.first()).encode()

    def _on_continue(self, request: AuthenticationSASLContinue) -> bytes:
        return SASLResponse(self._exchange.final(request.data)).encode()

    def _on_final(self, request: AuthenticationSASLFinal) -> bytes:
        self._exchange.verify(request.data)
        return b""

    def _on_parameter(self, status: ParameterStatus) -> bytes:
        self._parameters[status.name] = status.value
        if len(self._parameters) > MAX_PARAMETERS:
            raise ProtocolViolation(
                "server login failed: the server reports more than "
                f"{MAX_PARAMETERS} parameters"
            )
        return b""

    def _on_key_data(self, data: BackendKeyData) -> bytes:
        self._pid = data.pid
        self._cancel_key = data.key
        return b""

    @property
    def _exchange(self) -> ScramClient:
        if self._scram is None:
            raise LocalProtocolError("no SCRAM exchange has begun")
        return self._scram

    # A row: what to do, and the state to go to; None stays.
    _ANYWHERE: ClassVar[Mapping[type, _Row]] = {
        ErrorResponse: (_on_error, None),
        NoticeResponse: (_ignore, None),
        AuthenticationOther: (_on_other, None),
    }

    _TABLE: ClassVar[Mapping[ServerState, Mapping[type, _Row]]] = {
        ServerState.STARTED: {
            NegotiateProtocolVersion: (_on_negotiate, None),
            AuthenticationOk: (_ignore, ServerState.AUTHENTICATED),
            AuthenticationCleartextPassword: (
                _on_cleartext,
                ServerState.PASSWORD_SENT,
            ),
            AuthenticationMD5Password: (_on_md5, ServerState.PASSWORD_SENT),
            AuthenticationSASL: (_on_sasl, ServerState.SASL_FIRST),
        },
        ServerState.PASSWORD_SENT: {
            AuthenticationOk: (_ignore, ServerState.AUTHENTICATED),
        },
        ServerState.SASL_FIRST: {
            AuthenticationSASLContinue: (_on_continue, ServerState.SASL_FINAL),
        },
        ServerState.SASL_FINAL: {
            AuthenticationSASLFinal: (_on_final, ServerState.SASL_VERIFIED),
        },
        ServerState.SASL_VERIFIED: {
            AuthenticationOk: (_ignore, ServerState.AUTHENTICATED),
        },
        ServerState.AUTHENTICATED: {
            ParameterStatus: (_on_parameter, None),
            BackendKeyData: (_on_key_data, None),
            ReadyForQuery: (_ignore, ServerState.DONE),
        },
    }
