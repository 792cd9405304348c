"""The commands of PostgreSQL, and the rule for each.

What is not in the table is not understood. The list is that of PostgreSQL 18's manual,
part VI, "SQL Commands".
"""

from collections.abc import Callable, Sequence
from typing import Final

from pgwire.classification import Touch, Transaction

from .bodies import do_rule
from .found import NOTHING, OPAQUE, REMAINING, Found
from .lexer import Token
from .naming import (
    deallocate_rule,
    discard_rule,
    execute_rule,
    executed_in,
    listen_rule,
    notify_rule,
    prepare_rule,
    unlisten_rule,
)
from .setting import reset_rule, set_rule
from .words import leading, word

Rule = Callable[[Sequence[Token]], Found]

# Words between CREATE or ALTER and what is created.
_MODIFIERS: Final = frozenset(
    b"or replace temp temporary local global unlogged recursive unique constraint "
    b"trusted procedural default".split()
)

_OBJECTS: Final = frozenset(
    b"access aggregate cast collation conversion database domain event extension "
    b"foreign function group index language large materialized operator owned policy "
    b"privileges procedure publication role routine rule schema sequence server "
    b"statistics subscription system table tablespace text transform trigger type "
    b"user view".split()
)

# What is defined is not run; the functions in it are not called.
_ONLY_DEFINED: Final = frozenset(
    b"aggregate cast conversion domain event function operator policy procedure "
    b"publication rule transform trigger type view".split()
)


def _does(transaction: Transaction) -> Rule:
    found = Found(transaction=transaction)
    return lambda _: found


def _gives(found: Found) -> Rule:
    return lambda _: found


def _end(ended: Transaction) -> Rule:
    def rule(tokens: Sequence[Token]) -> Found:
        if word(tokens, 1) == b"prepared":
            return NOTHING
        # ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] name
        if b"to" in leading(tokens, 3)[1:]:
            return Found(transaction=Transaction.ROLLBACK_TO)
        return Found(transaction=ended)

    return rule


def _object(tokens: Sequence[Token]) -> bytes:
    words = leading(tokens, 6)[1:]
    return next((word for word in words if word not in _MODIFIERS), b"")


def _create_rule(tokens: Sequence[Token]) -> Found:
    return executed_in(tokens) if _object(tokens) in _OBJECTS else OPAQUE


def _alter_rule(tokens: Sequence[Token]) -> Found:
    return NOTHING if _object(tokens) in _OBJECTS else OPAQUE


def _drop_rule(tokens: Sequence[Token]) -> Found:
    return Found(Touch.GONE) if _object(tokens) in _OBJECTS else OPAQUE


def _declare_rule(tokens: Sequence[Token]) -> Found:
    for index in range(len(tokens) - 1):
        if word(tokens, index) == b"with" and word(tokens, index + 1) == b"hold":
            return Found(Touch.CURSORS)
    return NOTHING


_HARMLESS: Final = (
    b"select insert update delete merge values table with copy show fetch move lock "
    b"truncate analyze analyse vacuum cluster reindex checkpoint comment grant revoke "
    b"reassign refresh security"
).split()

#: By the first word.
RULES: Final[dict[bytes, Rule]] = {
    **dict.fromkeys(_HARMLESS, _gives(NOTHING)),
    b"begin": _does(Transaction.BEGIN),
    b"start": _does(Transaction.BEGIN),
    b"commit": _end(Transaction.COMMIT),
    b"end": _end(Transaction.COMMIT),
    b"rollback": _end(Transaction.ROLLBACK),
    b"abort": _end(Transaction.ROLLBACK),
    b"savepoint": _does(Transaction.SAVEPOINT),
    b"release": _does(Transaction.RELEASE),
    b"set": set_rule,
    b"reset": reset_rule,
    b"listen": listen_rule,
    b"unlisten": unlisten_rule,
    b"notify": notify_rule,
    b"prepare": prepare_rule,
    b"execute": execute_rule,
    b"deallocate": deallocate_rule,
    b"discard": discard_rule,
    b"declare": _declare_rule,
    b"close": _gives(Found(Touch.GONE)),
    b"load": _gives(REMAINING),
    b"create": _create_rule,
    b"alter": _alter_rule,
    b"drop": _drop_rule,
    # They run what the text does not show.
    b"do": do_rule,
    b"call": _gives(OPAQUE),
    b"import": _gives(OPAQUE),
}

_NAMES_FUNCTIONS: Final = frozenset({b"comment", b"drop", b"grant", b"revoke"})


def rule_of(tokens: Sequence[Token]) -> Rule:
    """Give the rule for a statement, of whose words the first decides."""
    return RULES.get(word(tokens, 0), _gives(OPAQUE))


def runs_functions(tokens: Sequence[Token]) -> bool:
    """Say whether the functions that a statement shows may be called by it."""
    first = word(tokens, 0)
    if first == b"create":
        return _object(tokens) not in _ONLY_DEFINED
    return first not in _NAMES_FUNCTIONS
