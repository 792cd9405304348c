"""Differences that the pooler makes because it cannot do otherwise.

In a failed transaction nothing can be prepared. Where a statement of the client's is
not on its server then, PostgreSQL refuses the pooler's Parse, in front of the client's
Bind or Describe, as it refuses all that runs in such a transaction. Had it had the
statement, it would have refused that message, in the same words but from another
place in its source (fields L and R), or first have found that the parameters are not
those of the statement. A Describe of one that returns no rows it would have answered;
what is behind that in its batch, we have thrown away.

Where the role was changed in the open transaction, such a statement is read as that
role, which may be denied the schema; had the server had it, what it reads would have
been denied.

Where a client has given one statement two names, an error names it by one of them.

Parameters that have changed together are reported in the order in which the session
set them first of all (PostgreSQL keeps those that are not at their defaults in a list).
A server's session has seen other clients, too.

A notification comes from another server than the one that the client's own statements
run on. So it may come later than with PostgreSQL, where a client hears its own before
the ReadyForQuery that ends its transaction: behind other replies, and not at all if
the client has stopped listening by then, has left, or is in a transaction to the end.
But never twice, in another order, or if PostgreSQL would not have sent it.

Only where an UNLISTEN stands in a transaction that AND CHAIN ends, what becomes of it
is asked for at the end of the chain: nothing may be asked before, as what follows in
the new transaction might then be refused. Who listens again by then hears what came
between.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile

from pgwire._message import FrontendMessage
from pgwire.frontend import Parse, Query
from pgwire.statement import PREFIX
from tests.integration.wire import Message

#: in_failed_sql_transaction
_ABORTED = "25P02"
_PARSE = "exec_parse_message"
_BIND = "exec_bind_message"
#: insufficient_privilege
_DENIED = "42501"
_SCHEMA = "permission denied for schema "
#: protocol_violation: how many parameters a Bind brings
_PARAMETERS = "08P01"
# duplicate_prepared_statement, and syntax_error for how many an EXECUTE brings
_OF_A_STATEMENT = frozenset({_PARAMETERS, "42P05", "42601"})
_OTHERS = frozenset({_BIND, "exec_describe_statement_message"})

_ENDING = re.compile(rb"COMMIT|END|ROLLBACK(?! TO)|ABORT")
_NAME = re.compile(rb'(?<=prepared statement ")[^"]+')


def are_same(wanted: Message, got: Message) -> bool:
    """Tell whether a reply is the one that PostgreSQL gives."""
    if wanted == got:
        return True
    return wanted.kind == got.kind == "E" and (
        _is_of_our_parse(wanted, got)
        or _has_another_name(wanted, got)
        or _is_denied_sooner(wanted, got)
    )


def is_same_at(number: int, wanted: Sequence[Message], got: Sequence[Message]) -> bool:
    """Tell whether a reply is PostgreSQL's, if all before it are."""
    if wanted[number].kind != "S":
        return are_same(wanted[number], got[number])
    begin = next((n for n in range(number, 0, -1) if wanted[n - 1].kind != "S"), 0)
    reports = takewhile(lambda one: one.kind == "S", wanted[begin:])
    told = Counter(got[n].body for n in range(begin, number + 1) if got[n].kind == "S")
    return got[number].kind == "S" and told <= Counter(one.body for one in reports)


def unsaid(wanted: Sequence[Message], got: Message) -> Sequence[Message]:
    """Return what is not said to a client of whose batch we say that it has failed.

    Args:
        wanted: what PostgreSQL has said from there on.
        got: an error.
    """
    fields = dict(got.error.fields)
    described = [one.kind for one in wanted[:2]] == ["t", "n"]
    if not described or (fields.get("C"), fields.get("R")) != (_ABORTED, _PARSE):
        return ()
    end = next((n for n, one in enumerate(wanted) if one.kind == "Z"), len(wanted))
    return wanted[:end]


def ends_transaction(message: FrontendMessage) -> bool:
    """Tell whether a message may end a transaction, and what that said of channels."""
    return isinstance(message, Parse | Query) and bool(_ENDING.search(message.sql))


def chains(message: FrontendMessage) -> bool:
    """Tell whether a message may end a transaction and begin the next one."""
    return isinstance(message, Parse | Query) and b"AND CHAIN" in message.sql


def may_end_listening(message: FrontendMessage) -> bool:
    """Tell whether a client may hear nothing of what is on its way to it by then."""
    if not isinstance(message, Query | Parse):
        return False
    return b"UNLISTEN" in message.sql or b"DISCARD ALL" in message.sql


def unheard(wanted: Sequence[str], got: Sequence[str]) -> str | None:
    """Return the first notification that PostgreSQL has not sent at that place."""
    remaining = iter(wanted)
    return next((one for one in got if one not in remaining), None)


def _has_another_name(wanted: Message, got: Message) -> bool:
    return (
        wanted.error.sqlstate in _OF_A_STATEMENT
        and PREFIX not in got.body
        and _NAME.sub(b"", wanted.body) == _NAME.sub(b"", got.body)
    )


def _is_denied_sooner(wanted: Message, got: Message) -> bool:
    denied = wanted.error.sqlstate == got.error.sqlstate == _DENIED
    return denied and got.error.message.startswith(_SCHEMA)


def _is_of_our_parse(wanted: Message, got: Message) -> bool:
    theirs, ours = dict(wanted.error.fields), dict(got.error.fields)
    if ours.get("C") != _ABORTED or ours.pop("R", "") != _PARSE:
        return False
    if theirs["C"] == _PARAMETERS and theirs.get("R") == _BIND:
        return True
    del ours["L"], theirs["L"]
    return theirs.pop("R", "") in _OTHERS and theirs == ours
