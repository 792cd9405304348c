"""The protocol of one client of the console, simple and extended, without I/O.

    IDLE    between exchanges
    QUERY   a Query is being answered
    BATCH   extended messages came, and no Sync yet
    FAILED  one of them failed: what follows is skipped, up to the Sync

The table below says for each phase what a message does and in which phase that is done;
what is not in it is a violation of the protocol. A command that waits keeps its phase:
no message may be given before `complete` or `refuse`.

There are no transactions: a Sync, a Query or an error closes all portals. One that is
fetched in pieces has Flush between them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import ClassVar, Final

from pgpool_py.client.telling import told
from pgpool_py.errors import ConsoleError, PoolerError
from pgwire.backend import ParameterDescription
from pgwire.codes import Frontend, Target
from pgwire.completions import (
    BindComplete,
    CloseComplete,
    EmptyQueryResponse,
    NoData,
    ParseComplete,
    PortalSuspended,
)
from pgwire.errors import ProtocolViolation
from pgwire.frontend import Bind, Close, Describe, Execute, Flush, Parse, Query, Sync

from . import answer, objections
from .commands.desk import Desk
from .commands.result import SHOW_TAG, Done, Result, Rows, Unanswered, Waiting
from .directory import Statement, prepare
from .formats import formats
from .portals import Portal, Portals, Prepared

_NO_PARAMETERS: Final = ParameterDescription(()).encode()
_NO_DATA: Final = NoData().encode()
_PARSE_COMPLETE: Final = ParseComplete().encode()
_BIND_COMPLETE: Final = BindComplete().encode()
_CLOSE_COMPLETE: Final = CloseComplete().encode()
_EMPTY_QUERY: Final = EmptyQueryResponse().encode()
_SUSPENDED: Final = PortalSuspended().encode()

_has_parameter = re.compile(r"\$[0-9]").search
# What PostgreSQL's grammar skips; a text of nothing else is no command.
_NOTHING: Final = " \t\n\r\f\v;"


class Phase(Enum):
    """See the module's text."""

    IDLE = auto()
    QUERY = auto()
    BATCH = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """What one message comes to.

    Attributes:
        data: to be sent.
        waiting: a command that is not answered yet, to be watched.
        then: to be called when ``data`` is sent; it may end the session.
    """

    data: bytes = b""
    waiting: Waiting | None = None
    then: Callable[[], None] | None = None


_NOTHING_TO_SAY: Final = Reply()

# Where an answer leads, and what ends it.
_COMPLETED: Final[Mapping[Phase, tuple[Phase, bytes]]] = MappingProxyType(
    {Phase.QUERY: (Phase.IDLE, answer.READY), Phase.BATCH: (Phase.BATCH, b"")}
)
_REFUSED: Final[Mapping[Phase, tuple[Phase, bytes]]] = MappingProxyType(
    {Phase.QUERY: (Phase.IDLE, answer.READY), Phase.BATCH: (Phase.FAILED, b"")}
)

_Handler = Callable[["Conversation", bytes], Reply]


