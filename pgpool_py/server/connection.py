"""A connection to PostgreSQL that is logged in: its stream, its ledger, its errands.

At any time exactly one of these holds:

    idle       in the pool's books, nothing is owed
    active     lent to an owner, to whom all forwarded replies go
    tested     on an errand of ours (check, reset, parameters, drain): replies skipped
    abandoned  its owner is gone, what was begun is still being answered

An errand may also be run while the server is lent, before the owner's first bytes.
"""

import logging
import math
from typing import Protocol

from pgpool_py.errors import PoolerError
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.scratch import Scratch
from pgpool_py.reasons import Reason
from pgwire.codes import TransactionStatus
from pgwire.diagnostics import ErrorResponse
from pgwire.exchange import (
    MisnamingError,
    ParameterReported,
    ServerError,
    StatementEvent,
    UnaccountedReply,
    is_fatal,
)
from pgwire.ledger import Ledger
from pgwire.reading import is_read_by
from pgwire.server_login import MAX_PARAMETERS

from .errand import Errand
from .keeper import Keeper, Sharing
from .opening import TERMINATE, Opened
from .parameters import ParameterSet
from .state import ServerState

_log = logging.getLogger(__name__)


class Owner(Protocol):
    """The client that a server is lent to."""

    @property
    def refuses_transactions(self) -> bool:
        """Whether it may not be in a transaction when all is answered."""

    def on_linked(self, server: "ServerConnection") -> None:
        """The server is yours, and takes your bytes from now on, or again."""

    def deliver(self, data: memoryview) -> None:
        """Take replies; the memory is good until the call returns."""

    def in_own_names(self, error: bytes, *, altered: bool) -> bytes:
        """Give an error about names, or a text that was ``altered``, as you know it."""

    def on_answered(self, server: "ServerConnection") -> None:
        """All that was sent is answered."""

    def on_query_answered(self, server: "ServerConnection", data: memoryview) -> None:
        """As deliver and on_answered: all that a lone exchange has brought."""

    def on_transaction(self, server: "ServerConnection", *, ready: bool) -> None:
        """As on_answered, in a transaction you refuse; ``ready``: and you were told."""

    def on_copy_in(self, server: "ServerConnection") -> None:
        """A copy-in has begun, or it is to be found out how it ended."""

    def on_rolled_back(self, server: "ServerConnection") -> None:
        """The transaction that you had rolled back is over."""

    def on_parameter(self, name: str, value: str) -> bytes | None:
        """The server reported a parameter to you; give what to deliver instead."""

    def on_event(self, server: "ServerConnection", event: StatementEvent) -> None:
        """Statements are others, or what you sent was not run; in your exchange."""

    def on_server_drained(self) -> None:
        """The server takes bytes again."""

    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        """The server is gone; ``error`` is None where it said why itself."""


