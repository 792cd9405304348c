"""Looking for words among the tokens of a statement."""

from collections.abc import Sequence
from typing import Final

from .lexer import NAME_LENGTH, Kind, Token

# What stands behind the last token of every statement.
NO_TOKEN: Final = Token(Kind.SYMBOL, b"", 0, 0)
IDENTIFIERS: Final = frozenset({Kind.WORD, Kind.QUOTED})
# A letter of a client's encoding may have four bytes in the server's, which cuts.
_UNCUT: Final = NAME_LENGTH // 4


def at(tokens: Sequence[Token], index: int) -> Token:
    """Give one of the tokens; behind the last there is a symbol that nothing is."""
    return tokens[index] if 0 <= index < len(tokens) else NO_TOKEN


def word(tokens: Sequence[Token], index: int) -> bytes:
    """Give the unquoted word that a token is, empty if it is none."""
    token = at(tokens, index)
    return token.value if token.kind is Kind.WORD else b""


def leading(tokens: Sequence[Token], most: int) -> list[bytes]:
    """Give the words that a statement begins with."""
    found = []
    for token in tokens[:most]:
        if token.kind is not Kind.WORD:
            break
        found.append(token.value)
    return found


def is_symbol(token: Token, value: bytes) -> bool:
    """Say whether a token is this symbol."""
    return token.kind is Kind.SYMBOL and token.value == value


def name_of(token: Token) -> bytes | None:
    """Give the name that an identifier is to PostgreSQL, if that is certain.

    What is not ASCII is converted first, folded by the server's locale and cut.
    """
    if token.kind not in IDENTIFIERS:
        return None
    if token.value.isascii():
        return token.value
    certain = token.kind is Kind.QUOTED and len(token.value) <= _UNCUT
    return token.value if certain else None


def is_target(tokens: Sequence[Token], index: int) -> bool:
    """Say whether INTO, which is there, names what INSERT or MERGE writes to.

    An alias may be called so too, in front of the INTO of a SELECT.
    """
    starts = index == 1 or is_symbol(at(tokens, index - 2), b"(")
    return starts and word(tokens, index - 1) in {b"insert", b"merge"}
