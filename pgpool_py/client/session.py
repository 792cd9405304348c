"""A client that is logged in: its bytes, and the server it is lent.

    idle      no server, nothing to send
    waiting   no server yet; what it sent is kept
    linked    its bytes go to its server as they come
    closed

What it may send, and when it needs a server, ``pgwire.requests`` decides. See also
``regulated``, ``plain`` (what nearly all exchanges are) and ``unserved``.
"""

from collections.abc import Callable

from pgpool_py import errors
from pgpool_py.errors import PoolerError
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.scratch import Scratch
from pgpool_py.net.stream import NOBODY, Stream
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.parameters import ParameterSet
from pgpool_py.settings import PoolMode, PoolSettings
from pgwire.backend import ParameterStatus
from pgwire.codes import Frontend, TransactionStatus
from pgwire.errors import ProtocolViolation
from pgwire.exchange import StatementEvent, StatementNamed, StatementsDropped
from pgwire.framing import HEADER_SIZE
from pgwire.naming import KEPT_LIMIT
from pgwire.objecting import Watch
from pgwire.requests import Requests
from pgwire.seen import ALIKE, LONGEST

from .identity import ClientIdentity
from .leaving import Leaving
from .lender import Lender
from .regulated import MUCH, owes_much
from .session_state import NOTHING
from .telling import told
from .unserved import READY_IDLE


