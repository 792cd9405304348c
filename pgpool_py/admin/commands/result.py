"""What a command of the console comes to, before it is put into messages."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

Value = str | int | None

SHOW_TAG: Final = "SHOW"


class Kind(Enum):
    """A column's type: its OID and its size in bytes, -1 for a varying one.

    Source: PostgreSQL's ``catalog/pg_type.dat``.
    """

    TEXT = (25, -1)
    INT4 = (23, 4)
    INT8 = (20, 8)
    NUMERIC = (1700, -1)

    @property
    def oid(self) -> int:
        """Give the type's OID."""
        return self.value[0]

    @property
    def size(self) -> int:
        """Give the type's size."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an answer."""

    name: str
    kind: Kind


def text(*names: str) -> tuple[Column, ...]:
    """Give columns of type text."""
    return tuple(Column(name, Kind.TEXT) for name in names)


def int4(*names: str) -> tuple[Column, ...]:
    """Give columns of type int4."""
    return tuple(Column(name, Kind.INT4) for name in names)


def int8(*names: str) -> tuple[Column, ...]:
    """Give columns of type int8."""
    return tuple(Column(name, Kind.INT8) for name in names)


def numeric(*names: str) -> tuple[Column, ...]:
    """Give columns of type numeric."""
    return tuple(Column(name, Kind.NUMERIC) for name in names)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows, each as long as the statement has columns."""

    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell in front of a tag."""

    message: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A tag, and nothing else to see.

    Attributes:
        afterwards: called when the answer was written: it may close the session.
    """

    tag: str
    notice: Notice | None = None
    afterwards: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer: ``act`` ends the session."""

    act: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A tag, but not yet.

    Attributes:
        ready: whether the wait is over; raises ConsoleError if it has become vain.
        cancelled: called when the client does not want to wait any more.
        at_end: called when the session ends, be it waiting still or long answered.
    """

    tag: str
    ready: Callable[[], bool]
    cancelled: Callable[[], None]
    at_end: Callable[[], None] | None = None


Result = Rows | Done | Waiting | Unanswered
