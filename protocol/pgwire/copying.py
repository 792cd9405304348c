"""COPY: the data, which runs in both directions, and the server's start of it.

Source: PostgreSQL documentation, "COPY Operations" and "Message Formats".
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from ._buffer import Reader, cstring, pack_int16s
from ._message import BackendMessage, FrontendMessage
from .codes import Backend, Frontend
from .errors import LocalProtocolError


@dataclass(frozen=True, slots=True)
class CopyData(FrontendMessage, BackendMessage):
    """A piece of the stream; its boundaries mean nothing when a client sends it."""

    TYPE: ClassVar[int] = Frontend.COPY_DATA

    data: bytes

    def _body(self) -> bytes:
        return self.data

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.rest())


@dataclass(frozen=True, slots=True)
class CopyDone(FrontendMessage, BackendMessage):
    """The end of the stream."""

    TYPE: ClassVar[int] = Frontend.COPY_DONE


@dataclass(frozen=True, slots=True)
class CopyFail(FrontendMessage):
    """The client gives up; the reason becomes part of the server's error."""

    TYPE: ClassVar[int] = Frontend.COPY_FAIL

    reason: bytes

    def _body(self) -> bytes:
        return cstring(self.reason)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.cstring("reason"))


@dataclass(frozen=True, slots=True)
class _CopyResponse(BackendMessage):
    """Overall format (0 text, 1 binary) and the format of each column."""

    overall_format: int
    column_formats: tuple[int, ...]

    def _body(self) -> bytes:
        if self.overall_format not in range(256):
            raise LocalProtocolError(f"copy format {self.overall_format} is no byte")
        return bytes((self.overall_format,)) + pack_int16s(self.column_formats)

    @classmethod
    def _read(cls, reader: Reader) -> Self:
        return cls(reader.byte("overall format"), reader.int16s("column formats"))


@dataclass(frozen=True, slots=True)
class CopyInResponse(_CopyResponse):
    """The server waits for the client's stream."""

    TYPE: ClassVar[int] = Backend.COPY_IN_RESPONSE


@dataclass(frozen=True, slots=True)
class CopyOutResponse(_CopyResponse):
    """The server's stream follows."""

    TYPE: ClassVar[int] = Backend.COPY_OUT_RESPONSE


@dataclass(frozen=True, slots=True)
class CopyBothResponse(_CopyResponse):
    """Streams in both directions: replication."""

    TYPE: ClassVar[int] = Backend.COPY_BOTH_RESPONSE
