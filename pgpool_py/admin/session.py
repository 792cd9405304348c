"""One client of the console: messages in, answers out, one command at a time.

    ready     takes the next message
    waiting   a command is not answered yet; what comes is kept
    closed

What is kept is bounded, and so is what the client does not read: nothing is answered
while the last answer is not out.
"""

from collections.abc import Callable
from typing import Final

from pgpool_py import errors
from pgpool_py.client.identity import ClientIdentity
from pgpool_py.client.telling import told
from pgpool_py.errors import ConsoleError, PoolerError
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgwire.codes import Frontend
from pgwire.errors import ProtocolViolation
from pgwire.framing import HEADER_SIZE, check_request, message_end
from pgwire.frontend import Query

from . import answer
from .commands.desk import Desk
from .commands.refusals import cancelled
from .commands.result import Done, Result, Rows, Unanswered, Waiting
from .directory import Statement, prepare

# The longest length word that is taken; a command has some dozens of bytes.
MOST_MESSAGE: Final = 64 * 1024
_READ_SIZE: Final = 8192

_EXTENDED: Final = frozenset(
    {
        Frontend.PARSE,
        Frontend.BIND,
        Frontend.DESCRIBE,
        Frontend.EXECUTE,
        Frontend.CLOSE,
        Frontend.FLUSH,
        Frontend.SYNC,
    }
)


class ConsoleSession:
    """See the module's text.

    Attributes:
        identity: who it is.
        since: when it last sent a command, by the reactor's clock.
        closed: whether it is over.
    """

    __slots__ = (
        "_admin",
        "_buffer",
        "_desk",
        "_on_closed",
        "_stream",
        "_unwatch",
        "_waiting",
        "closed",
        "identity",
        "since",
    )

    def __init__(
        self,
        desk: Desk,
        stream: Stream,
        identity: ClientIdentity,
        *,
        admin: bool,
        on_closed: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._stream = stream
        self._admin = admin
        self._on_closed = on_closed
        self._buffer = bytearray()
        self._waiting: Waiting | None = None
        self._unwatch: Callable[[], None] | None = None
        self.identity = identity
        self.since = desk.pooler.now
        self.closed = False
        stream.handler = self
        desk.visitors[identity.pid] = self
        desk.counters.client_login_count += 1
        self._write(answer.welcome(identity.pid, identity.cancel_key))

    def __str__(self) -> str:
        return str(self.identity)

    # What the client sends

    def on_readable(self) -> None:
        """Read once, and answer; called by the stream."""
        chunk = bytearray(_READ_SIZE)
        try:
            size = self._stream.recv_into(chunk)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self.close(Reason.CLIENT_EOF)
            return
        self._desk.counters.bytes_received += size
        self._buffer += chunk[:size]
        self._go_on()

    def _go_on(self) -> None:
        """Take the messages that are there, as long as answers can be given."""
        try:
            while self._free and self._take_message():
                pass
        except ProtocolViolation as violation:
            error = errors.protocol_violation(violation.message, violation.detail)
            self.close(Reason.CLIENT_PROTOCOL_VIOLATION, error)
        if self.closed:
            return
        full = len(self._buffer) > MOST_MESSAGE and not self._free
        if full and not self._stream.paused:
            self._stream.pause()
        elif not full and self._stream.paused:
            self._stream.resume()

    @property
    def _free(self) -> bool:
        return not (self.closed or self._waiting is not None or self._stream.backlog)

    def _take_message(self) -> bool:
        buffer = self._buffer
        if len(buffer) < HEADER_SIZE:
            return False
        end = message_end(buffer, 0)
        check_request(buffer[0], end - 1, MOST_MESSAGE)
        if len(buffer) < end:
            return False
        kind, body = buffer[0], bytes(buffer[HEADER_SIZE:end])
        del buffer[:end]
        self._take(kind, body)
        return True

    def _take(self, kind: int, body: bytes) -> None:
        if kind == Frontend.QUERY:
            self._query(Query.decode(body))
        elif kind == Frontend.TERMINATE:
            self.close(Reason.CLIENT_CLOSE_REQUEST)
        elif kind in _EXTENDED:
            # ReadyForQuery too: a driver then shows this error, and not the end.
            error = errors.console_extended_protocol()
            self._refuse(error)
            self.close(Reason.CLIENT_PROTOCOL_VIOLATION)
        else:
            raise ProtocolViolation(
                f"unsupported message type '{chr(kind)}' for admin console"
            )

    # Commands

    def _query(self, query: Query) -> None:
        self.since = self._desk.pooler.now
        self._desk.counters.query_count += 1
        self._desk.counters.xact_count += 1
        text = query.sql.decode("utf-8", "surrogateescape")
        try:
            statement = prepare(text, admin=self._admin)
            self._answer(statement, statement.run(self._desk))
        except ConsoleError as error:
            self._refuse(error)

    def _answer(self, statement: Statement, result: Result) -> None:
        match result:
            case Rows():
                self._write(answer.rows(statement.columns, result) + answer.READY)
            case Done():
                self._write(answer.done(result) + answer.READY)
                if result.afterwards is not None:
                    result.afterwards()
            case Unanswered():
                result.act()
            case Waiting():
                if result.ready():
                    self._write(answer.tag(result.tag) + answer.READY)
                else:
                    self._waiting = result
                    self._unwatch = self._desk.pooler.watch(self._look)

    def _refuse(self, error: PoolerError) -> None:
        self._write(told(error) + answer.READY)

    def _write(self, data: bytes) -> None:
        self._desk.counters.bytes_sent += len(data)
        self._stream.write(data)

    # Waiting

    def _look(self) -> None:
        """Answer if the wait is over; called at every tick of the pooler."""
        waiting = self._waiting
        if waiting is None:
            return
        try:
            if not waiting.ready():
                return
        except ConsoleError as error:
            self._wait_no_more()
            self._refuse(error)
        else:
            self._wait_no_more()
            self._write(answer.tag(waiting.tag) + answer.READY)
        self._go_on()

    def _wait_no_more(self) -> None:
        self._waiting = None
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None

    def cancel(self) -> None:
        """Undo what the last command waits for, and wait no more."""
        waiting = self._waiting
        if waiting is None:
            return
        self._wait_no_more()
        waiting.cancelled()
        self._refuse(cancelled())
        self._go_on()

    # End

    def on_drained(self) -> None:
        """Answer the next command; called by the stream."""
        if not self.closed:
            self._go_on()

    def on_fault(self, error: Exception) -> None:  # noqa: ARG002 - reported elsewhere
        """A callback of ours failed; called by the stream."""
        self.close(Reason.INTERNAL_ERROR)

    def close(self, reason: Reason, error: PoolerError | None = None) -> None:
        """Close, with an error for the client if there is one; once.

        What a command had begun and waits for goes on.
        """
        if self.closed:
            return
        self.closed = True
        self.identity.log_close(reason, error)
        self._wait_no_more()
        if error is not None:
            self._write(told(error))
        self._stream.close()
        del self._desk.visitors[self.identity.pid]
        self._on_closed()
