"""Whether a statement is self-contained, and whether it may be run twice unseen.

Both are lists of what is allowed. They hold as long as no function outside of
pg_catalog has one of the names that are called: who knows the database looks at the
names. What views, operators, casts and ``row.function`` hide is not seen.
"""

from collections.abc import Sequence
from typing import Final

from .calls import Call
from .catalogue import STABLE_FUNCTIONS
from .lexer import Token
from .words import is_target, word

_READING: Final = frozenset({b"select", b"values", b"table", b"with"})
_WRITING: Final = frozenset({b"insert", b"update", b"delete", b"merge"})

# Volatile, and nothing to the session but what nextval() is to currval().
_VOLATILE: Final = frozenset(
    b"clock_timestamp gen_random_uuid nextval pg_advisory_xact_lock "
    b"pg_advisory_xact_lock_shared pg_database_size pg_indexes_size pg_relation_size "
    b"pg_sleep pg_sleep_for pg_sleep_until pg_table_size pg_total_relation_size "
    b"pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared random setval "
    b"timeofday current_setting pg_backend_pid txid_current pg_current_xact_id "
    b"uuidv4 uuidv7".split()
)
#: What a statement that is self-contained may call.
FUNCTIONS: Final = STABLE_FUNCTIONS | _VOLATILE
#: Words of the grammar that a parenthesis may follow, though a function could have them
#: for a name.
SYNTAX: Final = frozenset(
    b"by conflict cube escape exclude filter groups ilike insert key like "
    b"materialized over overlaps partition range recursive repeatable rollup rows "
    b"set sets similar within zone".split()
)
#: Words without which nothing is written or locked, but for FOR.
LOCKING: Final = frozenset({b"share", b"into"}) | _WRITING


def is_self_contained(tokens: Sequence[Token], called: Sequence[Call]) -> bool:
    """Say whether it can neither leave a transaction open nor touch its session.

    Args:
        tokens: of one statement in which nothing was found to touch the session.
        called: all that it calls.
    """
    if word(tokens, 0) not in _READING | _WRITING or _makes_table(tokens):
        return False
    return all(_is_allowed(call, FUNCTIONS) for call in called)


def is_rerunnable(tokens: Sequence[Token], called: Sequence[Call]) -> bool:
    """Say whether a statement that is self-contained may be run twice unseen."""
    if word(tokens, 0) not in _READING:
        return False
    if any(word(tokens, index) in LOCKING for index in range(len(tokens))):
        return False
    return all(
        not call.quoted and _is_allowed(call, STABLE_FUNCTIONS) for call in called
    )


def _is_allowed(call: Call, names: frozenset[bytes]) -> bool:
    if call.schema:
        return call.schema == b"pg_catalog" and call.name in names
    return call.name in names or (call.name in SYNTAX and not call.quoted)


def _makes_table(tokens: Sequence[Token]) -> bool:
    """Find the INTO that is not of INSERT or MERGE."""
    return any(
        word(tokens, index) == b"into" and not is_target(tokens, index)
        for index in range(len(tokens))
    )
