"""LISTEN, PREPARE and their like: statements that name what the session has."""

from collections.abc import Sequence
from typing import Final

from pgwire.classification import Named, Touch, Transaction

from .found import NOTHING, OPAQUE, Found
from .lexer import Kind, Token
from .words import at, is_symbol, name_of, word


def named(touch: Touch, tokens: Sequence[Token], index: int) -> Found:
    """Say what a statement touches that names something, in this token of it."""
    token = at(tokens, index)
    name = name_of(token)
    if name is None:
        return Found(touch | Touch.OPAQUE)
    return Found(touch, names=(_named(touch, name, token, tokens),))


def _all(touch: Touch, tokens: Sequence[Token], index: int) -> Found:
    return Found(touch, names=(_named(touch, None, tokens[index], tokens),))


def _named(
    touch: Touch, name: bytes | None, token: Token, tokens: Sequence[Token]
) -> Named:
    return Named(touch, name, token.start, token.end, tokens[-1].end)


def listen_rule(tokens: Sequence[Token]) -> Found:
    """Say what a LISTEN touches."""
    return named(Touch.LISTEN, tokens, 1) if len(tokens) == 2 else OPAQUE


def unlisten_rule(tokens: Sequence[Token]) -> Found:
    """Say what an UNLISTEN touches."""
    if len(tokens) != 2:
        return OPAQUE
    if is_symbol(tokens[1], b"*"):
        return _all(Touch.UNLISTEN, tokens, 1)
    return named(Touch.UNLISTEN, tokens, 1)


def notify_rule(tokens: Sequence[Token]) -> Found:
    """Say what a NOTIFY touches."""
    return named(Touch.NOTIFY, tokens, 1)


def prepare_rule(tokens: Sequence[Token]) -> Found:
    """Say what a PREPARE touches, but for what it prepares."""
    if word(tokens, 1) == b"transaction" and at(tokens, 2).kind in _TEXTS:
        return Found(transaction=Transaction.PREPARE)
    return named(Touch.PREPARE, tokens, 1)


_TEXTS: Final = frozenset({Kind.STRING, Kind.LITERAL})


def execute_rule(tokens: Sequence[Token]) -> Found:
    """Say what an EXECUTE touches, but for what was prepared."""
    return named(Touch.EXECUTE, tokens, 1)


def executed_in(tokens: Sequence[Token]) -> Found:
    """Say what a CREATE TABLE ... AS EXECUTE touches by that."""
    for index in range(1, len(tokens) - 1):
        if word(tokens, index) == b"execute" and word(tokens, index - 1) == b"as":
            return named(Touch.EXECUTE, tokens, index + 1)
    return NOTHING


def deallocate_rule(tokens: Sequence[Token]) -> Found:
    """Say what a DEALLOCATE touches."""
    # What is called "prepare" can be dropped too.
    index = 2 if word(tokens, 1) == b"prepare" and len(tokens) > 2 else 1
    if len(tokens) != index + 1:
        return OPAQUE
    if word(tokens, index) == b"all":
        return _all(Touch.DEALLOCATE, tokens, index)
    return named(Touch.DEALLOCATE, tokens, index)


def discard_rule(tokens: Sequence[Token]) -> Found:
    """Say what a DISCARD touches."""
    what = word(tokens, 1) if len(tokens) == 2 else b""
    if what == b"plans":
        return NOTHING
    if what in {b"temp", b"temporary", b"sequences"}:
        return Found(Touch.GONE)
    if what != b"all":
        return OPAQUE
    touches = Touch.UNLISTEN, Touch.DEALLOCATE
    return Found(
        Touch.RESETS | Touch.GONE | Touch.UNLISTEN | Touch.DEALLOCATE,
        names=tuple(_named(touch, None, tokens[1], tokens) for touch in touches),
    )
