"""SET and RESET: which parameters, and for how long.

The grammar is that of ``VariableSetStmt`` and ``VariableResetStmt`` in PostgreSQL's
``src/backend/parser/gram.y``.
"""

from collections.abc import Sequence
from typing import Final

from pgwire.classification import Touch
from pgwire.reading import is_read_by

from .found import NOTHING, OPAQUE, REMAINING, Found
from .lexer import Kind, Token
from .words import IDENTIFIERS, at, is_symbol, word

#: They live as long as the transaction, however they are set, and whatever PostgreSQL
#: calls the source of their values.
OF_TRANSACTION: Final = frozenset(
    {
        "transaction_isolation",
        "transaction_read_only",
        "transaction_deferrable",
    }
)
_CHARACTERISTICS: Final = (
    "default_transaction_isolation",
    "default_transaction_read_only",
    "default_transaction_deferrable",
)
PATH: Final = "search_path"
#: What its name begins with.
TEMPORARY_SCHEMA: Final = b"pg_temp"
# Whoever becomes another user loses the role.
_USER: Final = ("session_authorization", "role")

# What is set without its name: the words, and the parameters meant.
_SPECIAL: Final[dict[tuple[bytes, ...], tuple[str, ...]]] = {
    (b"time", b"zone"): ("timezone",),
    (b"session", b"authorization"): _USER,
    (b"session", b"characteristics"): _CHARACTERISTICS,
    (b"xml", b"option"): ("xmloption",),
    (b"names",): ("client_encoding",),
    (b"role",): ("role",),
    (b"schema",): (PATH,),
}


def changed(
    names: Sequence[str | int], *, local: bool, value: Sequence[Token] = ()
) -> Found:
    """Say what setting these parameters touches.

    Args:
        names: in lower case; a number n is the name that ``$n`` has.
        local: until the end of the transaction.
        value: what they are set to.
    """
    if names == ("seed",):
        return REMAINING
    kept = tuple(name for name in names if name not in OF_TRANSACTION)
    if not kept:
        return NOTHING
    touches = Touch.PARAMETERS
    if local:
        reading = any(isinstance(name, int) or is_read_by(name) for name in kept)
        if not reading:
            return NOTHING
        touches = Touch.READING
    if PATH in kept:
        touches |= _path(value, local=local)
    return Found(touches, parameters=kept)


def _path(value: Sequence[Token], *, local: bool) -> Touch:
    """Say what may be in the temporary schema behind this search path."""
    if any(TEMPORARY_SCHEMA in token.value.lower() for token in value):
        # Whatever is created from now on.
        return Touch.TEMPORARY if local else Touch.LASTING
    return Touch(0) if _is_list_of_names(value) else Touch.PATH


def _is_list_of_names(tokens: Sequence[Token]) -> bool:
    names, commas = tokens[::2], tokens[1::2]
    known = all(token.kind in IDENTIFIERS | {Kind.STRING} for token in names)
    return known and all(is_symbol(token, b",") for token in commas)


def set_rule(tokens: Sequence[Token]) -> Found:
    """Say what a SET touches."""
    scope = word(tokens, 1)
    index = 1
    if scope in {b"local", b"session"} and not _is_assigned(tokens, 2):
        index = 1 if (scope, word(tokens, 2)) in _SPECIAL else 2
    if word(tokens, index) in {b"transaction", b"constraints"} and not _is_assigned(
        tokens, index + 1
    ):
        return NOTHING
    return _set(tokens, index, local=index == 2 and scope == b"local")


def _is_assigned(tokens: Sequence[Token], index: int) -> bool:
    token = at(tokens, index)
    return (
        is_symbol(token, b"=")
        or is_symbol(token, b".")
        or word(tokens, index) in {b"to", b"from"}
    )


def _set(tokens: Sequence[Token], index: int, *, local: bool) -> Found:
    names, end = _names(tokens, index)
    if not names:
        # Of one with a dot, whose name is not ASCII, PostgreSQL does not tell.
        dotted = any(is_symbol(token, b".") for token in tokens[index : index + 2])
        return Found(Touch.OPAQUE | Touch.LASTING) if dotted else OPAQUE
    rest = tokens[end:]
    if not local and _is_reset(names, rest, special=not _is_assigned(tokens, end)):
        return given_back(names)
    # Behind TO, = or FROM; what is set by a word of its own has none.
    return changed(names, local=local, value=rest[_is_assigned(tokens, end) :])


def _is_reset(names: tuple[str, ...], rest: Sequence[Token], *, special: bool) -> bool:
    words = [word(rest, i) for i in range(len(rest))]
    if not special:
        return words[1:] == [b"default"]
    return words in ([], [b"default"]) or (
        # A role may be called "local".
        words == [b"local"] and names == ("timezone",)
    )


def given_back(names: tuple[str, ...]) -> Found:
    """Say what resetting these parameters touches."""
    if names == ("seed",):
        return REMAINING
    if set(names) <= OF_TRANSACTION:
        return NOTHING
    return Found(Touch.RESETS, parameters=names)


def reset_rule(tokens: Sequence[Token]) -> Found:
    """Say what a RESET touches."""
    if word(tokens, 1) == b"all" and len(tokens) == 2:
        return Found(Touch.RESETS)
    if word(tokens, 1) == b"transaction" and word(tokens, 2) == b"isolation":
        return NOTHING
    names, end = _names(tokens, 1)
    return given_back(names) if names and end == len(tokens) else OPAQUE


def _names(tokens: Sequence[Token], index: int) -> tuple[tuple[str, ...], int]:
    """Give the parameters that are named from there, and where their name ends."""
    for length in (2, 1):
        words = tuple(word(tokens, index + i) for i in range(length))
        end = index + length
        if words in _SPECIAL and not _is_assigned(tokens, end):
            return _SPECIAL[words], end
    parts: list[str] = []
    while at(tokens, index).kind in IDENTIFIERS and tokens[index].value.isascii():
        parts.append(tokens[index].value.decode().lower())
        index += 1
        if not is_symbol(at(tokens, index), b"."):
            return (".".join(parts),), index
        index += 1
    return (), index


def literal_name(token: Token) -> str | int | None:
    """Give the parameter that an argument names; None if that is not in the text."""
    if token.kind is Kind.PARAMETER:
        return int(token.value)
    if token.kind is Kind.STRING and token.value.isascii():
        return token.value.decode().lower()
    return None
