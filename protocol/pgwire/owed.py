"""What one server owes: the queue of requests, and what each reply does to it.

The law of this file: **every message of a server is accounted for, or the server is
closed.** A reply belongs to the oldest request that is not answered in full, the
*head*. What a reply may do to which head is said by two tables, STAYS and POPS.

Requests that are written down, and what answers them:

    ============  ==================================================================
    Query         any of T D C I G H d c E, ended by Z
    FunctionCall  V or E, ended by Z
    Sync          E (a deferred constraint) or nothing, ended by Z
    Parse         1
    Bind          2
    Describe      t (a statement's parameters), then T or n
    Execute       D, H d c, G, ended by C, I or s
    Close         3
    ============  ==================================================================

Flush and CopyData are answered by nothing. CopyDone and CopyFail are written down as
marks: they say up to where a server was reading in copy mode.

Errors: an ErrorResponse belongs to the head. If that is Query, FunctionCall or Sync,
its Z still comes. Else the server reads on to the next Sync and answers nothing before
it, Query and FunctionCall included ("Extended Query" in the protocol's message flow).

Copy-in: a server that reads copy data ignores Sync. If it ends well, all Syncs in front
of CopyDone were ignored. If it fails, nobody can tell whether they were: the ledger is
then *uncertain*, hands all that comes to the client, and is settled by a query whose
answer nobody else can give (``resynchronise``). Until then the client's further
requests are better held back: a COPY among them would meet that query.

A request has a *disposition*: its replies are forwarded to the client that the server
is lent to, or skipped, because the pooler asked and nobody else wants to know. Two
messages go to the client from among skipped ones: a NotificationResponse, which answers
nothing, and an error that makes the server throw away requests of the client.
"""

from collections import deque

from .codes import Backend, TransactionStatus
from .copy_in import drop_ignored, is_end_sent, is_sync_in_data, is_unsynced
from .diagnostics import ErrorResponse
from .errors import LocalProtocolError
from .exchange import (
    ANYTHING,
    ASYNCHRONOUS,
    COPIES_IN,
    COPY_END,
    DRAINED,
    ENDS_IN_READY,
    EXECUTE,
    EXECUTE_COPIES_IN,
    EXTENDED,
    NONCE,
    NONCE_ANSWERED,
    NOTED,
    PARSE,
    QUERY,
    QUERY_COPIES_IN,
    REPLIES,
    REQUESTS,
    RESETTING_TAGS,
    SENDS_ROWS,
    SKIP,
    SYNC,
    UNCOUNTED,
    Event,
    ServerError,
    StatementsDropped,
    UnaccountedReply,
    is_fatal,
    read_error,
    read_parameter,
    read_status,
    read_tag,
    unexpected_reply,
)
from .server_statements import Effect, ServerStatements