class ClientSession(Leaving):
    """See the module's text.

    Attributes:
        takes_back: whether what it sends waits for a rollback that the mode demands.
    """

    __slots__ = (
        "__weakref__",
        "_on_closed",
        "_scratch",
        "takes_back",
    )

    def __init__(
        self,
        reactor: Reactor,
        scratch: Scratch,
        stream: Stream,
        *,
        on_closed: Callable[["ClientSession"], None],
        lender: Lender,
        identity: ClientIdentity,
        parameters: ParameterSet,
        limits: PoolSettings,
        requests: Callable[[Watch], Requests] | None = None,
    ) -> None:
        super().__init__(
            reactor,
            stream,
            lender,
            requests(self) if requests else Requests(lender.statements),
            identity=identity,
            parameters=parameters,
            limits=limits,
        )
        self._scratch = scratch
        self._on_closed = on_closed
        self.takes_back = self.passes_over = False
        stream.handler = self

    # What the client sends
    def on_readable(self) -> None:
        """Read once, and pass it on or keep it; called by the stream."""
        requests = self.requests
        if self.server is not None or self.waiting or requests.pending:
            self._read_on(requests.pending)
            return
        scratch = self._scratch
        try:
            size = self.stream.recv_into(scratch.buffer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self.close(Reason.CLIENT_EOF)
            return
        lender = self.lender
        query = requests.lone_query(scratch.view, size)
        self._alone = query is not None
        if query is None:
            self._take_other(scratch.view[:size])
        elif (server := lender.take(self)) is not None:
            self.server = server
            self._send_alone(server, query)
        elif lender.shares and size <= LONGEST:
            alike = query[HEADER_SIZE:-1].translate(ALIKE)
            lender.follow(self, query, alike, None)
        else:
            requests.pending = query
            if size < lender.buffer_limit:
                self._ask()
            else:
                self.consider()
        lender.counters.bytes_received += size

    def _take_other(self, data: memoryview) -> None:
        """Take what came to nothing before it, and is no lone Query."""
        if len(data) == HEADER_SIZE and self._says_goodbye(data):
            self.close(Reason.CLIENT_CLOSE_REQUEST)
            return
        run = self.lone_run(data) if self.lender.shares else None
        if run is not None:
            self.lender.follow(self, run.batch, run.alike, run)
        else:
            self.requests.keep(data)
            self.consider()

    def _ask(self) -> None:
        self.waiting = True
        self.timing.since = self._reactor.now
        self.lender.request(self)

    def _read_on(self, pending: bytes | bytearray | None) -> None:
        """Read what comes behind something that is not dealt with yet."""
        self._alone = False
        scratch = self._scratch
        requests = self.requests
        server = None if self.waiting else self.server
        start = 0
        try:
            if server is None:
                size = self.stream.recv_into(scratch.buffer)
            else:
                start = len(pending) if pending else 0
                scratch.buffer[:start] = pending or b""
                end = start + self._most(server)
                size = self.stream.recv_into(scratch.view[start:end])
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self._hang_up()
            return
        self.lender.counters.bytes_received += size
        if server is not None:
            requests.pending = None
            if size >= MUCH and owes_much(server):
                self._hold_back(server, start + size)
            else:
                self._forward(server, scratch.view, start + size)
        else:
            requests.keep(scratch.view[:size])
            if not self.waiting:
                self.consider()
            elif self.passes_over and self.server and not self._is_awaited(self.server):
                self.on_linked(self.server)
            else:
                self.lender.insist(self)
                self._regulate()

    def _hold_back(self, server: ServerConnection, end: int) -> None:
        """Send the rest of a message, and no more until all is answered.

        Then it is the turn of others, in transaction mode.
        """
        view = self._scratch.view
        rest = min(self.requests.half_sent, end)
        if rest:
            self._forward(server, view, rest)
        if rest < end and not self.closed:
            self.requests.keep(view[rest:end])
            self.waiting = True
            self.stream.pause()

    def _forward(self, server: ServerConnection, view: memoryview, end: int) -> None:
        """Send ``view[:end]`` to the server, in one write; keep a fragment."""
        requests, ledger = self.requests, server.ledger
        server.sent = None
        server.last = query = requests.lone_query(view, end)
        if query is not None and not (ledger.unsynced or ledger.copies_in):
            self._send_query(server, query)
            return
        violation = None
        in_session = self.lender.settings.pool_mode is PoolMode.SESSION
        context = None if in_session else self.parameters.parsing
        try:
            used = requests.receive(view, end, ledger, context)
        except ProtocolViolation as error:
            used, violation = end, error
        pieces = requests.pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        sent = not data or server.stream.write(data)
        if view[0] == Frontend.QUERY and end < KEPT_LIMIT:
            server.last = bytes(view[:end])
        if used != end:
            requests.keep(view[used:end])
        self.waiting = requests.held
        # Of PostgreSQL 18 (18.4), such a batch leaves a transaction that is broken.
        server.must_reset = server.must_reset or requests.mixes
        if not self.timing.exchange_since and ledger.head:
            self.timing.begin_exchange(self._reactor.now, self.lender.counters)
        if violation is not None:
            self._violated(violation)
        else:
            if requests.terminated:
                self._await_the_last(server)
            if requests.held:
                self._hold(server)
            elif not sent:
                self._regulate()
            over = ledger.settled or ledger.resynchronisable
            if over and self.timing.transaction_since:  # and no reply will come
                self.on_answered(server)

    def _hold(self, server: ServerConnection) -> None:
        """Wait for what has to be answered first."""
        self._regulate()
        ledger = server.ledger
        if not self.requests.pieces and not ledger.answered and ledger.begins_anew:
            # All is ours. Given back, it would go to one who may wait for the same.
            self.lender.restore(server, self)

    # What the pool says

    def on_linked(self, server: ServerConnection) -> None:
        """Send what is pending; see :class:`~pgpool_py.client.lender.Borrower`."""
        before, self.server = self.server, server
        if self.touched is not NOTHING and self._is_examined(server):
            # It waited for a cancel that was on its way.
            self.on_answered(server)
            return
        self.waiting = before is not None and self._must_pass_over()
        pending = None if self.waiting else self.requests.take()
        if pending:
            if before is None and self._alone:
                self._send_alone(server, bytes(pending))
            else:
                self._forward(server, memoryview(pending), len(pending))
                if before is None and self.lender.shares and self.is_alone:
                    server.sent = pending
        elif before is not None and server.ledger.settled and not self.requests.ties:
            # What it was kept for was cancelled.
            self.on_answered(server)
        if self.waiting or self.stream.paused:
            self._regulate()

    # What the server says

    def on_answered(self, server: ServerConnection) -> None:
        """Everything is answered: let the server go if the pool's mode says so."""
        ledger = server.ledger
        now, counters = self._reactor.now, self.lender.counters
        self.cancel_asked = False
        if ledger.settled and not self.requests.half_sent:
            self.timing.end_transaction(now, counters)
            mode = self.lender.settings.pool_mode
            if self.requests.terminated:
                self.close(Reason.CLIENT_CLOSE_REQUEST)
            elif mode is not PoolMode.SESSION and (
                not self.requests.ties or self._lets_go(server)
            ):
                self._release(server, self.lender.give_back)
            elif self.waiting and not self._is_awaited(server):
                self.on_linked(server)
            return
        self.timing.end_exchange(now, counters)
        if ledger.resynchronisable:
            # Nothing of ours may be written into a message of the client's.
            self.waiting = not self.requests.half_sent
            if self.waiting and not server.cancels:
                self.lender.resynchronise(server)
        elif self.requests.terminated:
            self.close(Reason.CLIENT_CLOSE_REQUEST)
        elif ledger.status != TransactionStatus.IDLE and self.refuses_transactions:
            self.on_transaction(server, ready=True)
        elif self.waiting and ledger.answered and not server.cancels:
            # Resynchronised inside a transaction.
            self.on_linked(server)

    def on_transaction(self, server: ServerConnection, *, ready: bool) -> None:
        """Have it rolled back, and go on where that is possible; see Owner."""
        requests = self.requests
        if requests.terminated:
            self.close(Reason.CLIENT_CLOSE_REQUEST)
        elif ready or server.ledger.unsynced or requests.half_sent or server.cancels:
            error = errors.transaction_in_statement_mode(errors.Severity.FATAL)
            self.close(Reason.TRANSACTION_IN_STATEMENT_MODE, error)
        else:
            self.timing.end_exchange(self._reactor.now, self.lender.counters)
            if server.ledger.status == TransactionStatus.IN_TRANSACTION:
                # If it has failed, the client was told an error already.
                error = errors.transaction_in_statement_mode()
                self.identity.note_error(error, self)
                self.stream.write(told(error))
            self.cancel_asked = False
            self.waiting = self.takes_back = True
            self._regulate()
            self.lender.roll_back(server)

    def on_rolled_back(self, server: ServerConnection) -> None:
        """Tell that what it sent is over, and go on; see Owner."""
        self.takes_back = False
        self.stream.write(READY_IDLE)
        self.on_answered(server)

    def _lets_go(self, server: ServerConnection) -> bool:
        """Whether the server may go back; what has to be known is asked first."""
        self._look_for_statements()
        if (
            self.touched is not NOTHING
            and (server.cancels or not self.lender.examine(server, self))
        ) or (self.listening is not None and not self.listening.lets_go(server)):
            self.waiting = True
            self._regulate()
            return False
        if self._must_close():
            return False
        if self.requests.ties and self.parameters is not server.parameters:
            self.waiting = True
            self.lender.restore(server, self)
        return not self.requests.ties

    def on_parameter(self, name: str, value: str) -> bytes | None:
        """Follow the server: what it reported is now the client's own; see Owner."""
        instead = None if self.server is None else self._follow(name, self.server)
        if self.takes_back:
            # The rollback is ours, but what it undoes was reported to the client.
            self.stream.write(ParameterStatus(name, value).encode())
        return instead

    def on_event(self, server: ServerConnection, event: StatementEvent) -> None:
        """Follow what became of statements, or run a batch again; see Owner."""
        if isinstance(event, StatementsDropped):
            self.requests.drop_all()
        elif isinstance(event, StatementNamed):
            self.requests.on_named(event.tag, server.ledger)
        else:
            # What came while others shared the server was kept, and is behind it.
            batch = event.batch + (self.requests.take() or b"")
            self._forward(server, memoryview(batch), len(batch))

    # End

    def on_fault(self, error: Exception) -> None:  # noqa: ARG002 - reported elsewhere
        """A callback of ours failed; called by the stream."""
        self.close(Reason.INTERNAL_ERROR)

    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        """The server is gone: so is the session."""
        self.server = None
        self.close(reason, error)

    def close(self, reason: Reason, error: PoolerError | None = None) -> None:
        """Close, with an error for the client if there is one; once."""
        if self.closed:
            return
        self.closed = True
        self.identity.note_close(reason, error, self)
        if self.waiting and self.server is None:
            # Of an answer to it a part may have gone out, in the middle of a message.
            self.lender.claim(self)
        server, self.server = self.server, None
        if error is not None and not (server and server.ledger.mid_message):
            self.stream.write(told(error))
        self.stream.close()
        if self.waiting and server is None:
            self.lender.leave(self)
        if server is not None:
            server.owner = None
            self.lender.abandon(
                server,
                half_written=bool(self.requests.half_sent),
                must_reset=self.leaves_state,
            )
        self._forget_state()
        # They would keep each other until the garbage collector comes.
        self.stream.handler = NOBODY
        self.requests.end()
        self._on_closed(self)
