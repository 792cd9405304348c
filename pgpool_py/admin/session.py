"""One client of the console: its socket, one command at a time.

    ready     takes the next message
    waiting   a command is not answered yet; what comes is kept
    closed

What the messages mean is in `conversation`. What is kept is bounded, and so is what the
client does not read: nothing is answered while the last answer is not out.
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

from . import answer
from .commands.desk import Desk
from .commands.refusals import cancelled
from .commands.result import Waiting
from .conversation import Conversation, Reply

# The longest length word that is taken; a command has some dozens of bytes.
MOST_MESSAGE: Final = 64 * 1024
_READ_SIZE: Final = 8192


class ConsoleSession:
    """See the module's text.

    Attributes:
        identity: who it is.
        since: when it last sent a command, by the reactor's clock.
        closed: whether it is over.
    """

    __slots__ = (
        "_buffer",
        "_conversation",
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
        self._conversation = Conversation(desk, admin=admin)
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
        if kind == Frontend.TERMINATE:
            self.close(Reason.CLIENT_CLOSE_REQUEST)
            return
        self.since = self._desk.pooler.now
        self._give(self._conversation.receive(kind, body))

    def _give(self, reply: Reply) -> None:
        self._write(reply.data)
        if reply.waiting is not None:
            self._waiting = reply.waiting
            self._unwatch = self._desk.pooler.watch(self._look)
        if reply.then is not None:
            reply.then()

    def _write(self, data: bytes) -> None:
        if not data:
            return
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
            data = self._conversation.complete(waiting)
        except ConsoleError as error:
            data = self._conversation.refuse(error)
        self._wait_no_more()
        self._write(data)
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
        self._write(self._conversation.refuse(cancelled()))
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

        What a command had begun and waits for goes on, but for a suspension.
        """
        if self.closed:
            return
        self.closed = True
        self.identity.note_close(reason, error)
        self._wait_no_more()
        self._conversation.undo()
        if error is not None:
            self._write(told(error))
        self._stream.close()
        del self._desk.visitors[self.identity.pid]
        self._on_closed()
        if reason is not Reason.POOLER_SHUTTING_DOWN:
            # Else it may be just this that had been put off.
            self._conversation.leave()
