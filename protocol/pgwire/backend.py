"""Messages that a server sends, except authentication, COPY and diagnostics.

Those have their own files: ``authentication``, ``copying`` and ``diagnostics``.
Names, tags and values are ``bytes``, in whatever encoding the session uses. Names
and values of ParameterStatus are text: UTF-8 with surrogate escapes, so that any
bytes come out again as they went in.

Source: PostgreSQL documentation, "Message Formats".
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from ._buffer import (
    Reader,
    cstring,
    message,
    pack_count,
    pack_int16,
    pack_int32,
    pack_text,
    pack_uint32,
    pack_uint32s,
    pack_value,
    pack_values,
)
from ._message import BackendMessage
from .codes import Backend, TransactionStatus
from .errors import LocalProtocolError

# 4 bytes in protocol 3.0; 3.2 allows up to 256 (libpq/pqcomm.h).
MIN_CANCEL_KEY: Final = 4
MAX_CANCEL_KEY: Final = 256

_STATUSES = (
    TransactionStatus.IDLE,
    TransactionStatus.IN_TRANSACTION,
    TransactionStatus.FAILED,
)


@dataclass(frozen=True, slots=True)
class BackendKeyData(BackendMessage):
    """What a later CancelRequest must name; the key is never shown in a repr."""

    TYPE: ClassVar[int] = Backend.BACKEND_KEY_DATA

    pid: int
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, pid: int, key: bytes) -> bytes:
        """Build the message as `encode` does, without an object."""
        if not MIN_CANCEL_KEY <= len(key) <= MAX_CANCEL_KEY:
            raise LocalProtocolError(
                f"cancel key of {len(key)} bytes, "
                f"allowed are {MIN_CANCEL_KEY} to {MAX_CANCEL_KEY}"
            )
        return message(cls.TYPE, pack_int32(pid) + key)

    def encode(self) -> bytes:
        """Build the whole message; see Message."""
        return self.of(self.pid, self.key)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        pid = reader.int32("process id")
        key = reader.rest()
        if not MIN_CANCEL_KEY <= len(key) <= MAX_CANCEL_KEY:
            raise reader.violation("cancel key", f"has {len(key)} bytes")
        return cls(pid, key)


@dataclass(frozen=True, slots=True)
class ParameterStatus(BackendMessage):
    """The value of a parameter that is reported to clients."""

    TYPE: ClassVar[int] = Backend.PARAMETER_STATUS

    name: str
    value: str

    def _body(self) -> bytes:
        return pack_text(self.name) + pack_text(self.value)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.text("name"), reader.text("value"))


@dataclass(frozen=True, slots=True)
class ReadyForQuery(BackendMessage):
    """The end of an exchange; ``status`` is a constant of `TransactionStatus`."""

    TYPE: ClassVar[int] = Backend.READY_FOR_QUERY

    status: int

    def _body(self) -> bytes:
        if self.status not in _STATUSES:
            raise LocalProtocolError(f"{self.status} is no transaction status")
        return bytes((self.status,))

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        status = reader.byte("transaction status")
        if status not in _STATUSES:
            raise reader.violation("transaction status", f"is byte {status}")
        return cls(status)


@dataclass(frozen=True, slots=True)
class NegotiateProtocolVersion(BackendMessage):
    """An older protocol than asked for, or options that the server does not know.

    ``version`` is the whole protocol number, such as 196608 for 3.0, as PostgreSQL
    sends it (``SendNegotiateProtocolVersion``), and not the minor alone.
    """

    TYPE: ClassVar[int] = Backend.NEGOTIATE_PROTOCOL_VERSION

    version: int
    unknown_options: tuple[str, ...] = ()

    def _body(self) -> bytes:
        names = b"".join(map(pack_text, self.unknown_options))
        return pack_int32(self.version) + pack_int32(len(self.unknown_options)) + names

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        version = reader.int32("protocol version")
        number = reader.int32("option count")
        if number < 0:
            raise reader.violation("option count", f"is {number}")
        return cls(version, tuple([reader.text("option") for _ in range(number)]))


@dataclass(frozen=True, slots=True)
class NotificationResponse(BackendMessage):
    """A NOTIFY that reached this session; ``pid`` is the sender's."""

    TYPE: ClassVar[int] = Backend.NOTIFICATION_RESPONSE

    pid: int
    channel: bytes
    payload: bytes

    def _body(self) -> bytes:
        return pack_int32(self.pid) + cstring(self.channel) + cstring(self.payload)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(
            reader.int32("process id"),
            reader.cstring("channel"),
            reader.cstring("payload"),
        )


@dataclass(frozen=True, slots=True)
class FieldDescription:
    """One column of a RowDescription; formats are 0 (text) and 1 (binary)."""

    name: bytes
    type_oid: int
    type_size: int = -1
    type_modifier: int = -1
    format: int = 0
    table_oid: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class RowDescription(BackendMessage):
    """The columns of the rows to come."""

    TYPE: ClassVar[int] = Backend.ROW_DESCRIPTION

    fields: tuple[FieldDescription, ...]

    def _body(self) -> bytes:
        return pack_count(len(self.fields)) + b"".join(map(_pack_field, self.fields))

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        number = reader.count("column count")
        return cls(tuple([_read_field(reader) for _ in range(number)]))


def _pack_field(column: FieldDescription) -> bytes:
    return b"".join(
        (
            cstring(column.name),
            pack_uint32(column.table_oid),
            pack_int16(column.column),
            pack_uint32(column.type_oid),
            pack_int16(column.type_size),
            pack_int32(column.type_modifier),
            pack_int16(column.format),
        )
    )


def _read_field(reader: Reader) -> FieldDescription:
    # Keyword arguments are evaluated in the order written: the wire's.
    return FieldDescription(
        name=reader.cstring("column name"),
        table_oid=reader.uint32("table OID"),
        column=reader.int16("column number"),
        type_oid=reader.uint32("type OID"),
        type_size=reader.int16("type size"),
        type_modifier=reader.int32("type modifier"),
        format=reader.int16("format"),
    )


@dataclass(frozen=True, slots=True)
class DataRow(BackendMessage):
    """One row; a value that is None is NULL."""

    TYPE: ClassVar[int] = Backend.DATA_ROW

    values: tuple[bytes | None, ...]

    def _body(self) -> bytes:
        return pack_values(self.values)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.values("values"))


@dataclass(frozen=True, slots=True)
class ParameterDescription(BackendMessage):
    """The types of a statement's parameters, as OIDs."""

    TYPE: ClassVar[int] = Backend.PARAMETER_DESCRIPTION

    types: tuple[int, ...]

    def _body(self) -> bytes:
        return pack_uint32s(self.types)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.uint32s("parameter types"))


@dataclass(frozen=True, slots=True)
class CommandComplete(BackendMessage):
    """A statement is done; the tag names it, often with a row count."""

    TYPE: ClassVar[int] = Backend.COMMAND_COMPLETE

    tag: bytes

    def _body(self) -> bytes:
        return cstring(self.tag)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.cstring("command tag"))


@dataclass(frozen=True, slots=True)
class FunctionCallResponse(BackendMessage):
    """The result of a FunctionCall; None is NULL."""

    TYPE: ClassVar[int] = Backend.FUNCTION_CALL_RESPONSE

    value: bytes | None

    def _body(self) -> bytes:
        return pack_value(self.value)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.value("function result"))
