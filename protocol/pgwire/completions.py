"""Messages of a server that have no body: their type says all.

Source: PostgreSQL documentation, "Message Formats".
"""

from dataclasses import dataclass
from typing import ClassVar

from ._message import BackendMessage
from .codes import Backend


@dataclass(frozen=True, slots=True)
class ParseComplete(BackendMessage):
    """A Parse succeeded."""

    TYPE: ClassVar[int] = Backend.PARSE_COMPLETE


@dataclass(frozen=True, slots=True)
class BindComplete(BackendMessage):
    """A Bind succeeded."""

    TYPE: ClassVar[int] = Backend.BIND_COMPLETE


@dataclass(frozen=True, slots=True)
class CloseComplete(BackendMessage):
    """A Close is done, whether there was something to close or not."""

    TYPE: ClassVar[int] = Backend.CLOSE_COMPLETE


@dataclass(frozen=True, slots=True)
class NoData(BackendMessage):
    """The described statement or portal returns no rows."""

    TYPE: ClassVar[int] = Backend.NO_DATA


@dataclass(frozen=True, slots=True)
class PortalSuspended(BackendMessage):
    """An Execute reached its row limit; the portal has more."""

    TYPE: ClassVar[int] = Backend.PORTAL_SUSPENDED


@dataclass(frozen=True, slots=True)
class EmptyQueryResponse(BackendMessage):
    """An empty query string was run; stands in place of CommandComplete."""

    TYPE: ClassVar[int] = Backend.EMPTY_QUERY_RESPONSE
