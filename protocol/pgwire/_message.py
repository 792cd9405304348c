"""The base of all message classes: encode to a whole message, decode from a body."""

from typing import ClassVar, Self

from ._buffer import Reader, message


class Message:
    """One message; subclasses are frozen dataclasses with PostgreSQL's fields.

    As it stands it fits a message without a body.
    """

    __slots__ = ()

    TYPE: ClassVar[int]

    def encode(self) -> bytes:
        """Build the whole message, type byte and length word included.

        Raises LocalProtocolError for values that do not fit the format.
        """
        return message(self.TYPE, self._body())

    @classmethod
    def decode(cls, body: bytes | memoryview) -> Self:
        """Build the object from a body, without type byte and length word.

        Raises ProtocolViolation for anything that the format does not allow.
        """
        reader = Reader(body, cls.__name__)
        decoded = cls._read(reader)
        reader.done()
        return decoded

    def _body(self) -> bytes:
        return b""

    @classmethod
    def _read(cls, reader: Reader) -> Self:  # noqa: ARG003 - subclasses read it
        return cls()


class FrontendMessage(Message):
    """Marks what a client sends, so that a type checker knows the direction."""

    __slots__ = ()


class BackendMessage(Message):
    """Marks what a server sends, so that a type checker knows the direction."""

    __slots__ = ()
