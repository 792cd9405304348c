"""What a text may do to its transaction and its session, found by reading its words.

It errs on one side: what is not understood is OPAQUE, and what a statement only might
touch it is said to touch. Bodies and literals are not looked into. A text of several
statements is cut at every semicolon, those within a CREATE FUNCTION or CREATE RULE too:
what is found in such a piece is too much, never too little.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from pgwire.classification import UNSEEN, Classification, Transaction

from .calls import arguments, attributes, calls
from .commands import rule_of, runs_functions
from .containment import is_rerunnable, is_self_contained
from .found import Found, united
from .lexer import Token, tokens
from .relations import touched_relations
from .session_functions import touched_by
from .words import at, is_symbol, word

#: A longer text is not read: that would hold up everybody else.
MAX_LENGTH: Final = 16 * 1024


def classify(text: bytes) -> Classification:
    """Say what a text may touch.

    Args:
        text: as the client sent it, without the NUL at its end.
    """
    found = tokens(text) if len(text) <= MAX_LENGTH else None
    if found is None:
        return UNSEEN
    pieces = [
        list(piece)
        for is_end, piece in groupby(found, lambda token: is_symbol(token, b";"))
        if not is_end
    ]
    return _joined([_statement(piece) for piece in pieces])


def _joined(parts: Sequence[Classification]) -> Classification:
    if len(parts) == 1:
        return parts[0]
    found = united(
        Found(part.touches, Transaction.NONE, part.parameters, part.names)
        for part in parts
    )
    return Classification(
        found.touches,
        not parts,
        Transaction.NONE,
        found.parameters,
        found.names,
        frozenset().union(*(part.functions for part in parts)),
    )


def _statement(piece: Sequence[Token]) -> Classification:
    opened = _without_parentheses(piece)
    explained = _without_explain(opened)
    called = list(calls(opened))
    parts = [rule_of(explained)(explained)]
    # A savepoint may be called like anything.
    if parts[0].transaction is Transaction.NONE:
        parts.append(touched_relations(opened))
    if runs_functions(explained):
        parts += (touched_by(call, opened) for call in called)
        parts += (touched_by(call, opened) for call in attributes(opened))
    found = united(parts)
    plain = explained is opened
    contained = plain and not found.touches and is_self_contained(opened, called)
    return Classification(
        found.touches,
        True,
        found.transaction if plain else Transaction.NONE,
        found.parameters,
        found.names,
        frozenset(call.full_name for call in called),
        contained,
        contained and is_rerunnable(opened, called),
    )


def _without_parentheses(piece: Sequence[Token]) -> Sequence[Token]:
    """Give a query without those in front of it."""
    start = 0
    while is_symbol(at(piece, start), b"("):
        start += 1
    return piece[start:] if start else piece


def _without_explain(piece: Sequence[Token]) -> Sequence[Token]:
    """Give what an EXPLAIN explains, as if it was run."""
    if word(piece, 0) != b"explain":
        return piece
    start = 1
    if is_symbol(at(piece, 1), b"(") and (given := arguments(piece, 1)):
        start = 3 + sum(len(option) for option in given) + len(given) - 1
    while word(piece, start) in {b"analyze", b"analyse", b"verbose"}:
        start += 1
    return _without_parentheses(piece[start:])
