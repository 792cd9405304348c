"""Which request is answered by which replies: the tables behind the ledger.

Requests are bits, so that a table can name several in one integer. Source: PostgreSQL
documentation, "Message Flow".
"""

from dataclasses import dataclass, field
from typing import Final

from .backend import CommandComplete, ParameterStatus, ReadyForQuery
from .codes import Backend, Frontend, TransactionStatus
from .diagnostics import ErrorResponse
from .errors import ProtocolViolation

QUERY: Final = 0x01
FUNCTION_CALL: Final = 0x02
SYNC: Final = 0x04
PARSE: Final = 0x08
BIND: Final = 0x10
DESCRIBE: Final = 0x20
EXECUTE: Final = 0x40
CLOSE: Final = 0x80
COPY_END: Final = 0x100
# Heads that are no requests of a client: the answer to the nonce's query is waited
# for; and the uncertain state, in which all that comes is the client's.
NONCE: Final = 0x200
ANYTHING: Final = 0x400
# The disposition: set where the replies are for nobody.
SKIP: Final = 0x1000
# Heads while the server reads copy data: a Query, or an Execute (or ANYTHING besides).
# They stand in the place of QUERY and EXECUTE, for rows and ends are not legal there.
QUERY_COPIES_IN: Final = 0x2000
EXECUTE_COPIES_IN: Final = 0x4000
# Beside NONCE: the server's client is gone; the nonce's answer has begun.
DRAINED: Final = 0x8000
NONCE_ANSWERED: Final = 0x10000
# Beside NONCE: a Sync of ours is in front of its query; one ReadyForQuery was dropped.
SYNCED: Final = 0x40000
READY_DROPPED: Final = 0x80000
# Beside BIND and DESCRIBE: the first message of a batch, about a statement of a client
# that the server has had for some time.
FIRST: Final = 0x100000
# Beside PARSE and CLOSE: what it does is written down among the server's statements.
NOTED: Final = 0x20000
# Beside a SYNC of ours: what is in front of it is for the client's Query behind it, and
# an error there is told in place of that Query's.
AHEAD: Final = 0x200000
# That Query, once it has come to that: nothing of it is told but its end.
MUTED: Final = 0x400000
# Beside SKIP: a client's that has left it, to be answered elsewhere or not at all. What
# becomes of it, errors too, is nobody's business.
LEFT: Final = 0x800000
# Beside a QUERY of ours that ends a transaction in front of its client's own end of it:
# the parameters that come back are for the client to know.
UNDOES: Final = 0x1000000

# Heads that do not say how many replies are owed.
UNCOUNTED: Final = NONCE | ANYTHING

ENDS_IN_READY: Final = QUERY | FUNCTION_CALL | SYNC
EXTENDED: Final = PARSE | BIND | DESCRIBE | EXECUTE | CLOSE
SENDS_ROWS: Final = QUERY | EXECUTE
COPIES_IN: Final = QUERY_COPIES_IN | EXECUTE_COPIES_IN

REQUESTS: Final[dict[int, int]] = {
    Frontend.QUERY: QUERY,
    Frontend.FUNCTION_CALL: FUNCTION_CALL,
    Frontend.SYNC: SYNC,
    Frontend.PARSE: PARSE,
    Frontend.BIND: BIND,
    Frontend.DESCRIBE: DESCRIBE,
    Frontend.EXECUTE: EXECUTE,
    Frontend.CLOSE: CLOSE,
    Frontend.COPY_DONE: COPY_END,
    Frontend.COPY_FAIL: COPY_END,
}

# Replies after which the head is still waited for.
STAYS: Final[dict[int, int]] = {
    Backend.ROW_DESCRIPTION: QUERY | MUTED,
    Backend.DATA_ROW: SENDS_ROWS | MUTED,
    Backend.COPY_OUT_RESPONSE: SENDS_ROWS | MUTED,
    Backend.COPY_DATA: SENDS_ROWS | MUTED,
    Backend.COPY_DONE: SENDS_ROWS | MUTED,
    Backend.EMPTY_QUERY_RESPONSE: QUERY | MUTED,
    Backend.FUNCTION_CALL_RESPONSE: FUNCTION_CALL,
    Backend.PARAMETER_DESCRIPTION: DESCRIBE,
}

# Replies that complete the head.
POPS: Final[dict[int, int]] = {
    Backend.PARSE_COMPLETE: PARSE,
    Backend.BIND_COMPLETE: BIND,
    Backend.CLOSE_COMPLETE: CLOSE,
    Backend.ROW_DESCRIPTION: DESCRIBE,
    Backend.NO_DATA: DESCRIBE,
    Backend.EMPTY_QUERY_RESPONSE: EXECUTE,
    Backend.PORTAL_SUSPENDED: EXECUTE,
}

ROWS: Final = frozenset({Backend.DATA_ROW, Backend.COPY_DATA})

# Messages that a server sends when it likes.
ASYNCHRONOUS: Final = frozenset(
    {
        Backend.NOTICE_RESPONSE,
        Backend.PARAMETER_STATUS,
        Backend.NOTIFICATION_RESPONSE,
    }
)

# Messages whose content decides nothing, so that the end of a long one may be relayed
# before it is all here. Of an error, the beginning says enough.
STREAMED: Final = frozenset(
    {
        Backend.ROW_DESCRIPTION,
        Backend.DATA_ROW,
        Backend.COPY_DATA,
        Backend.FUNCTION_CALL_RESPONSE,
        Backend.PARAMETER_DESCRIPTION,
        Backend.NOTICE_RESPONSE,
        Backend.ERROR_RESPONSE,
    }
)

