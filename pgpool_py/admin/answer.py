"""Results of commands as messages."""

from collections.abc import Sequence
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

from .commands.result import SHOW_TAG, Column, Done, Rows
from .commands.version import SERVER_VERSION
from .formats import TEXT, encode, encode_text

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


def description(columns: Sequence[Column], formats: Sequence[int] = ()) -> bytes:
    """Give a RowDescription; without formats, all columns are in text."""
    fields = [
        FieldDescription(
            encode_text(column.name), column.kind.oid, column.kind.size, format=code
        )
        for column, code in zip(columns, formats or _text(columns), strict=True)
    ]
    return RowDescription(tuple(fields)).encode()


def data_rows(
    columns: Sequence[Column], result: Rows, formats: Sequence[int] = ()
) -> list[bytes]:
    """Give a DataRow for each row; without formats, all columns are in text.

    Raises:
        ConsoleError: a value does not fit into its type's binary format.
    """
    codes = formats or _text(columns)
    kinds = [column.kind for column in columns]
    return [
        DataRow(tuple(map(encode, row, kinds, codes))).encode() for row in result.rows
    ]


def rows(columns: Sequence[Column], result: Rows) -> bytes:
    """Give the description, the rows and the tag, all in text."""
    parts = [description(columns), *data_rows(columns, result), tag(SHOW_TAG)]
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
    return CommandComplete(encode_text(text)).encode()


def _text(columns: Sequence[Column]) -> tuple[int, ...]:
    return (TEXT,) * len(columns)
