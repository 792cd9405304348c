"""The authentication of a client, after its startup packet and before its session.

    NEW ──start──▶ PASSWORD ───────────────────────────▶ DONE
      │ ├────────▶ MD5 ────────────────────────────────▶ DONE
      │ └────────▶ SASL_INITIAL ─┬───────▶ SASL_FINAL ─▶ DONE
      │                          └─▶ SASL_FIRST ─▲
      └─ trust, any ───────────────────────────────────▶ DONE

An unknown user goes the same way as a known one and fails at the end of it with the
same text. Source: PostgreSQL documentation, "Start-up" and "SASL Authentication";
``libpq/auth.c``. The texts are PgBouncer's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum, auto
from typing import ClassVar, Final

from ._buffer import decode_text
from .authentication import (
    MD5_SALT_SIZE,
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
    AuthenticationOk,
    AuthenticationSASL,
    AuthenticationSASLContinue,
    AuthenticationSASLFinal,
)
from .codes import Frontend
from .errors import (
    AuthenticationFailed,
    LocalProtocolError,
    ProtocolError,
    ProtocolViolation,
)
from .frontend import PasswordMessage, SASLInitialResponse
from .scram import (
    DEFAULT_ITERATIONS,
    MECHANISM,
    MECHANISM_PLUS,
    ChannelBinding,
    ScramKeys,
    ScramSecret,
)
from .scram_server import ScramServer
from .stored_secret import StoredSecret

# PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH is 65 535, and PgBouncer takes passwords of
# up to 65 530 bytes.
MAX_PASSWORD_MESSAGE: Final = 65_536

# Bytes of a mock key below this would make mock salts guessable.
_MIN_MOCK_KEY = 16

_OK = AuthenticationOk().encode()
_SASL = AuthenticationSASL((MECHANISM,)).encode()
_SASL_PLUS = AuthenticationSASL((MECHANISM_PLUS, MECHANISM)).encode()


class AuthMethod(StrEnum):
    """How a client proves itself, under PgBouncer's names for ``auth_type``."""

    TRUST = "trust"
    ANY = "any"
    PLAIN = "plain"
    MD5 = "md5"
    SCRAM = "scram-sha-256"


class ClientState(IntEnum):
    """Where the authentication of a client stands."""

    NEW = auto()
    PASSWORD = auto()
    MD5 = auto()
    SASL_INITIAL = auto()
    SASL_FIRST = auto()
    SASL_FINAL = auto()
    DONE = auto()
    FAILED = auto()


_FIRST: Final[Mapping[AuthMethod, ClientState]] = {
    AuthMethod.TRUST: ClientState.DONE,
    AuthMethod.ANY: ClientState.DONE,
    AuthMethod.PLAIN: ClientState.PASSWORD,
    AuthMethod.MD5: ClientState.MD5,
    AuthMethod.SCRAM: ClientState.SASL_INITIAL,
}


# Final, not frozen: made at each login.
@dataclass(slots=True, unsafe_hash=True)
class Challenge:
    """The randomness of one authentication.

    Attributes:
        md5_salt: 4 fresh random bytes.
        nonce: fresh printable ASCII without comma, of 18 random bytes or more.
        mock_key: at least 16 random bytes, the same as long as the process lives.

    """

    md5_salt: Final[bytes]
    nonce: Final[str]
    mock_key: Final[bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.md5_salt) != MD5_SALT_SIZE or len(self.mock_key) < _MIN_MOCK_KEY:
            raise LocalProtocolError(
                f"a challenge needs a salt of {MD5_SALT_SIZE} bytes and a mock key "
                f"of at least {_MIN_MOCK_KEY}"
            )


