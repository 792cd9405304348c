"""Asking the parse tree of a text, where pglast is installed (the extra ``sql``).

The tree only takes away what words alone had to leave open: what is called like a
function and is none, what is defined and not run, names that the lexer does not decode.
It is made as by PostgreSQL's defaults, so no text is asked about that another
``standard_conforming_strings``, ``backslash_quote`` or ``client_encoding`` has read
otherwise.
"""

import json
import re
from dataclasses import replace
from typing import Final, Protocol

from pgwire.classification import Classification, Classify, Touch, Transaction

from .tree import Fields, Proof, proof_of

#: A longer text is not parsed: its tree is a hundred times as long.
MAX_LENGTH: Final = 8 * 1024

# They go with names or parameters, which the tree does not tell.
_NAMED: Final = (
    Touch.PARAMETERS
    | Touch.READING
    | Touch.RESETS
    | Touch.LISTEN
    | Touch.UNLISTEN
    | Touch.NOTIFY
    | Touch.PREPARE
    | Touch.EXECUTE
    | Touch.DEALLOCATE
)
# Texts that are read in more than one way, or not to their end.
_AMBIGUOUS: Final = re.compile(rb"[\\\0\x80-\xff]|[eE]'")
_QUERY: Final = re.compile(
    rb"[\s(]*+(?:(?P<reading>select|values|table|with)|insert|update|delete|merge)\b",
    re.IGNORECASE,
)


class Parse(Protocol):
    """Gives the tree of a text as JSON; raises an Exception if it has none."""

    def __call__(self, query: str) -> str:
        """Parse a text."""


def installed() -> Parse | None:
    """Give the parser, None if it is not installed."""
    try:
        from pglast.parser import parse_sql_json  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    return parse_sql_json


def refined(classify: Classify, parse: Parse | None) -> Classify:
    """Give a ``Classify`` that asks the tree as well; without a parser, the same."""
    if parse is None:
        return classify

    def ask(text: bytes) -> Classification:
        found = classify(text)
        if not _leaves_open(found, text):
            return found
        tree = _tree(parse, text)
        return found if tree is None else _united(found, proof_of(tree))

    return ask


def _leaves_open(found: Classification, text: bytes) -> bool:
    if len(text) > MAX_LENGTH or _AMBIGUOUS.search(text):
        return False
    if found.touches:
        return bool(found.touches & ~_NAMED)
    query = _QUERY.match(text)
    if query is None:
        return False
    return not (found.rerunnable if query["reading"] else found.self_contained)


def _tree(parse: Parse, text: bytes) -> Fields | None:
    try:
        tree = json.loads(parse(text.decode("ascii")))
    except Exception:
        # Its own, or one of a tree that is too deep.
        return None
    return tree if isinstance(tree, dict) else None


def _united(found: Classification, proof: Proof) -> Classification:
    functions = found.functions | proof.functions
    if proof.touches:
        if found.touches & Touch.OPAQUE:
            # It stands for all that was not read.
            return found
        touches = found.touches & (proof.touches | _NAMED)
        return replace(found, touches=touches, functions=functions)
    return Classification(
        Touch(0),
        found.alone or proof.alone,
        found.transaction if found.alone else Transaction.NONE,
        functions=functions,
        self_contained=found.self_contained or proof.self_contained,
        rerunnable=found.rerunnable or proof.rerunnable,
    )