class Owed:
    """The queue of one server; see the module's text. :class:`Ledger` feeds it.

    Attributes:
        events: of the last ``receive``, what else must be known, in order.
        skips_to_sync: whether the server is known to throw away all before a Sync.
        status: the last ReadyForQuery's, a byte.
        readies: how many ReadyForQuery were forwarded so far.
        unsynced: whether extended messages were sent that no Sync has ended. Their
            work is an open transaction, whatever ``status`` says.
        statements: the prepared statements of the server.
    """

    __slots__ = (
        "_behind",
        "_copy_marked",
        "_forwarded",
        "_head",
        "_nonce",
        "_ready_last",
        "_rest",
        "events",
        "readies",
        "skips_to_sync",
        "statements",
        "status",
        "unsynced",
    )

    def __init__(self) -> None:
        # Nothing is behind a head that is 0.
        self._head = 0
        self._behind: deque[int] = deque()
        # How many bytes of a message are still to come whose beginning was accounted
        # for, and whether the message last looked at is the client's.
        self._rest = 0
        self._forwarded = False
        self._copy_marked = False
        self.skips_to_sync = False
        self._nonce = b""
        # While uncertain: whether nothing was sent or received since ReadyForQuery.
        self._ready_last = False
        self.events: list[Event] = []
        self.status: int = TransactionStatus.IDLE
        self.readies = 0
        self.unsynced = False
        self.statements = ServerStatements()

    # What is known

    @property
    def answered(self) -> bool:
        """Whether all that was asked is answered, whatever the transaction's state."""
        return not self._head and not self._rest

    @property
    def settled(self) -> bool:
        """Whether the server owes nothing and is outside any transaction."""
        return (
            not self._head
            and not self._rest
            and self.status == TransactionStatus.IDLE
            and not self.unsynced
        )

    @property
    def mid_message(self) -> bool:
        """Whether the client has a message's beginning, and the rest is to come.

        Nothing but that rest may be sent to it.
        """
        return self._rest > 0 and self._forwarded

    @property
    def reads_copy_data(self) -> bool:
        """Whether the server waits for copy data and was not told of their end."""
        copies = self._head & COPIES_IN and not self._head & SKIP
        return bool(copies) and not self._copy_marked

    @property
    def uncertain(self) -> bool:
        """Whether it is not known how many ReadyForQuery are owed."""
        return bool(self._head & ANYTHING)

    @property
    def resynchronisable(self) -> bool:
        """Whether the ledger is uncertain and the nonce's query may be sent now."""
        return (
            self._head == ANYTHING
            and self._ready_last
            and self.status == TransactionStatus.IDLE
            and not self.unsynced
            and not self._rest
        )

    @property
    def head(self) -> int:
        """The oldest request that is not answered in full, 0 if there is none."""
        return self._head

    # Requests

    def request(self, kind: int) -> None:
        """Write down a client's message of type ``kind``, about to be sent."""
        entry = REQUESTS.get(kind, 0)
        if entry == QUERY and not self._head and not self.skips_to_sync:
            # What nearly all exchanges are.
            self._head = QUERY
            self.unsynced = False
            self.statements.unnamed = None
        elif entry:
            self._append(entry)

    def skip(self, *entries: int) -> None:
        """Write down messages of ours, about to be sent, whose replies nobody wants.

        Raises:
            LocalProtocolError: the ledger is uncertain, so their replies could not be
                told from the client's.
        """
        if self._head & ANYTHING:
            raise LocalProtocolError(
                "messages of ours behind an unknown number of replies"
            )
        for entry in entries:
            self._append(entry | SKIP)
        if PARSE in entries:
            self.statements.unnamed = None

    def note(self, entry: int, effect: Effect) -> None:
        """Write down a Parse or Close, about to be sent, with what it does.

        Not while messages are thrown away or the ledger is uncertain.
        """
        self.statements.note(effect)
        self._append(entry | NOTED)

    def _append(self, entry: int) -> None:
        if self.skips_to_sync:
            # The server throws away everything up to the Sync.
            if not entry & SYNC:
                return
            self.skips_to_sync = False
        if entry & COPY_END:
            if not self._head:
                return
            self._copy_marked = bool(self._head & COPIES_IN)
        else:
            self.unsynced = bool(entry & EXTENDED)
            self._ready_last = False
            if entry & SYNC:
                self.statements.batch = self.statements.issued
            elif entry & QUERY:
                self.statements.unnamed = None
        if self._head & ANYTHING:
            return
        if self._head:
            behind = self._behind
            if entry == SYNC and self.reads_copy_data and behind and behind[-1] == SYNC:
                # Ignored like the one before it, and there may be no end of them.
                return
            behind.append(entry)
        else:
            self._head = entry

    def drain(self, nonce: bytes) -> None:
        """Forget all requests; drop everything up to the answer that holds ``nonce``.

        For a server whose client is gone. :func:`drain_requests` are to be sent; no
        message may be half written.
        """
        self._await(NONCE | DRAINED | SKIP, nonce)
        self._forwarded = False

    def resynchronise(self, nonce: bytes) -> None:
        """Find out what is still owed; :func:`nonce_query` is to be sent.

        What comes before its answer is the client's.
        """
        self._await(NONCE, nonce)

    def _await(self, head: int, nonce: bytes) -> None:
        if not nonce:
            raise LocalProtocolError("an empty nonce is in every answer")
        self._head = head
        self._nonce = nonce
        self._behind.clear()
        self.statements.forget()
        self._copy_marked = self.skips_to_sync = self.unsynced = False

    # Replies

    def _next(self) -> int:
        """Take the next request; marks of copy-in are passed over."""
        while self._behind:
            entry = self._behind.popleft()
            if not entry & COPY_END:
                return entry
        return 0

    def _reply(self, kind: int, body: bytes) -> int:
        """Account for a whole message that is not of the plain kind; give the head."""
        head = self._head
        self._forwarded = not head & SKIP
        if kind == Backend.ERROR_RESPONSE:
            return self._error(read_error(body, whole=True))
        if kind in ASYNCHRONOUS:
            if kind == Backend.PARAMETER_STATUS:
                self.events.append(read_parameter(body))
            elif kind == Backend.NOTIFICATION_RESPONSE:
                # To the session, whatever it is doing.
                self._forwarded = True
            return head
        self._ready_last = False
        if kind == Backend.COMMAND_COMPLETE:
            if read_tag(body) in RESETTING_TAGS:
                self.statements.dropped()
                self.events.append(StatementsDropped(tuple(self.statements.effects)))
            return self._complete()
        if head & UNCOUNTED and kind in REPLIES:
            return self._uncounted(kind, body)
        if kind == Backend.COPY_IN_RESPONSE and head & SENDS_ROWS:
            self._copy_marked = is_end_sent(self._behind)
            copies = QUERY_COPIES_IN if head & QUERY else EXECUTE_COPIES_IN
            return copies | head & SKIP
        if kind == Backend.READY_FOR_QUERY and head & ENDS_IN_READY:
            read_status(body)
        raise unexpected_reply(kind, head)

    def _complete(self) -> int:
        """Give the head after CommandComplete."""
        head = self._head
        if head & UNCOUNTED:
            return head & ~COPIES_IN
        if head & COPIES_IN:
            drop_ignored(self._behind)
            if head & QUERY_COPIES_IN:
                return QUERY | head & SKIP
            self.unsynced = is_unsynced(self._behind)
            return self._next()
        if head & QUERY:
            return head
        if head & EXECUTE:
            return self._next()
        raise unexpected_reply(Backend.COMMAND_COMPLETE, head)

    def _error(self, error: ErrorResponse) -> int:
        """Give the head after an ErrorResponse."""
        head = self._head
        if not head and not is_fatal(error):
            raise UnaccountedReply("an error that answers no request")
        self._ready_last = False
        self.statements.on_error(error)
        if head & UNCOUNTED:
            head &= ~COPIES_IN
        elif head & COPIES_IN and is_sync_in_data(self._behind):
            head = self._lose_count()
        elif head & (EXTENDED | EXECUTE_COPIES_IN):
            head = self._read_on_to_sync()
        elif head & QUERY_COPIES_IN:
            head = QUERY | head & SKIP
        self.events.append(ServerError(error, skipped=not self._forwarded))
        return head

    def _read_on_to_sync(self) -> int:
        """Drop the requests that the server throws away; give the Sync.

        The error is the client's if any of them, or that Sync, is.
        """
        refused = bool(self._head & NOTED)
        thrown = int(refused)
        entry = 0
        while self._behind and not entry & SYNC:
            entry = self._behind.popleft()
            self._forwarded = self._forwarded or not entry & SKIP
            thrown += bool(entry & NOTED)
        if thrown:
            self.statements.refuse(thrown, refused=refused)
        if entry & SYNC:
            return entry
        # Whatever was behind it: a Query that is thrown away ends no batch.
        self.skips_to_sync = self.unsynced = True
        return 0

    def _lose_count(self) -> int:
        """Become uncertain, if all that may be owed is the client's."""
        if self._head & SKIP or any(entry & SKIP for entry in self._behind):
            raise UnaccountedReply("copy-in failed among messages of ours")
        self._behind.clear()
        self.statements.forget()
        return ANYTHING

    def _uncounted(self, kind: int, body: bytes) -> int:
        """Give the head after a reply in the uncertain state or before the nonce."""
        head = self._head
        if kind == Backend.READY_FOR_QUERY:
            return self._uncounted_ready(read_status(body))
        if head & ANYTHING and kind == Backend.COPY_IN_RESPONSE:
            self._copy_marked = False
            return ANYTHING | EXECUTE_COPIES_IN
        if head & NONCE and kind == Backend.ROW_DESCRIPTION and self._nonce in body:
            self._forwarded = False
            return head | NONCE_ANSWERED | SKIP
        return head

    def _uncounted_ready(self, status: int) -> int:
        head = self._head
        self.status = status
        if not head & SKIP:
            self.readies += 1
        if head & ANYTHING:
            self._ready_last = True
            return ANYTHING
        if not head & NONCE_ANSWERED:
            return head
        if head & DRAINED and status != TransactionStatus.IDLE:
            raise UnaccountedReply("a drained server is still in a transaction")
        return self._next()
