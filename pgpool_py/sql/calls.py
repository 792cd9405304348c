"""What is called like a function in a statement, or like an attribute."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .catalogue import NO_FUNCTIONS
from .lexer import Kind, Token
from .words import IDENTIFIERS, at, is_symbol, word

# Before a name in front of a parenthesis that is a table, an alias or a type.
_NO_CALL_BEHIND: Final = frozenset({b"into", b"as", b"with", b"recursive"})
#: Keywords with a grammar of their own; with plain arguments they are names of
#: functions that are looked for on the search path.
GENERIC: Final = frozenset({b"overlay", b"substring"})
_OPENING: Final = frozenset({b"(", b"["})
_NO_FUNCTIONS: Final = NO_FUNCTIONS - GENERIC
_CLOSING: Final = frozenset({b")", b"]"})


@dataclass(frozen=True, slots=True)
class Call:
    """A name in front of a parenthesis.

    Attributes:
        name: without its schema.
        schema: empty if none is given; of three names, the first two.
        quoted: whether any part is.
        opening: the index of the parenthesis among the tokens; of the name itself if
            there is none.
    """

    name: bytes
    schema: bytes
    quoted: bool
    opening: int

    @property
    def full_name(self) -> str:
        """The name with its schema."""
        name = self.schema + b"." + self.name if self.schema else self.name
        return name.decode("utf-8", "surrogateescape")


def calls(tokens: Sequence[Token]) -> Iterator[Call]:
    """Give what may be a call, in the order of the text."""
    for index, token in enumerate(tokens):
        if not (is_symbol(token, b"(") and at(tokens, index - 1).kind in IDENTIFIERS):
            continue
        start = index - 1
        while (
            is_symbol(at(tokens, start - 1), b".")
            and at(tokens, start - 2).kind in IDENTIFIERS
        ):
            start -= 2
        names = tokens[start:index:2]
        if len(names) == 1 and word(names, 0) in _NO_FUNCTIONS:
            continue
        before = at(tokens, start - 1)
        if word(tokens, start - 1) in _NO_CALL_BEHIND or is_symbol(before, b"::"):
            continue
        *schema, name = (name.value for name in names)
        quoted = any(name.kind is Kind.QUOTED for name in names)
        yield Call(name, b".".join(schema), quoted, index)


def attributes(tokens: Sequence[Token]) -> Iterator[Call]:
    """Give what may be a call of one argument in the notation of an attribute: (1).f.

    That may stand behind any expression but a column (``ParseFuncOrColumn`` in
    PostgreSQL's ``parse_func.c``).
    """
    behind = False
    for index, token in enumerate(tokens):
        if is_symbol(token, b"."):
            continue
        dotted = is_symbol(at(tokens, index - 1), b".")
        if behind and dotted and token.kind in IDENTIFIERS:
            yield Call(token.value, b"", token.kind is Kind.QUOTED, index)
        else:
            behind = token.kind is Kind.PARAMETER or token.value in _CLOSING


def arguments(tokens: Sequence[Token], opening: int) -> list[Sequence[Token]]:
    """Give the arguments that stand between this parenthesis and its end."""
    found: list[Sequence[Token]] = []
    depth, start = 0, opening + 1
    for index in range(opening, len(tokens)):
        token = tokens[index]
        if token.kind is not Kind.SYMBOL:
            continue
        if token.value in _OPENING:
            depth += 1
        elif token.value in _CLOSING:
            depth -= 1
        ends = depth == 0
        if ends or (depth == 1 and token.value == b","):
            found.append(tokens[start:index])
            start = index + 1
        if ends:
            return found
    return []


def value_of(argument: Sequence[Token]) -> Token | None:
    """Give the one token that an argument is, but for a cast; None if it is more."""
    length = len(argument)
    while (
        length >= 3
        and argument[length - 1].kind in IDENTIFIERS
        and argument[length - 2].value in {b"::", b"."}
    ):
        length -= 2
    return argument[0] if length == 1 else None
