"""ErrorResponse and NoticeResponse: fields told apart by letters.

Source: PostgreSQL documentation, "Error and Notice Message Fields".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from ._buffer import Reader, pack_text
from ._message import BackendMessage
from .codes import Backend, ErrorField
from .errors import LocalProtocolError


@dataclass(frozen=True, slots=True)
class _Diagnostic(BackendMessage):
    """The fields in their order, keyed by letter (constants of `ErrorField`).

    Texts come in the encoding of the session, or in the server's while that is not
    known. They are decoded as UTF-8 with surrogate escapes, so that any bytes come
    out again as they went in. Of a letter sent twice the last value counts.
    """

    fields: Mapping[str, str]

    @property
    def severity(self) -> str:
        """Field V, else S (servers before 9.6, PgBouncer), else nothing."""
        shown = self.fields.get(ErrorField.SEVERITY, "")
        return self.fields.get(ErrorField.SEVERITY_NONLOCALIZED, shown)

    @property
    def sqlstate(self) -> str:
        """Field C, or nothing."""
        return self.fields.get(ErrorField.SQLSTATE, "")

    @property
    def message(self) -> str:
        """Field M, or nothing."""
        return self.fields.get(ErrorField.MESSAGE, "")

    def _body(self) -> bytes:
        return b"".join(map(_pack_field, self.fields.items())) + b"\0"

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        fields: dict[str, str] = {}
        while letter := reader.byte("field letter"):
            fields[chr(letter)] = reader.text("field")
        return cls(fields)


def _pack_field(item: tuple[str, str]) -> bytes:
    letter, text = item
    if len(letter) != 1 or not 0 < ord(letter) < 256:
        raise LocalProtocolError(f"{letter!r} is no letter of an error field")
    return bytes((ord(letter),)) + pack_text(text)


@dataclass(frozen=True, slots=True)
class ErrorResponse(_Diagnostic):
    """Something failed; with severity FATAL or PANIC the connection ends too."""

    TYPE: ClassVar[int] = Backend.ERROR_RESPONSE


@dataclass(frozen=True, slots=True)
class NoticeResponse(_Diagnostic):
    """Something to tell; may come at any time."""

    TYPE: ClassVar[int] = Backend.NOTICE_RESPONSE


def error(
    severity: str,
    sqlstate: str,
    message: str,
    detail: str | None = None,
    hint: str | None = None,
) -> ErrorResponse:
    """Build an ErrorResponse with the fields S, V, C, M and, where given, D, H.

    The severity is ERROR, FATAL or PANIC.
    """
    return ErrorResponse(_fields(severity, sqlstate, message, detail, hint))


def notice(
    severity: str,
    sqlstate: str,
    message: str,
    detail: str | None = None,
    hint: str | None = None,
) -> NoticeResponse:
    """Build a NoticeResponse like `error`; WARNING, NOTICE, DEBUG, INFO or LOG."""
    return NoticeResponse(_fields(severity, sqlstate, message, detail, hint))


def _fields(
    severity: str, sqlstate: str, message: str, detail: str | None, hint: str | None
) -> dict[str, str]:
    fields = {
        ErrorField.SEVERITY: severity,
        ErrorField.SEVERITY_NONLOCALIZED: severity,
        ErrorField.SQLSTATE: sqlstate,
        ErrorField.MESSAGE: message,
    }
    if detail is not None:
        fields[ErrorField.DETAIL] = detail
    if hint is not None:
        fields[ErrorField.HINT] = hint
    return fields
