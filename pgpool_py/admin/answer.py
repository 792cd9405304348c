"""Results of commands as messages."""

from collections.abc import Iterable
from typing import Final

from pgwire.backend import (
    BackendKeyData,
    CommandComplete,
    DataRow,
    FieldDescription,
    ParameterStatus,
    ReadyForQuery,
    RowDescription,
)
from pgwire.codes import TransactionStatus
from pgwire.diagnostics import notice

from .commands.result import SHOW_TAG, Column, Done, Rows, Value
from .commands.version import SERVER_VERSION

READY: Final = ReadyForQuery(TransactionStatus.IDLE).encode()

_WELCOME: Final = (
    ("server_version", SERVER_VERSION),
    ("client_encoding", "UTF8"),
    ("server_encoding", "UTF8"),
    ("DateStyle", "ISO"),
    ("TimeZone", "GMT"),
    ("standard_conforming_strings", "on"),
    ("is_superuser", "on"),
)
_SUCCESSFUL_COMPLETION: Final = "00000"


def welcome(pid: int, cancel_key: bytes) -> bytes:
    """Give what follows AuthenticationOk."""
    parts = [ParameterStatus(name, value).encode() for name, value in _WELCOME]
    parts.append(BackendKeyData(pid, cancel_key).encode())
    parts.append(READY)
    return b"".join(parts)


def description(columns: Iterable[Column]) -> bytes:
    """Give a RowDescription."""
    fields = [
        FieldDescription(_encode(column.name), column.kind.oid, column.kind.size)
        for column in columns
    ]
    return RowDescription(tuple(fields)).encode()


def rows(columns: Iterable[Column], result: Rows) -> bytes:
    """Give the description, the rows and the tag."""
    parts = [description(columns)]
    parts += [DataRow(tuple(map(_value, row))).encode() for row in result.rows]
    parts.append(tag(SHOW_TAG))
    return b"".join(parts)


def done(result: Done) -> bytes:
    """Give the notice, if there is one, and the tag."""
    told = b""
    if result.notice is not None:
        text, detail = result.notice.message, result.notice.detail
        told = notice("NOTICE", _SUCCESSFUL_COMPLETION, text, detail).encode()
    return told + tag(result.tag)


def tag(text: str) -> bytes:
    """Give a CommandComplete."""
    return CommandComplete(_encode(text)).encode()


def _value(value: Value) -> bytes | None:
    return None if value is None else _encode(str(value))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
