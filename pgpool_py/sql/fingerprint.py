"""A statement without what is its user's: for logs, and to count statements by kind.

Literals, numbers and parameters become ``?``, comments vanish, and so does any space
that is not needed; a list of literals becomes one. What cannot be read is not shown at
all, for it may be a literal.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Final

from .lexer import Kind, Token, tokens
from .words import NO_TOKEN

#: A longer text is not read: that would hold up everybody else.
MAX_LENGTH: Final = 16 * 1024
_NOT_READ: Final = "<statement not read>"
_DIGEST_SIZE: Final = 8

_VALUES: Final = frozenset({Kind.STRING, Kind.LITERAL, Kind.NUMBER, Kind.PARAMETER})
_VALUE: Final = b"?"
# Behind these a minus is the number's.
_UNARY: Final = ([b"("], [b","], [b"="])


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What statements that differ in their literals only have in common.

    Attributes:
        text: of the statement, without its literals.
        digest: of that, 16 hexadecimal digits.
    """

    text: str
    digest: str


def fingerprint(text: bytes) -> Fingerprint:
    """Give the fingerprint of a text, as the client sent it without its final NUL."""
    found = tokens(text) if len(text) <= MAX_LENGTH else None
    if found is None:
        shown = _NOT_READ
    else:
        pieces = list(_folded(_shown(text, found)))
        shown = _joined(pieces).decode("utf-8", "replace")
    digest = blake2b(shown.encode(), digest_size=_DIGEST_SIZE).hexdigest()
    return Fingerprint(shown, digest)


def _shown(text: bytes, found: Iterable[Token]) -> Iterator[bytes]:
    previous = NO_TOKEN
    for token in found:
        if token.kind not in _VALUES:
            yield (
                token.value
                if token.kind is Kind.WORD
                else text[token.start : token.end]
            )
        # B'1' is two tokens, and 'a' in front of 'b' one literal.
        elif previous.kind not in _VALUES:
            yield _VALUE
        previous = token


def _folded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Make one of a list of values, and of a list of rows of them."""
    kept: list[bytes] = []
    for piece in pieces:
        if piece == _VALUE and kept[-1:] == [b"-"] and kept[-2:-1] in _UNARY:
            kept.pop()
        kept.append(piece)
        if kept[-3:] == [_VALUE, b",", _VALUE]:
            del kept[-2:]
        row = [b"(", _VALUE, b")"]
        if kept[-7:] == [*row, b",", *row]:
            del kept[-4:]
    return iter(kept)


def _joined(pieces: list[bytes]) -> bytes:
    joined = pieces[0] if pieces else b""
    for before, piece in pairwise(pieces):
        glued = before in {b"(", b".", b"["} or piece in {b".", b",", b";", b")", b"]"}
        joined += piece if glued else b" " + piece
    return joined