# All that a server may send after the login, whatever was asked; CopyBothResponse is
# for replication, which is no exchange.
REPLIES: Final = (
    frozenset(STAYS)
    | frozenset(POPS)
    | ASYNCHRONOUS
    | {
        Backend.COMMAND_COMPLETE,
        Backend.COPY_IN_RESPONSE,
        Backend.ERROR_RESPONSE,
        Backend.READY_FOR_QUERY,
    }
)

STATUSES: Final = frozenset(
    {
        TransactionStatus.IDLE,
        TransactionStatus.IN_TRANSACTION,
        TransactionStatus.FAILED,
    }
)

RESETTING_TAGS: Final = frozenset({b"DISCARD ALL", b"DEALLOCATE ALL"})
# One prepared statement more, or one less.
PREPARED: Final = b"PREPARE"
DEALLOCATED: Final = b"DEALLOCATE"

_OTHER_NAMES: Final[dict[int, str]] = {
    QUERY_COPIES_IN: "message type 'Q', in copy-in",
    EXECUTE_COPIES_IN: "message type 'E', in copy-in",
    ANYTHING: "an unknown number of messages",
    MUTED: "message type 'Q', whose error was told",
    DRAINED: "the end of a drain",
    NONCE: "the end of the uncertainty",
}


def name_of(request: int) -> str:
    """Name a request, or another head of the ledger, for an error message."""
    for kind, entry in REQUESTS.items():
        if entry & request:
            return f"message type '{chr(kind)}'"
    for head, name in _OTHER_NAMES.items():
        if head & request:
            return name
    return "no message"


class UnaccountedReply(ProtocolViolation):
    """A server sent what no request of the ledger explains: it must be closed."""


def unexpected_reply(kind: int, head: int) -> UnaccountedReply:
    """Make the error for a reply that the head does not explain."""
    return UnaccountedReply(
        f"unexpected reply {chr(kind)!r}",
        detail=f"The server owed an answer to {name_of(head)}.",
    )


@dataclass(frozen=True, slots=True)
class ServerError:
    """An ErrorResponse went by; ``skipped``: nobody but us has seen it."""

    error: ErrorResponse
    skipped: bool


@dataclass(frozen=True, slots=True)
class PlanStale:
    """Nothing of ``batch`` was run, for what a statement gives has changed since.

    Its replies were dropped, and it is to be run again.
    """

    batch: bytes


@dataclass(frozen=True, slots=True)
class MisnamingError:
    """An error of the client's names a statement by the name it has on servers.

    Or is about a text with such names in it (``altered``), of which it may name a
    position. It is a run of its own, from ``start`` to ``end``.
    """

    start: int
    end: int
    altered: bool = False


@dataclass(frozen=True, slots=True)
class ParameterReported:
    """The server reported the value of a parameter.

    ``number``: of the first effect on statements that is known to have come after.
    ``start``: where the message begins, a run of its own; -1 if it is nobody's.
    """

    name: str
    value: str
    number: int = 0
    start: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class StatementsDropped:
    """The server dropped all its prepared statements (DISCARD or DEALLOCATE ALL)."""


@dataclass(frozen=True, slots=True)
class StatementNamed:
    """A client's PREPARE or DEALLOCATE is done; ``tag`` is that of CommandComplete."""

    tag: bytes


# What a client has to know of its prepared statements.
StatementEvent = StatementsDropped | StatementNamed | PlanStale
Event = ServerError | MisnamingError | ParameterReported | StatementEvent


def is_fatal(error: ErrorResponse) -> bool:
    """Whether the server ends the connection with this error.

    Told by the severity alone: a WARNING may announce an end (57P01, 57P02) after
    which the statement has been committed nevertheless.
    """
    return error.severity in {"FATAL", "PANIC"}


def read_error(body: bytes, *, whole: bool) -> ErrorResponse:
    """Decode an ErrorResponse, or the whole fields of the beginning of a long one.

    Severity and SQLSTATE come first, so they are among them.

    Raises:
        UnaccountedReply: these are no fields of an error.
    """
    if not whole:
        fields = body[: body.rfind(b"\0") + 1].rstrip(b"\0")
        body = fields + b"\0\0" if fields else b"\0"
    try:
        return ErrorResponse.decode(body)
    except ProtocolViolation as error:
        raise UnaccountedReply(error.message) from error


def read_parameter(body: bytes, number: int) -> ParameterReported:
    """Decode a ParameterStatus.

    Raises:
        UnaccountedReply: it is not two strings.
    """
    try:
        reported = ParameterStatus.decode(body)
    except ProtocolViolation as error:
        raise UnaccountedReply(error.message) from error
    return ParameterReported(reported.name, reported.value, number)


def read_status(body: bytes) -> int:
    """Decode a ReadyForQuery; give the transaction's status.

    Raises:
        UnaccountedReply: it is not one byte that PostgreSQL uses.
    """
    try:
        return ReadyForQuery.decode(body).status
    except ProtocolViolation as error:
        raise UnaccountedReply(error.message) from error


def read_tag(body: bytes) -> bytes:
    """Decode a CommandComplete; give the tag.

    Raises:
        UnaccountedReply: it is not one string.
    """
    try:
        return CommandComplete.decode(body).tag
    except ProtocolViolation as error:
        raise UnaccountedReply(error.message) from error
