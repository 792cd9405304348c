"""What PostgreSQL says of its own session, once a transaction is over.

What a statement did is not concluded from its text: it may have failed, been rolled
back, or done it inside a function. PostgreSQL knows.

Questions are asked in the extended protocol, and all names are qualified, operators
too: the client may have put schemas of its own in front.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pgwire.backend import DataRow
from pgwire.codes import Backend
from pgwire.diagnostics import ErrorResponse
from pgwire.errors import ProtocolViolation
from pgwire.framing import messages
from pgwire.frontend import Bind, Execute, Parse, Query, Sync
from pgwire.statement import PREFIX

# That no view of parameters shows.
HIDDEN: Final = ("role", "session_authorization")

_TEXT_OID: Final = 25
_ONE_PARAMETER: Final = Parse(
    b"", b"SELECT pg_catalog.current_setting($1, true)", (_TEXT_OID,)
).encode()
_ALL_PARAMETERS: Final = Parse(
    b"",
    b"SELECT name, pg_catalog.current_setting(name) FROM pg_catalog.pg_settings"
    b" WHERE source OPERATOR(pg_catalog.=) 'session'",
).encode()
# PostgreSQL hides some parameters from a role that may not see them (SHOW ALL, and
# pg_read_all_settings). So all are asked for as whom the server has logged in as, which
# it goes on to be; the role of the session's start, if ALTER ROLE has set one, is back
# behind the batch.
_AS_ITSELF: Final = Parse(
    b"",
    b"SELECT pg_catalog.set_config('session_authorization', NULL, false),"
    b" pg_catalog.set_config('role', NULL, false),"
    b" pg_catalog.set_config('role', 'none', true)",
).encode()
# Asked without the session's statement_timeout, which is kept aside. A view would say
# of what was set for that that the session has it; it has the timeout if that is not
# the one of its start.
_ASIDE: Final = b"pgpool_py.statement_timeout"
_UNTIMED: Final = Parse(
    b"",
    b"SELECT pg_catalog.set_config('" + _ASIDE + b"',"
    b" pg_catalog.current_setting('statement_timeout'), true),"
    b" pg_catalog.set_config('statement_timeout', '0', true)",
).encode()
_ALL_UNTIMED: Final = Parse(
    b"",
    b"SELECT name, CASE WHEN name OPERATOR(pg_catalog.=) 'statement_timeout'"
    b" THEN s.kept ELSE pg_catalog.current_setting(name) END"
    b" FROM pg_catalog.pg_settings"
    b" WHERE CASE WHEN name OPERATOR(pg_catalog.=) 'statement_timeout'"
    b" THEN s.kept::pg_catalog.interval OPERATOR(pg_catalog.<>)"
    b" (reset_val::pg_catalog.float8"
    b" OPERATOR(pg_catalog.*) '1 ms'::pg_catalog.interval)"
    b" ELSE source OPERATOR(pg_catalog.=) 'session' END".replace(
        b"s.kept", b"pg_catalog.current_setting('" + _ASIDE + b"')"
    ),
).encode()
_HOLDINGS: Final = Parse(
    b"",
    b"SELECT 'advisory lock' WHERE EXISTS (SELECT FROM pg_catalog.pg_locks"
    b" WHERE locktype OPERATOR(pg_catalog.=) 'advisory'"
    b" AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid())"
    # All that is in a schema depends on it.
    b" UNION ALL SELECT 'temporary object' WHERE EXISTS (SELECT FROM"
    b" pg_catalog.pg_depend WHERE refclassid OPERATOR(pg_catalog.=)"
    b" 'pg_catalog.pg_namespace'::pg_catalog.regclass"
    b" AND refobjid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema())"
    b" UNION ALL SELECT 'cursor with hold' WHERE EXISTS"
    b" (SELECT FROM pg_catalog.pg_cursors WHERE is_holdable)"
    # Those that clients' PREPAREs have made go by names of ours.
    b" UNION ALL SELECT 'prepared statement' WHERE EXISTS"
    b" (SELECT FROM pg_catalog.pg_prepared_statements WHERE from_sql"
    b" AND name OPERATOR(pg_catalog.!~) '^pgpool_')"
    # But a text that was not seen may have given one a name of ours, too.
    b" UNION ALL SELECT name FROM pg_catalog.pg_prepared_statements WHERE from_sql"
    b" AND name OPERATOR(pg_catalog.~) '^pgpool_'",
).encode()
_OURS: Final = PREFIX.decode()
_STATEMENTS: Final = Parse(
    b"",
    b"SELECT name FROM pg_catalog.pg_prepared_statements"
    b" WHERE name OPERATOR(pg_catalog.~) '^pgpool_'",
).encode()
# What tells whether UNLISTEN was rolled back: set in front of it, in its transaction.
# What RESET would take away is kept in the name of a channel.
_MARK: Final = b"pgpool_py.unlistened"
_KEPT: Final = _MARK + b" "
_DO_KEEP: Final = (
    b"DO $$BEGIN EXECUTE pg_catalog.format('LISTEN %I', pg_catalog.concat('"
    + _KEPT
    + b"', pg_catalog.current_setting('"
    + _MARK
    + b"', true))); END$$"
)
# Not everybody may do that, and not everywhere: the second savepoint stands behind it
# if it was done, else the first one is still there.
_KEEP: Final = (
    Query(
        b"SAVEPOINT pgpool_kept; %s; RELEASE pgpool_kept; SAVEPOINT pgpool_kept"
        % _DO_KEEP
    ).encode()
    + Query(b"ROLLBACK TO pgpool_kept; RELEASE pgpool_kept").encode()
)
_DIGITS: Final = 20
_LISTENING: Final = Parse(
    b"",
    b"SELECT pg_catalog.current_setting('" + _MARK + b"', true)"
    b" UNION ALL SELECT pg_catalog.pg_listening_channels()",
).encode()
_UNLISTEN: Final = Parse(b"", b"UNLISTEN *").encode()
_EXECUTE: Final = Bind(b"", b"", (), (), ()).encode() + Execute(b"", 0).encode()
_SYNC: Final = Sync().encode()


@dataclass(frozen=True, slots=True)
class Questions:
    """What is to be found out.

    Attributes:
        names: parameters, in lower case.
        all_parameters: all that were set in this session as well; of those with a dot
            PostgreSQL tells none that it is not asked for by name. The session's user
            and role are those of its start from then on.
        holdings: what else keeps the session from being another client's.
        listening: what channels it listens to; it is made to listen to none.
        untimed: without the session's ``statement_timeout``, which may be too short;
            that takes a question more.
        statements: which prepared statements of names such as we give are there.
    """

    names: tuple[str, ...]
    all_parameters: bool
    holdings: bool
    listening: bool = False
    untimed: bool = False
    statements: bool = False

    @property
    def nothing(self) -> bool:
        """Whether nothing has to be asked."""
        asked = self.names or self.all_parameters or self.holdings or self.listening
        return not (asked or self.statements)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out.

    Attributes:
        parameters: of the names asked for, the value; None: there is no such one.
        session: all parameters that were set in this session; None: not asked.
        holdings: what it holds, in words.
        channels: that it listened to.
        last_mark: the last one that was not rolled back; see :func:`mark`.
        renamed: prepared statements that SQL has made under names such as we give.
        statements: all of such names; None: not asked.
    """

    parameters: Mapping[str, str | None]
    session: Mapping[str, str] | None
    holdings: tuple[str, ...]
    channels: frozenset[bytes] = frozenset()
    last_mark: int = 0
    renamed: tuple[bytes, ...] = ()
    statements: frozenset[bytes] | None = None


