"""A client's text with the servers' names in it, and where its errors point to.

PostgreSQL counts positions in characters, from 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from .codes import ErrorField
from .diagnostics import ErrorResponse
from .framing import HEADER_SIZE


@dataclass(frozen=True, slots=True)
class RenamedText:
    """See the module's text.

    Attributes:
        text: as it is sent.
        moves: of each name in it, in their order: where it ends there, how long it is,
            and how long the client's is; in characters.
    """

    text: bytes
    moves: tuple[tuple[int, int, int], ...] = ()

    @classmethod
    def of(cls, text: bytes, names: Iterable[tuple[int, int, bytes]]) -> Self:
        """Put names into a text: each where it starts and ends, in their order."""
        parts: list[bytes] = []
        moves: list[tuple[int, int, int]] = []
        copied = position = 0
        for start, end, name in names:
            before, own = text[copied:start], text[start:end]
            parts += (before, name)
            position += _characters(before) + len(name)
            moves.append((position, len(name), _characters(own)))
            copied = end
        parts.append(text[copied:])
        return cls(b"".join(parts), tuple(moves))

    def position_of(self, sent: int) -> int:
        """Give the position in the client's text for one in what was sent."""
        own = sent
        for end, length, own_length in self.moves:
            start = end - length + 1
            if sent <= end:
                return own - max(0, sent - start)
            own -= length - own_length
        return own

    def point(self, message: bytes) -> bytes:
        """Have an ErrorResponse point to the client's text."""
        fields = dict(ErrorResponse.decode(message[HEADER_SIZE:]).fields)
        position = fields.get(ErrorField.POSITION, "")
        if not self.moves or not position.isdecimal():
            return message
        fields[ErrorField.POSITION] = str(self.position_of(int(position)))
        return ErrorResponse(fields).encode()


def _characters(text: bytes) -> int:
    """Count them, as UTF-8 if that is what it looks like."""
    try:
        return len(text.decode())
    except UnicodeDecodeError:
        return len(text)
