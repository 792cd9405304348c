"""Messages that a client sends, except COPY data (``copying``) and startup.

Names, SQL text and values are ``bytes``: a client may use any encoding, and the one
in force is known to the server only. Decoding checks the format, not the meaning;
what the format allows and PostgreSQL does not, PostgreSQL answers itself.

Source: PostgreSQL documentation, "Message Formats".
"""

from dataclasses import dataclass, field
from typing import ClassVar, Self

from ._buffer import (
    Reader,
    cstring,
    decode_text,
    pack_int16,
    pack_int16s,
    pack_int32,
    pack_text,
    pack_uint32,
    pack_uint32s,
    pack_value,
    pack_values,
)
from ._message import FrontendMessage
from .codes import Frontend, Target
from .errors import LocalProtocolError


@dataclass(frozen=True, slots=True)
class Query(FrontendMessage):
    """A simple query: one string, any number of statements."""

    TYPE: ClassVar[int] = Frontend.QUERY

    sql: bytes

    def _body(self) -> bytes:
        return cstring(self.sql)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.cstring("query string"))


@dataclass(frozen=True, slots=True)
class Parse(FrontendMessage):
    """Prepare a statement; an empty name is the unnamed one, type 0 is unspecified."""

    TYPE: ClassVar[int] = Frontend.PARSE

    statement: bytes
    sql: bytes
    parameter_types: tuple[int, ...] = ()

    def _body(self) -> bytes:
        return b"".join(
            (
                cstring(self.statement),
                cstring(self.sql),
                pack_uint32s(self.parameter_types),
            )
        )

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(
            reader.cstring("statement name"),
            reader.cstring("query string"),
            reader.uint32s("parameter types"),
        )


@dataclass(frozen=True, slots=True)
class Bind(FrontendMessage):
    """Make a portal from a statement; a parameter that is None is NULL."""

    TYPE: ClassVar[int] = Frontend.BIND

    portal: bytes
    statement: bytes
    parameter_formats: tuple[int, ...] = ()
    parameters: tuple[bytes | None, ...] = ()
    result_formats: tuple[int, ...] = ()

    def _body(self) -> bytes:
        return b"".join(
            (
                cstring(self.portal),
                cstring(self.statement),
                pack_int16s(self.parameter_formats),
                pack_values(self.parameters),
                pack_int16s(self.result_formats),
            )
        )

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(
            reader.cstring("portal name"),
            reader.cstring("statement name"),
            reader.int16s("parameter formats"),
            reader.values("parameters"),
            reader.int16s("result formats"),
        )


@dataclass(frozen=True, slots=True)
class _Targeted(FrontendMessage):
    """A statement or a portal, told apart by ``kind``, a constant of `Target`."""

    kind: int
    name: bytes

    def _body(self) -> bytes:
        if self.kind not in (Target.STATEMENT, Target.PORTAL):
            raise LocalProtocolError(f"{self.kind} is no kind: use Target's constants")
        return bytes((self.kind,)) + cstring(self.name)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        kind = reader.byte("kind")
        if kind not in (Target.STATEMENT, Target.PORTAL):
            raise reader.violation("kind", f"is byte {kind}, neither 'S' nor 'P'")
        return cls(kind, reader.cstring("name"))


@dataclass(frozen=True, slots=True)
class Describe(_Targeted):
    """Ask for parameter and row descriptions."""

    TYPE: ClassVar[int] = Frontend.DESCRIBE


@dataclass(frozen=True, slots=True)
class Close(_Targeted):
    """Drop a statement or a portal; it is no error if there is none."""

    TYPE: ClassVar[int] = Frontend.CLOSE


@dataclass(frozen=True, slots=True)
class Execute(FrontendMessage):
    """Run a portal; ``max_rows`` 0 is no limit."""

    TYPE: ClassVar[int] = Frontend.EXECUTE

    portal: bytes
    max_rows: int = 0

    def _body(self) -> bytes:
        return cstring(self.portal) + pack_int32(self.max_rows)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.cstring("portal name"), reader.int32("maximum row count"))


@dataclass(frozen=True, slots=True)
class Sync(FrontendMessage):
    """End an extended batch; answered by ReadyForQuery."""

    TYPE: ClassVar[int] = Frontend.SYNC


@dataclass(frozen=True, slots=True)
class Flush(FrontendMessage):
    """Ask for the replies so far; not answered itself."""

    TYPE: ClassVar[int] = Frontend.FLUSH


@dataclass(frozen=True, slots=True)
class Terminate(FrontendMessage):
    """End the session."""

    TYPE: ClassVar[int] = Frontend.TERMINATE


@dataclass(frozen=True, slots=True)
class FunctionCall(FrontendMessage):
    """Call a function by OID; an argument that is None is NULL."""

    TYPE: ClassVar[int] = Frontend.FUNCTION_CALL

    oid: int
    argument_formats: tuple[int, ...] = ()
    arguments: tuple[bytes | None, ...] = ()
    result_format: int = 0

    def _body(self) -> bytes:
        return b"".join(
            (
                pack_uint32(self.oid),
                pack_int16s(self.argument_formats),
                pack_values(self.arguments),
                pack_int16(self.result_format),
            )
        )

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(
            reader.uint32("function OID"),
            reader.int16s("argument formats"),
            reader.values("arguments"),
            reader.int16("result format"),
        )


@dataclass(frozen=True, slots=True)
class PasswordMessage(FrontendMessage):
    """Answer to a cleartext or md5 password request; never shown in a repr."""

    TYPE: ClassVar[int] = Frontend.PASSWORD

    password: bytes = field(repr=False)

    def _body(self) -> bytes:
        return cstring(self.password)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.cstring("password"))


@dataclass(frozen=True, slots=True)
class SASLInitialResponse(FrontendMessage):
    """Choice of a SASL mechanism; ``data`` None is an absent initial response."""

    TYPE: ClassVar[int] = Frontend.PASSWORD

    mechanism: str
    data: bytes | None = field(repr=False)

    def _body(self) -> bytes:
        return pack_text(self.mechanism) + pack_value(self.data)

    @classmethod
    def decode(cls, body: bytes | memoryview) -> Self:
        """Build the object; see Message."""
        whole = bytes(body)
        name, _, value = whole.partition(b"\0")
        # What nearly all are, at once; of all else it is told what is wrong.
        if len(value) >= 4 and int.from_bytes(value[:4], "big") == len(value) - 4:
            return cls(decode_text(name), value[4:])
        # Plain super() would mean the class without slots.
        return super(SASLInitialResponse, cls).decode(whole)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.text("mechanism"), reader.value("initial response"))


@dataclass(frozen=True, slots=True)
class SASLResponse(FrontendMessage):
    """A further message of the SASL mechanism."""

    TYPE: ClassVar[int] = Frontend.PASSWORD

    data: bytes = field(repr=False)

    def _body(self) -> bytes:
        return self.data

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.rest())