class ClientLogin:
    """One authentication: call `start` once, then `receive` until `done`.

    ``secret`` is the stored one: a plain password, an ``md5`` or SCRAM string, a
    ScramSecret, or None for a user that does not exist. An empty one fits nothing.

    ``verifier`` saves the slow derivation of SCRAM keys. For a plain secret pass what
    ``derive(secret, salt_for(user, mock_key), iterations)`` gave before. For an
    unknown user pass ``mock_secret(user, mock_key, iterations)`` where known users
    need no derivation either; without it one derivation is made for it as well, so
    that the time taken does not tell who exists. With PLAIN pass it for all who have no
    SCRAM secret, where others have one: what does not fit is then as slow for all.

    md5 becomes SCRAM where the secret is a SCRAM secret. An installation in which
    that is the rule should pass SCRAM, not MD5, for unknown users.

    ``binding`` offers SCRAM-SHA-256-PLUS. After an exception the authentication is
    over, and so is the connection.
    """

    __slots__ = (
        "_binding",
        "_challenge",
        "_keys",
        "_method",
        "_password",
        "_scram",
        "_secret",
        "_state",
    )

    def __init__(
        self,
        method: AuthMethod,
        user: str,
        secret: str | ScramSecret | None,
        challenge: Challenge,
        *,
        verifier: ScramSecret | None = None,
        iterations: int = DEFAULT_ITERATIONS,
        binding: ChannelBinding | None = None,
    ) -> None:
        self._secret = StoredSecret(
            user, secret, challenge.mock_key, verifier, iterations
        )
        upgraded = method is AuthMethod.MD5 and self._secret.is_scram
        self._method = AuthMethod.SCRAM if upgraded else method
        self._challenge = challenge
        self._binding = binding
        self._state = ClientState.NEW
        self._scram: ScramServer | None = None
        self._keys: ScramKeys | None = None
        self._password: str | None = None

    @property
    def state(self) -> ClientState:
        """Where the authentication stands."""
        return self._state

    @property
    def done(self) -> bool:
        """Whether the client is authenticated and AuthenticationOk was returned."""
        return self._state is ClientState.DONE

    @property
    def method(self) -> AuthMethod:
        """The method in use: SCRAM where md5 was upgraded."""
        return self._method

    @property
    def keys(self) -> ScramKeys | None:
        """SCRAM keys learned from the client, None with any other method.

        They open a server whose stored secret is the one that was given here; with a
        plain secret, whose salt is made up, they open none.
        """
        return self._keys

    @property
    def password(self) -> str | None:
        """The client's password once it was found right, None with other methods."""
        return self._password

    @property
    def is_slow(self) -> bool:
        """Whether the next message costs a derivation of SCRAM keys."""
        return self._state is ClientState.PASSWORD and self._secret.derives

    def start(self) -> bytes:
        """Return the first bytes: a request, or AuthenticationOk.

        Raises AuthenticationFailed for an unknown user under trust.
        """
        if self._state is not ClientState.NEW:
            raise LocalProtocolError("this client login was started before")
        if self._method is AuthMethod.TRUST and not self._secret.is_known:
            self._state = ClientState.FAILED
            raise AuthenticationFailed('"trust" authentication failed')
        self._state = _FIRST[self._method]
        return self._request()

    def receive(self, type_byte: int, body: bytes) -> bytes:
        """Take one message of the client, return the bytes to send.

        Raises:
            AuthenticationFailed: the user is not who it says, or does not exist.
            UnsupportedFeature: it asks for a part of SCRAM that is not spoken here.
            ProtocolViolation: the message is invalid, too long, or no answer.

        """
        handler = self._TABLE.get(self._state)
        if handler is None:
            raise LocalProtocolError(f"client login is {self._state.name}")
        try:
            _check_answer(type_byte, body)
            following, reply = handler(self, body)
        except ProtocolError:
            self._state = ClientState.FAILED
            raise
        self._state = following
        return reply

    def _request(self) -> bytes:
        """Give what the client is asked for, or AuthenticationOk."""
        match self._method:
            case AuthMethod.PLAIN:
                return AuthenticationCleartextPassword().encode()
            case AuthMethod.MD5:
                return AuthenticationMD5Password(self._challenge.md5_salt).encode()
            case AuthMethod.SCRAM:
                return _SASL if self._binding is None else _SASL_PLUS
            case _:
                return _OK

    def _on_password(self, body: bytes) -> tuple[ClientState, bytes]:
        given = _read_password(body)
        accepted = _accept(fits=self._secret.fits_plain(given))
        self._password = decode_text(given)
        return accepted

    def _on_md5(self, body: bytes) -> tuple[ClientState, bytes]:
        given = _read_password(body)
        salt = self._challenge.md5_salt
        return _accept(fits=self._secret.fits_md5(given, salt))

    def _on_sasl_initial(self, body: bytes) -> tuple[ClientState, bytes]:
        initial = SASLInitialResponse.decode(body)
        plus = initial.mechanism == MECHANISM_PLUS and self._binding is not None
        if not plus and initial.mechanism != MECHANISM:
            raise ProtocolViolation("client chose a SASL mechanism that is not offered")
        self._scram = ScramServer(
            self._secret.for_scram(),
            self._challenge.nonce,
            mock=not self._secret.can_scram,
            binding=self._binding if plus else None,
            plus_offered=self._binding is not None,
        )
        if initial.data is None:
            return ClientState.SASL_FIRST, AuthenticationSASLContinue.of(b"")
        return self._answer_first(initial.data)

    def _on_sasl_first(self, body: bytes) -> tuple[ClientState, bytes]:
        return self._answer_first(body)

    def _answer_first(self, client_first: bytes) -> tuple[ClientState, bytes]:
        reply = self._exchange.first(client_first)
        return ClientState.SASL_FINAL, AuthenticationSASLContinue.of(reply)

    def _on_sasl_final(self, body: bytes) -> tuple[ClientState, bytes]:
        # All of a SASLResponse is its data.
        exchange = self._exchange
        reply = exchange.final(body)
        self._keys = exchange.keys
        return ClientState.DONE, AuthenticationSASLFinal.of(reply) + _OK

    @property
    def _exchange(self) -> ScramServer:
        if self._scram is None:
            raise LocalProtocolError("no SCRAM exchange has begun")
        return self._scram

    _TABLE: ClassVar[
        Mapping[
            ClientState,
            Callable[["ClientLogin", bytes], tuple[ClientState, bytes]],
        ]
    ] = {
        ClientState.PASSWORD: _on_password,
        ClientState.MD5: _on_md5,
        ClientState.SASL_INITIAL: _on_sasl_initial,
        ClientState.SASL_FIRST: _on_sasl_first,
        ClientState.SASL_FINAL: _on_sasl_final,
    }


def _check_answer(type_byte: int, body: bytes) -> None:
    """Refuse what is no answer to an authentication request, or too long for one."""
    if type_byte != Frontend.PASSWORD:
        raise ProtocolViolation(
            f"expected password response, got message type {chr(type_byte)!r}"
        )
    if len(body) > MAX_PASSWORD_MESSAGE:
        raise ProtocolViolation(
            "password too long",
            detail=f"{len(body)} bytes, the limit is {MAX_PASSWORD_MESSAGE}",
        )


def _read_password(body: bytes) -> bytes:
    password = PasswordMessage.decode(body).password
    if not password:
        raise AuthenticationFailed("empty password returned by client")
    return password


def _accept(*, fits: bool) -> tuple[ClientState, bytes]:
    if not fits:
        raise AuthenticationFailed("password authentication failed")
    return ClientState.DONE, _OK
