"""What each reply of a server does to the queue of what it owes.

``owed`` has the rules; :class:`~pgwire.ledger.Ledger` finds the replies.
"""

from .codes import Backend, TransactionStatus
from .copy_in import (
    drop_ignored,
    is_ready_due,
    is_sync_in_data,
    is_unsynced,
    stops_reading,
)
from .diagnostics import ErrorResponse
from .exchange import (
    AHEAD,
    ANYTHING,
    ASYNCHRONOUS,
    COPIES_IN,
    COPY_END,
    DEALLOCATED,
    DRAINED,
    ENDS_IN_READY,
    EXECUTE,
    EXECUTE_COPIES_IN,
    EXTENDED,
    LEFT,
    MUTED,
    NONCE,
    NONCE_ANSWERED,
    NOTED,
    PREPARED,
    QUERY,
    QUERY_COPIES_IN,
    READY_DROPPED,
    REPLIES,
    RESETTING_TAGS,
    SENDS_ROWS,
    SKIP,
    SYNC,
    SYNCED,
    UNCOUNTED,
    UNDOES,
    PlanStale,
    ServerError,
    StatementNamed,
    StatementsDropped,
    UnaccountedReply,
    is_fatal,
    read_error,
    read_parameter,
    read_status,
    read_tag,
    unexpected_reply,
)
from .owed import Owed
from .server_statements import is_stale


