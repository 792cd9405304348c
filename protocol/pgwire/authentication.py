"""Authentication requests: one message type, told apart by a code word.

Source: PostgreSQL documentation, "Message Formats" (AuthenticationOk and so on).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from ._buffer import Reader, message, pack_text, pack_uint32
from ._message import BackendMessage
from .codes import AuthenticationCode, Backend
from .errors import LocalProtocolError

MD5_SALT_SIZE: Final = 4


@dataclass(frozen=True, slots=True)
class _Request(BackendMessage):
    """A request whose code is fixed; as it stands it has nothing but the code."""

    TYPE: ClassVar[int] = Backend.AUTHENTICATION
    CODE: ClassVar[int]

    def _body(self) -> bytes:
        return self.CODE.to_bytes(4, "big") + self._content()

    def _content(self) -> bytes:
        return b""

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        code = reader.uint32("code")
        if code != cls.CODE:
            raise reader.violation("code", f"is {code}, not {cls.CODE}")
        return cls._read_content(reader)

    @classmethod
    def _read_content(cls, reader: Reader) -> Self:  # noqa: ARG003 - subclasses do
        return cls()


@dataclass(frozen=True, slots=True)
class AuthenticationOk(_Request):
    """The server is content."""

    CODE: ClassVar[int] = AuthenticationCode.OK


@dataclass(frozen=True, slots=True)
class AuthenticationCleartextPassword(_Request):
    """The server wants the password itself."""

    CODE: ClassVar[int] = AuthenticationCode.CLEARTEXT_PASSWORD


@dataclass(frozen=True, slots=True)
class AuthenticationMD5Password(_Request):
    """The server wants the password hashed with this salt of 4 bytes."""

    CODE: ClassVar[int] = AuthenticationCode.MD5_PASSWORD

    salt: bytes

    def _content(self) -> bytes:
        if len(self.salt) != MD5_SALT_SIZE:
            raise LocalProtocolError(
                f"md5 salt of {len(self.salt)} bytes, it must have {MD5_SALT_SIZE}"
            )
        return self.salt

    @classmethod
    def _read_content(cls, reader: Reader) -> Self:
        return cls(reader.take(MD5_SALT_SIZE, "salt"))


@dataclass(frozen=True, slots=True)
class AuthenticationSASL(_Request):
    """The server offers SASL mechanisms, the one it prefers first."""

    CODE: ClassVar[int] = AuthenticationCode.SASL

    mechanisms: tuple[str, ...]

    def _content(self) -> bytes:
        return b"".join(map(pack_text, self.mechanisms)) + b"\0"

    @classmethod
    def _read_content(cls, reader: Reader) -> Self:
        mechanisms: list[str] = []
        while mechanism := reader.text("mechanism"):
            mechanisms.append(mechanism)
        return cls(tuple(mechanisms))


@dataclass(frozen=True, slots=True)
class _SASLData(_Request):
    """Bytes of the SASL mechanism; never shown in a repr."""

    data: bytes = field(repr=False)

    @classmethod
    def of(cls, data: bytes) -> bytes:
        """Build the message of these data as `encode` does, without an object."""
        return message(cls.TYPE, cls.CODE.to_bytes(4, "big") + data)

    def _content(self) -> bytes:
        return self.data

    @classmethod
    def _read_content(cls, reader: Reader) -> Self:
        return cls(reader.rest())


@dataclass(frozen=True, slots=True)
class AuthenticationSASLContinue(_SASLData):
    """A challenge, to be answered by SASLResponse."""

    CODE: ClassVar[int] = AuthenticationCode.SASL_CONTINUE


@dataclass(frozen=True, slots=True)
class AuthenticationSASLFinal(_SASLData):
    """The outcome of the SASL exchange, with the server's own proof."""

    CODE: ClassVar[int] = AuthenticationCode.SASL_FINAL


@dataclass(frozen=True, slots=True)
class AuthenticationOther(BackendMessage):
    """A request of a kind that is not spoken here: GSS, SSPI, Kerberos, newer ones."""

    TYPE: ClassVar[int] = Backend.AUTHENTICATION

    code: int
    data: bytes = field(repr=False)

    @property
    def method(self) -> str:
        """The name of the method for a person, or the bare code."""
        return _OTHER_METHODS.get(self.code, f"code {self.code}")

    def _body(self) -> bytes:
        return pack_uint32(self.code) + self.data

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.uint32("code"), reader.rest())


_OTHER_METHODS: Mapping[int, str] = {
    AuthenticationCode.KERBEROS_V5: "Kerberos V5",
    AuthenticationCode.SCM_CREDENTIAL: "SCM credentials",
    AuthenticationCode.GSS: "GSSAPI",
    AuthenticationCode.GSS_CONTINUE: "GSSAPI",
    AuthenticationCode.SSPI: "SSPI",
}

Authentication = (
    AuthenticationOk
    | AuthenticationCleartextPassword
    | AuthenticationMD5Password
    | AuthenticationSASL
    | AuthenticationSASLContinue
    | AuthenticationSASLFinal
    | AuthenticationOther
)

_REQUESTS: Mapping[int, type[Authentication]] = {
    AuthenticationCode.OK: AuthenticationOk,
    AuthenticationCode.CLEARTEXT_PASSWORD: AuthenticationCleartextPassword,
    AuthenticationCode.MD5_PASSWORD: AuthenticationMD5Password,
    AuthenticationCode.SASL: AuthenticationSASL,
    AuthenticationCode.SASL_CONTINUE: AuthenticationSASLContinue,
    AuthenticationCode.SASL_FINAL: AuthenticationSASLFinal,
}


def decode_authentication(body: bytes | memoryview) -> Authentication:
    """Decode the body of any Authentication message, by its code.

    Raises ProtocolViolation for a body that does not fit its code.
    """
    code = Reader(body, "Authentication").uint32("code")
    return _REQUESTS.get(code, AuthenticationOther).decode(body)