class Conversation:
    """See the module's text. Give it each message; send what it returns."""

    __slots__ = ("_admin", "_at_end", "_desk", "_phase", "_portals", "_put_off")

    def __init__(self, desk: Desk, *, admin: bool) -> None:
        self._desk = desk
        self._admin = admin
        self._phase = Phase.IDLE
        self._portals = Portals()
        self._put_off: list[Callable[[], None]] = []
        self._at_end: Callable[[], None] | None = None

    def receive(self, kind: int, body: bytes) -> Reply:
        """Take one message, its header taken off.

        Raises:
            ProtocolViolation: it has no meaning here, or is malformed.
        """
        found = self._TABLE[self._phase].get(kind)
        if found is None:
            raise ProtocolViolation(
                f"unsupported message type '{chr(kind)}' for admin console"
            )
        following, handler = found
        if self._phase is Phase.IDLE and following is not Phase.IDLE:
            self._desk.counters.query_count += 1
            self._desk.counters.xact_count += 1
        self._phase = following
        try:
            return handler(self, body)
        except ConsoleError as error:
            return Reply(self.refuse(error))

    def complete(self, waiting: Waiting) -> bytes:
        """Answer a command that has waited long enough."""
        return self._completed(answer.tag(waiting.tag))

    def refuse(self, error: PoolerError) -> bytes:
        """Answer the command at hand with an error."""
        self._phase, end = _REFUSED[self._phase]
        self._portals.close_portals()
        return told(error) + end

    def leave(self) -> None:
        """Do what was answered and put off; called once, when the session is over."""
        put_off, self._put_off = self._put_off, []
        for act in put_off:
            act()

    def undo(self) -> None:
        """Undo what lasts no longer than its session; called when that is over."""
        at_end, self._at_end = self._at_end, None
        if at_end is not None:
            at_end()

    def _completed(self, data: bytes) -> bytes:
        self._phase, end = _COMPLETED[self._phase]
        return data + end

    # Simple

    def _on_query(self, body: bytes) -> Reply:
        query = Query.decode(body)
        self._portals.forget_unnamed()
        self._portals.close_portals()
        statement = prepare(_decode(query.sql), admin=self._admin)
        result = statement.run(self._desk)
        if isinstance(result, Rows):
            return Reply(self._completed(answer.rows(statement.columns, result)))
        return self._answer(result)

    def _answer(self, result: Done | Waiting | Unanswered) -> Reply:
        match result:
            case Done():
                return self._done(result)
            case Unanswered():
                return Reply(then=result.act)
            case Waiting():
                self._at_end = result.at_end or self._at_end
                if result.ready():
                    return Reply(self.complete(result))
                return Reply(waiting=result)

    def _done(self, done: Done) -> Reply:
        then = done.afterwards
        if then is not None and self._phase is Phase.BATCH:
            # The session may end by it, and the batch has to have its ReadyForQuery.
            self._put_off.append(then)
            then = None
        return Reply(self._completed(answer.done(done)), then=then)

    # Extended

    def _on_parse(self, body: bytes) -> Reply:
        parse = Parse.decode(body)
        self._desk.counters.client_parse_count += 1
        if not parse.statement:
            self._portals.forget_unnamed()
        if parse.parameter_types:
            raise objections.no_parameters()
        self._portals.prepare(parse.statement, self._prepare(_decode(parse.sql)))
        return Reply(_PARSE_COMPLETE)

    def _prepare(self, text: str) -> Prepared:
        if not text.strip(_NOTHING):
            return None
        try:
            return prepare(text, admin=self._admin)
        except ConsoleError:
            if _has_parameter(text):
                raise objections.no_parameters() from None
            raise

    def _on_bind(self, body: bytes) -> Reply:
        bind = Bind.decode(body)
        self._desk.counters.bind_count += 1
        statement = self._portals.statement(bind.statement)
        if bind.parameters:
            name = _decode(bind.statement)
            raise objections.wrong_number_of_parameters(len(bind.parameters), name)
        columns = () if statement is None else statement.columns
        portal = Portal(statement, formats(bind.result_formats, len(columns)))
        self._portals.bind(bind.portal, portal)
        return Reply(_BIND_COMPLETE)

    def _on_describe(self, body: bytes) -> Reply:
        describe = Describe.decode(body)
        if describe.kind == Target.STATEMENT:
            statement = self._portals.statement(describe.name)
            return Reply(_NO_PARAMETERS + _described(statement, ()))
        portal = self._portals.portal(describe.name)
        return Reply(_described(portal.statement, portal.formats))

    def _on_execute(self, body: bytes) -> Reply:
        execute = Execute.decode(body)
        portal = self._portals.portal(execute.portal)
        statement = portal.statement
        if statement is None:
            return Reply(_EMPTY_QUERY)
        if not portal.started:
            portal.started = True
            result = self._run(portal, statement)
            if not isinstance(result, Rows):
                return self._answer(result)
        elif not statement.columns:
            raise objections.portal_done(_decode(execute.portal))
        return self._fetch(portal, execute.max_rows)

    def _run(self, portal: Portal, statement: Statement) -> Result:
        result = statement.run(self._desk)
        if isinstance(result, Rows):
            rows = answer.data_rows(statement.columns, result, portal.formats)
            portal.rows.extend(rows)
        return result

    def _fetch(self, portal: Portal, most: int) -> Reply:
        rows = portal.rows
        if most <= 0 or len(rows) < most:
            parts = [*rows, answer.tag(SHOW_TAG)]
            rows.clear()
        else:
            # Also if no row is left: PostgreSQL finds out when it is asked for more.
            parts = [*(rows.popleft() for _ in range(most)), _SUSPENDED]
            self._portals.check_kept()
        return Reply(b"".join(parts))

    def _on_close(self, body: bytes) -> Reply:
        close = Close.decode(body)
        if close.kind == Target.STATEMENT:
            self._portals.close_statement(close.name)
        else:
            self._portals.close_portal(close.name)
        return Reply(_CLOSE_COMPLETE)

    def _on_flush(self, body: bytes) -> Reply:
        Flush.decode(body)
        # Answers are sent as they come to be.
        return _NOTHING_TO_SAY

    def _on_sync(self, body: bytes) -> Reply:
        Sync.decode(body)
        self._portals.close_portals()
        return Reply(answer.READY, then=self.leave if self._put_off else None)

    def _skip(self, body: bytes) -> Reply:  # noqa: ARG002 - all handlers are called alike
        return _NOTHING_TO_SAY

    _ALL: ClassVar[Mapping[int, tuple[Phase, _Handler]]] = {
        Frontend.QUERY: (Phase.QUERY, _on_query),
        Frontend.PARSE: (Phase.BATCH, _on_parse),
        Frontend.BIND: (Phase.BATCH, _on_bind),
        Frontend.DESCRIBE: (Phase.BATCH, _on_describe),
        Frontend.EXECUTE: (Phase.BATCH, _on_execute),
        Frontend.CLOSE: (Phase.BATCH, _on_close),
        Frontend.FLUSH: (Phase.BATCH, _on_flush),
        Frontend.SYNC: (Phase.IDLE, _on_sync),
    }
    # PostgreSQL skips a Query too (ignore_till_sync).
    _SKIPPING: ClassVar[Mapping[int, tuple[Phase, _Handler]]] = {
        **dict.fromkeys(_ALL, (Phase.FAILED, _skip)),
        Frontend.SYNC: (Phase.IDLE, _on_sync),
    }
    _TABLE: ClassVar[Mapping[Phase, Mapping[int, tuple[Phase, _Handler]]]] = {
        Phase.IDLE: _ALL,
        Phase.BATCH: _ALL,
        Phase.FAILED: _SKIPPING,
    }


def _described(statement: Prepared, codes: tuple[int, ...]) -> bytes:
    if statement is None or not statement.columns:
        return _NO_DATA
    return answer.description(statement.columns, codes)


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