class Replies(Owed):
    """See the module's text."""

    __slots__ = ()

    def _next(self) -> int:
        """Take the next request; marks of copy-in are passed over."""
        while self._behind:
            entry = self._behind.popleft()
            if not entry & COPY_END:
                return entry
        return 0

    def _reply(self, kind: int, body: bytes) -> int:
        """Account for a whole message that is not of the plain kind; give the head."""
        head = self.head
        self._forwarded = not head & SKIP
        if kind == Backend.ERROR_RESPONSE:
            return self._error(read_error(body, whole=True))
        if kind in ASYNCHRONOUS:
            if kind == Backend.PARAMETER_STATUS:
                # What we set in front of the client's messages it is parsed under.
                statements = self.statements
                self._forwarded = not head & SKIP or bool(head & UNDOES)
                ours = not self._forwarded
                number = statements.answered if ours else statements.issued
                self.events.append(read_parameter(body, number))
            elif kind == Backend.NOTIFICATION_RESPONSE:
                # To the session, whatever it is doing.
                self._forwarded = self.notifies
            return head
        self._ready_last = False
        if kind == Backend.COMMAND_COMPLETE:
            self._note_tag(read_tag(body))
            return self._complete()
        if head & UNCOUNTED and kind in REPLIES:
            return self._uncounted(kind, body)
        if kind == Backend.COPY_IN_RESPONSE and head & SENDS_ROWS:
            self._copy_stops = stops_reading(self._behind)
            copies = QUERY_COPIES_IN if head & QUERY else EXECUTE_COPIES_IN
            return copies | head & SKIP
        if kind == Backend.READY_FOR_QUERY:
            if head & MUTED:
                # It had no error of its own.
                self.status = read_status(body)
                self.readies += 1
                self._forwarded = True
                return self._next()
            if head & ENDS_IN_READY:
                read_status(body)
        raise unexpected_reply(kind, head)

    def _note_tag(self, tag: bytes) -> None:
        if tag in RESETTING_TAGS:
            self.statements.dropped()
            self.events.append(StatementsDropped())
        elif tag in {PREPARED, DEALLOCATED} and (
            self.head & MUTED or not self.head & SKIP
        ):
            self.events.append(StatementNamed(tag))

    def _complete(self) -> int:
        """Give the head after CommandComplete."""
        head = self.head
        if head & UNCOUNTED:
            return head & ~COPIES_IN
        if head & COPIES_IN:
            drop_ignored(self._behind)
            if head & QUERY_COPIES_IN:
                return QUERY | head & SKIP
            self.unsynced = is_unsynced(self._behind)
            return self._next()
        if head & (QUERY | MUTED):
            return head
        if head & EXECUTE:
            if head & NOTED:
                self.statements.effects.popleft()
            return self._next()
        raise unexpected_reply(Backend.COMMAND_COMPLETE, head)

    def _error(self, error: ErrorResponse) -> int:
        """Give the head after an ErrorResponse."""
        head = self.head
        if not head and not is_fatal(error):
            raise UnaccountedReply("an error that answers no request")
        self._ready_last = False
        exchange, first, following, by_query = self.altered
        answered = self.statements.answered
        self._about_altered = (
            exchange == self.readies
            and first <= answered <= following
            # Or it is an error of that one.
            and not (answered == following and head & NOTED)
            # Or of a Query behind that one, with no Sync between them.
            and (by_query or not head & QUERY)
        )
        self.statements.on_error(error)
        if head & MUTED and not is_fatal(error):
            return QUERY
        if self.repeatable is not None and is_stale(error) and self.is_repeatable:
            return self._repeat(self.repeatable)
        if head & QUERY and self._completed and self.status == TransactionStatus.IDLE:
            # Its last statement may have been DEALLOCATE ALL: that is done, and not
            # told if the end of the transaction then fails.
            self._completed = False
            self.statements.doubt_all()
        if head & UNCOUNTED:
            head &= ~COPIES_IN
        elif head & COPIES_IN and is_sync_in_data(self._behind):
            head = self._lose_count()
        elif head & (EXTENDED | EXECUTE_COPIES_IN):
            head = self._read_on_to_sync()
        elif head & QUERY_COPIES_IN:
            head = QUERY | head & SKIP
        if head & NONCE and self._nonce.decode() in error.message:
            # Asked in a failed transaction, where nothing but an error is an answer.
            self._forwarded = False
            return head | NONCE_ANSWERED | SKIP
        if not head & LEFT or is_fatal(error):
            self.events.append(ServerError(error, skipped=not self._forwarded))
        return head

    def _repeat(self, batch: bytes) -> int:
        """Drop the replies to a batch that is to be run again; give its Sync."""
        self._read_on_to_sync()
        self._forwarded = False
        self.repeatable = None
        self.events.append(PlanStale(batch))
        return SYNC | SKIP | (LEFT if self.shared else 0)

    def _read_on_to_sync(self) -> int:
        """Drop the requests that the server throws away; give the Sync.

        The error is the client's if any of them, or that Sync, is.
        """
        refused = bool(self.head & NOTED)
        thrown = int(refused)
        entry = 0
        while self._behind and not entry & SYNC:
            entry = self._behind.popleft()
            self._forwarded = self._forwarded or not entry & SKIP
            thrown += bool(entry & NOTED)
        if thrown:
            self.statements.refuse(thrown, refused=refused)
        if entry & SYNC:
            if entry & AHEAD:
                self._forwarded = True
                self._behind[0] = MUTED | SKIP
            return entry
        # Whatever was behind it: a Query that is thrown away ends no batch.
        self.skips_to_sync = self.unsynced = True
        return 0

    def _lose_count(self) -> int:
        """Become uncertain, if all that may be owed is the client's."""
        if self.head & SKIP or any(entry & SKIP for entry in self._behind):
            raise UnaccountedReply("copy-in failed among messages of ours")
        self._ready_due = is_ready_due(self._behind)
        self._awaited = False
        self._behind.clear()
        self.statements.forget()
        return ANYTHING

    def _uncounted(self, kind: int, body: bytes) -> int:
        """Give the head after a reply in the uncertain state or before the nonce."""
        head = self.head
        if kind == Backend.READY_FOR_QUERY:
            return self._uncounted_ready(read_status(body))
        if head & ANYTHING and kind == Backend.COPY_IN_RESPONSE:
            self._copy_stops = False
            return ANYTHING | EXECUTE_COPIES_IN
        if head & NONCE and kind == Backend.ROW_DESCRIPTION and self._nonce in body:
            self._forwarded = False
            return head | NONCE_ANSWERED | SKIP
        return head

    def _uncounted_ready(self, status: int) -> int:
        head = self.head
        self.status = status
        if head & SYNCED:
            # Whether it is the client's, or the next one is, is all the same.
            self._forwarded = False
            return NONCE | READY_DROPPED
        if not head & SKIP:
            self.readies += 1
        if head & ANYTHING:
            self._ready_last = True
            return ANYTHING
        if not head & NONCE_ANSWERED:
            return head & ~READY_DROPPED
        self.lost_skip = bool(head & READY_DROPPED)
        if head & DRAINED and status != TransactionStatus.IDLE:
            raise UnaccountedReply("a drained server is still in a transaction")
        return self._next()
