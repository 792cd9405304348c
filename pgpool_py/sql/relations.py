"""Relations that are the session's: temporary ones, and pg_settings."""

from collections.abc import Sequence
from typing import Final

from pgwire.classification import Touch

from .found import Found
from .lexer import Token
from .setting import TEMPORARY_SCHEMA
from .words import IDENTIFIERS, at, is_symbol, is_target, word

_TEMPORARY: Final = frozenset({b"temp", b"temporary"})
# CREATE [OR REPLACE] [LOCAL | GLOBAL] TEMP; SELECT ... INTO [LOCAL | GLOBAL] TEMP
_BEFORE: Final = frozenset({b"create", b"replace", b"local", b"global", b"into"})


def touched_relations(tokens: Sequence[Token]) -> Found:
    """Say what a statement touches by the relations that it makes or names."""
    touches = Touch(0)
    stays = not _goes_at_commit(tokens)
    for index, token in enumerate(tokens):
        if token.kind not in IDENTIFIERS:
            continue
        in_schema = token.value.startswith(TEMPORARY_SCHEMA)
        if in_schema or (stays and _is_made(tokens, index)):
            touches |= Touch.TEMPORARY
        elif token.value == b"pg_settings" and _is_updated(tokens, index):
            # The rule pg_settings_u calls set_config.
            touches |= Touch.PARAMETERS | Touch.PATH
    return Found(touches)


def _goes_at_commit(tokens: Sequence[Token]) -> bool:
    """Tell whether it is a CREATE TEMP TABLE ... ON COMMIT DROP.

    Outside a transaction block, too, the table is gone when the statement is over.
    """
    makes_table = (
        word(tokens, 0) == b"create"
        and word(tokens, 1) in _TEMPORARY
        and word(tokens, 2) == b"table"
    )
    return makes_table and any(
        word(tokens, index) == b"on"
        and word(tokens, index + 1) == b"commit"
        and word(tokens, index + 2) == b"drop"
        for index in range(3, len(tokens))
    )


def _is_made(tokens: Sequence[Token], index: int) -> bool:
    return (
        word(tokens, index) in _TEMPORARY
        and word(tokens, index - 1) in _BEFORE
        # A table may be called so.
        and not is_target(tokens, index - 1)
    )


def _is_updated(tokens: Sequence[Token], index: int) -> bool:
    """Look for UPDATE [ONLY] [(] in front of a name, whose last part is there."""
    while is_symbol(at(tokens, index - 1), b"."):
        index -= 2
    index -= is_symbol(at(tokens, index - 1), b"(")
    index -= word(tokens, index - 1) == b"only"
    return word(tokens, index - 1) == b"update"