class UnknownStateError(Exception):
    """PostgreSQL did not tell; the text says what it said."""


def mark(number: int) -> bytes:
    """Give the message that sets a mark in a transaction, greater than all before."""
    return Query(b"SET %s TO '%d'" % (_MARK, number)).encode()


def keep_mark() -> bytes:
    """Give the two Queries that keep the last mark where a RESET is to follow.

    Within a transaction, which goes on even if it cannot be kept.
    """
    return _KEEP


def ask(questions: Questions) -> bytes:
    """Give the messages that ask, one batch."""
    parts = [_UNTIMED, _EXECUTE] if questions.untimed else []
    if questions.names:
        parts.append(_ONE_PARAMETER)
    for name in questions.names:
        value = name.encode("utf-8", "surrogateescape")
        parts.append(Bind(b"", b"", (), (value,), ()).encode())
        parts.append(Execute(b"", 0).encode())
    if questions.all_parameters:
        every = _ALL_UNTIMED if questions.untimed else _ALL_PARAMETERS
        parts += (_AS_ITSELF, _EXECUTE, every, _EXECUTE)
    if questions.holdings:
        parts += (_HOLDINGS, _EXECUTE)
    if questions.statements:
        parts += (_STATEMENTS, _EXECUTE)
    if questions.listening:
        parts += (_LISTENING, _EXECUTE, _UNLISTEN, _EXECUTE)
    parts.append(_SYNC)
    return b"".join(parts)