class ServerConnection:
    """See the module's text.

    Attributes:
        id: unique in this process, shared with clients.
        pid, cancel_key: for a CancelRequest.
        host: as it is called in the configuration.
        address: host and port, or socket path, for people.
        reported: parameters that the server reported, names in lower case.
        parameters: what differs from the pool's defaults.
        since, opened: when it took on its state, and was logged in; reactor's clock.
        end_of_life: from when on it is replaced.
        deadline: when the errand or the drain it is on must be done.
        close_needed: whether it is closed instead of given back.
        fatal, told: the FATAL error that it sent, if any; whether its owner got it.
        cancels: how many CancelRequests for it are on their way.
        must_reset, must_close: whether a client left state behind; no reset ends it.
        carry: the beginning of a message whose rest is still to come.
        sent: the one exchange that its owner has sent, where others may follow it.
        last: the simple Query that its owner sent behind others, last of all.
        sharing: who owns it while clients share it.
        peer: the network address, for a CancelRequest.
        may_be_hit: whether one has arrived and no ReadyForQuery come since.
    """

    __slots__ = (
        "__weakref__",
        "_errand",
        "_errand_error",
        "_keeper",
        "_reactor",
        "_scratch",
        "address",
        "cancel_key",
        "cancels",
        "carry",
        "close_needed",
        "closed",
        "deadline",
        "end_of_life",
        "fatal",
        "host",
        "id",
        "last",
        "ledger",
        "may_be_hit",
        "must_close",
        "must_reset",
        "opened",
        "owner",
        "parameters",
        "peer",
        "pid",
        "received",
        "reported",
        "sent",
        "sharing",
        "since",
        "state",
        "stream",
        "told",
    )

    def __init__(
        self,
        reactor: Reactor,
        scratch: Scratch,
        keeper: Keeper["ServerConnection"],
        opened: Opened,
        *,
        number: int,
        parameters: ParameterSet,
    ) -> None:
        self._reactor = reactor
        self._scratch = scratch
        self._keeper = keeper
        self.carry = b""
        self._errand: Errand[ServerConnection] | None = None
        self._errand_error: ErrorResponse | None = None
        self.stream = opened.stream
        self.ledger = Ledger()
        self.id = number
        self.host = opened.destination.host
        self.address = str(opened.destination)
        self.peer = opened.address
        self.pid = opened.pid
        self.cancel_key = opened.cancel_key
        self.reported = {n.lower(): value for n, value in opened.reported.items()}
        self.parameters = parameters
        self.state = ServerState.TESTED
        self.owner: Owner | None = None
        self.sharing: Sharing | None = None
        self.sent: bytes | bytearray | None = None
        self.last: bytes | None = None
        self.opened = self.since = reactor.now
        self.end_of_life = self.deadline = math.inf
        self.must_reset = self.close_needed = self.closed = False
        self.fatal: ErrorResponse | None = None
        self.told = self.may_be_hit = self.must_close = False
        self.cancels = self.received = 0
        self.stream.handler = self

    # Errands

    @property
    def on_errand(self) -> bool:
        """Whether an errand is not done yet."""
        return self._errand is not None

    def is_over(self, now: float) -> bool:
        """Whether it is to be replaced; one for a single use only after that."""
        single = self.end_of_life <= self.opened
        return now >= self.end_of_life and (self.received > 0 or not single)

    def check_deadline(self, now: float) -> None:
        """Close the server if its errand takes too long."""
        if self._errand is not None and now >= self.deadline:
            self.close(self._errand.late)

    def run(
        self, errand: Errand["ServerConnection"], data: bytes, *entries: int
    ) -> None:
        """Send messages of ours; the errand's end is called when all is answered."""
        self.ledger.skip(*entries)
        self.begin(errand, data)

    def begin(self, errand: Errand["ServerConnection"], data: bytes) -> None:
        """As :meth:`run`, for messages that the ledger knows of."""
        self.stream.gather(data)
        self._errand = errand
        self._errand_error = None
        self.deadline = self._reactor.now + errand.limit

    # Replies

    def on_readable(self) -> None:
        """Read once, account for it, hand it on."""
        scratch = self._scratch
        carry = self.carry
        start = len(carry)
        try:
            if start:
                scratch.buffer[:start] = carry
                size = self.stream.recv_into(scratch.view[start:])
            else:
                size = self.stream.recv_into(scratch.buffer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self._ended()
            return
        self.received += size
        owner = self.owner
        if self.sharing is not None:
            self.sharing.account(scratch, start + size)
        elif (
            owner is not None
            and not self.may_be_hit
            and self._errand is None
            and self.ledger.answer(scratch.buffer, 0, start + size)
        ):
            self.carry = b""
            owner.on_query_answered(self, scratch.view[: start + size])
        else:
            self.account(scratch, 0, start + size)

    def account(self, scratch: Scratch, start: int, end: int) -> None:
        """Account for ``scratch.buffer[start:end]``, and hand it on."""
        ledger = self.ledger
        try:
            used = ledger.receive(scratch.buffer, end, start)
        except UnaccountedReply as error:
            self._unaccounted(error, scratch)
            return
        self.carry = b"" if used == end else bytes(scratch.view[used:end])
        renamed = None
        if ledger.events:
            renamed = self._note_events()
            if self.closed:
                return
        owner = self.owner
        if owner is not None:
            if (
                ledger.status != TransactionStatus.IDLE
                and ledger.answered
                and self._errand is None
                and owner.refuses_transactions
            ):
                self._withhold_ready(owner, renamed or {})
                return
            for begin, stop in ledger.runs:
                piece = scratch.view[begin:stop]
                if not renamed or (piece := renamed.pop(begin, piece)):
                    owner.deliver(piece)
        if not ledger.head and not ledger.rest:
            if owner is not None and self._errand is None and not self.may_be_hit:
                # What nearly always comes next, without a detour.
                owner.on_answered(self)
            elif not self.closed:
                self._answered()
        elif owner is not None and (ledger.copies_in or ledger.is_left):
            self._go_on()

    def _go_on(self) -> None:
        """Tell the owner of what may matter though not all is answered."""
        owner = self.owner
        if owner is not None and self.ledger.copies_in:
            owner.on_copy_in(self)
        elif owner is not None:
            self._keeper.on_left(self)

    def _withhold_ready(self, owner: Owner, renamed: dict[int, memoryview]) -> None:
        """Deliver all but the ReadyForQuery, in front of which an error may be told."""
        view = self._scratch.view
        withheld = self.ledger.withhold_ready(self._scratch.buffer)
        for start, stop in self.ledger.runs:
            if piece := renamed.get(start, view[start:stop]):
                owner.deliver(piece)
        owner.on_transaction(self, ready=not withheld)

    def _unaccounted(self, error: UnaccountedReply, scratch: Scratch) -> None:
        """Close, once the owner has what was accounted for."""
        if self.owner is not None:
            for start, stop in self.ledger.runs:
                self.owner.deliver(scratch.view[start:stop])
        _log.error("S-0x%x %s: %s", self.id, self.address, error)
        self.close(Reason.UNACCOUNTED_REPLY)

    def _answered(self) -> None:
        if not self.cancels:
            self.may_be_hit = False
        if self._errand is not None:
            errand, self._errand = self._errand, None
            self.deadline = math.inf
            errand.then(self, self._errand_error)
        elif self.owner is not None:
            self.owner.on_answered(self)
        elif self.state is not ServerState.IDLE and self.fatal is None:
            self._keeper.on_abandoned_answered(self)

    def _note_events(self) -> dict[int, memoryview]:
        """Take note, and give errors in the owner's names, by where they start."""
        renamed = {}
        for event in self.ledger.events:
            match event:
                case ParameterReported(name, value, number, start):
                    lower = name.lower()
                    if is_read_by(lower):
                        self.ledger.statements.on_reading_changed(number)
                    if lower in self.reported or len(self.reported) < MAX_PARAMETERS:
                        self.reported[lower] = value
                    instead = self._keeper.on_parameter(self, name, value)
                    if instead is not None:
                        renamed[start] = memoryview(instead)
                case MisnamingError(start, end, altered):
                    if self.owner is not None:
                        message = bytes(self._scratch.view[start:end])
                        message = self.owner.in_own_names(message, altered=altered)
                        renamed[start] = memoryview(message)
                case ServerError(error, skipped):
                    self._note_error(error, skipped=skipped)
                case _:
                    if self.owner is not None and self._errand is None:
                        self.owner.on_event(self, event)
        if self.fatal is not None and self.state is ServerState.IDLE:
            # Its end is on the way: nobody may be lent it.
            self.close(Reason.SERVER_CLOSED_IDLE)
        return renamed

    def _note_error(self, error: ErrorResponse, *, skipped: bool) -> None:
        if not skipped:
            self._keeper.on_error(self, error.sqlstate)
        if is_fatal(error):
            self.fatal, self.told = error, not skipped
        elif skipped and self._errand is None:
            # Sent in front of the owner's own messages, which now run in a state
            # that is not theirs: nobody may have their replies, nor, if the owner is
            # gone, a server whose parameters are not known.
            self.close(Reason.INVALID_SERVER_PARAMETER)
        elif skipped and self._errand_error is None:
            self._errand_error = error

    # End

    def on_drained(self) -> None:
        """The kernel took what was kept; called by the stream."""
        if self.owner is not None:
            self.owner.on_server_drained()

    def on_fault(self, error: Exception) -> None:  # noqa: ARG002 - reported elsewhere
        """A callback of ours failed; called by the stream."""
        self.close(Reason.INTERNAL_ERROR)

    def _ended(self) -> None:
        if self.fatal is not None:
            self.close(Reason.SERVER_FATAL)
        elif self.state is ServerState.IDLE:
            self.close(Reason.SERVER_CLOSED_IDLE)
        else:
            self.close(Reason.SERVER_CRASHED)

    def close(self, reason: Reason) -> None:
        """Close, and tell the keeper; a second call does nothing."""
        if self.closed:
            return
        self.closed = True
        if self.ledger.answered:
            self.stream.write(TERMINATE)
        self.stream.close()
        self._errand = None
        self._keeper.on_server_closed(self, reason)