def read(replies: bytes, questions: Questions) -> Findings:
    """Read the answers.

    Raises:
        UnknownStateError: an error was answered, or something else than asked for.
    """
    try:
        answers = _answers(replies)
        if questions.untimed:
            next(answers)
        parameters = {name: _only(next(answers)) for name in questions.names}
        session = None
        if questions.all_parameters:
            next(answers)
            session = dict(map(_pair, next(answers)))
        held: list[str] = []
        if questions.holdings:
            held = [row[0] or "" for row in next(answers)]
        statements = None
        if questions.statements:
            statements = frozenset(_bytes(row[0]) for row in next(answers))
        channels, last_mark = frozenset[bytes](), 0
        if questions.listening:
            channels, last_mark = _listening(next(answers))
        return Findings(
            parameters,
            session,
            tuple(what for what in held if not what.startswith(_OURS)),
            channels,
            last_mark,
            tuple(_bytes(name) for name in held if name.startswith(_OURS)),
            statements,
        )
    except (StopIteration, ProtocolViolation, ValueError) as error:
        raise UnknownStateError("the answer is not what was asked for") from error


def _answers(replies: bytes) -> Iterator[list[list[str | None]]]:
    """Give the rows of each execution."""
    rows: list[list[str | None]] = []
    for kind, body in messages(replies):
        if kind == Backend.ERROR_RESPONSE:
            raise UnknownStateError(ErrorResponse.decode(body).message)
        if kind == Backend.DATA_ROW:
            rows.append([_text(value) for value in DataRow.decode(body).values])
        elif kind == Backend.COMMAND_COMPLETE:
            yield rows
            rows = []


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _listening(rows: list[list[str | None]]) -> tuple[frozenset[bytes], int]:
    """Give the client's channels, and the last mark."""
    marked, *names = (_bytes(row[0]) for row in rows)
    kept = {name for name in names if name.startswith(_KEPT)}
    marks = (marked, *(name.removeprefix(_KEPT) for name in kept))
    return frozenset(names) - kept, max(map(_number, marks))


def _number(mark: bytes) -> int:
    """Read a mark; clients may have set it to anything."""
    return int(mark) if mark.isdigit() and len(mark) <= _DIGITS else 0


def _bytes(value: str | None) -> bytes:
    return (value or "").encode("utf-8", "surrogateescape")


def _only(rows: list[list[str | None]]) -> str | None:
    ((value,),) = rows
    return value


def _pair(row: list[str | None]) -> tuple[str, str]:
    name, value = row
    return str(name).lower(), value or ""
