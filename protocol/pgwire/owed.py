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
answer nobody else can give (``resynchronise``). As long as it may come to that, or has,
nothing that runs may be sent (``in_doubt``): it would meet that query, or be thrown
away while it is taken to have run. If the client waits with such a message, the server
is asked at once, by a Sync and that query: one ReadyForQuery then says that it was
reading on to a Sync, two that it was not. In the first case it has to be made to read
on again (``lost_skip``).

A request has a *disposition*: its replies are forwarded to the client that the server
is lent to, or skipped, because the pooler asked and nobody else wants to know. Two
messages go to the client from among skipped ones: a NotificationResponse, which answers
nothing, and an error that makes the server throw away requests of the client.
"""

from collections import deque

from .codes import TransactionStatus
from .copy_in import is_ready_due, is_sync_in_data
from .errors import LocalProtocolError
from .exchange import (
    ANYTHING,
    COPIES_IN,
    COPY_END,
    DESCRIBE,
    DRAINED,
    ENDS_IN_READY,
    EXTENDED,
    FIRST,
    NONCE,
    NOTED,
    PARSE,
    QUERY,
    REQUESTS,
    SKIP,
    SYNC,
    SYNCED,
    Event,
)
from .server_statements import Effect, ServerStatements


class Owed:
    """The queue of one server; see the module's text.

    Attributes:
        head: the oldest request that is not answered in full, 0 if there is none.
        rest: how many bytes of a message are still to come whose beginning was
            accounted for. Both are 0 when all is ``answered``.
        events: of the last ``receive``, what else must be known, in order.
        skips_to_sync: whether the server is known to throw away all before a Sync.
        lost_skip: whether it did, and a Sync of ours has ended that.
        status: the last ReadyForQuery's, a byte.
        readies: how many ReadyForQuery were forwarded so far.
        unsynced: whether extended messages were sent that no Sync has ended. Their
            work is an open transaction, whatever ``status`` says.
        statements: the prepared statements of the server.
        notifies: whether notifications are the client's.
        repeatable: the client's messages of a batch that was sent as a whole, while it
            may be run again should a plan be stale.
        altered: the exchange in which a text is not quite the client's, as its number
            (how many ReadyForQuery are forwarded before its own), and the number of
            the first effect on statements behind it.
    """

    __slots__ = (
        "_about_altered",
        "_awaited",
        "_behind",
        "_completed",
        "_copy_marked",
        "_forwarded",
        "_nonce",
        "_query_behind",
        "_ready_due",
        "_ready_last",
        "altered",
        "events",
        "head",
        "lost_skip",
        "notifies",
        "readies",
        "repeatable",
        "rest",
        "skips_to_sync",
        "statements",
        "status",
        "unsynced",
    )

    def __init__(self) -> None:
        # Nothing is behind a head that is 0.
        self.head = 0
        self._behind: deque[int] = deque()
        # Whether the message last looked at is the client's.
        self.rest = 0
        self._forwarded = False
        self._copy_marked = False
        # Whether a statement of a Query was complete since the last error of one.
        self._completed = False
        # Whether a Query was sent behind the head since it was 0.
        self._query_behind = False
        self.skips_to_sync = self.lost_skip = False
        self._nonce = b""
        # While uncertain: whether nothing was sent or received since ReadyForQuery.
        self._ready_last = False
        # And whether a Sync was sent whose ReadyForQuery is certain, and whether the
        # client waits.
        self._ready_due = self._awaited = False
        self.events: list[Event] = []
        self.status: int = TransactionStatus.IDLE
        self.readies = 0
        self.altered = (-1, 0)
        # Whether the last error was about that text.
        self._about_altered = False
        self.unsynced = False
        self.notifies = True
        self.statements = ServerStatements()
        self.repeatable: bytes | None = None

    # What is known

    @property
    def outstanding(self) -> int:
        """How many requests are not answered in full."""
        return len(self._behind) + 1 if self.head else 0

    @property
    def answered(self) -> bool:
        """Whether all that was asked is answered, whatever the transaction's state."""
        return not self.head and not self.rest

    @property
    def settled(self) -> bool:
        """Whether the server owes nothing and is outside any transaction."""
        return (
            not self.head
            and not self.rest
            and self.status == TransactionStatus.IDLE
            and not self.unsynced
        )

    @property
    def begins_anew(self) -> bool:
        """Whether what is sent next begins a batch and a transaction of its own.

        Settled but for batches of ours.
        """
        return (
            self.status == TransactionStatus.IDLE
            and not self.unsynced
            and not self.rest
            and all(entry & SKIP for entry in (self.head, *self._behind) if entry)
        )

    @property
    def mid_message(self) -> bool:
        """Whether the client has a message's beginning, and the rest is to come.

        Nothing but that rest may be sent to it.
        """
        return self.rest > 0 and self._forwarded

    @property
    def reads_copy_data(self) -> bool:
        """Whether the server waits for copy data and was not told of their end."""
        copies = self.head & COPIES_IN and not self.head & SKIP
        return bool(copies) and not self._copy_marked

    @property
    def uncertain(self) -> bool:
        """Whether it is not known how many ReadyForQuery are owed."""
        return bool(self.head & ANYTHING)

    @property
    def copies_in(self) -> bool:
        """Whether a copy-in is not over, or it is uncertain how one ended."""
        return bool(self.head & (COPIES_IN | ANYTHING))

    @property
    def in_doubt(self) -> bool:
        """Whether nothing may be sent but what a failed copy-in still wants."""
        if self.head & ANYTHING and not self.head & COPIES_IN:
            return True
        return self._copy_marked and is_sync_in_data(self._behind)

    @property
    def at_ready(self) -> bool:
        """Whether nothing was sent or received since the last ReadyForQuery."""
        return self._ready_last

    @property
    def exchange(self) -> int:
        """The number of the exchange to which the client's next message belongs."""
        owed = (self.head, *self._behind)
        ends = sum(1 for e in owed if e & ENDS_IN_READY and not e & SKIP)
        return self.readies + ends

    @property
    def runs_query(self) -> bool:
        """Whether a Query may be among what is not answered."""
        head = self.head
        return head != 0 and (bool(head & QUERY) or self._query_behind)

    @property
    def is_repeatable(self) -> bool:
        """Whether what is owed is one batch that may be run again.

        It begins with a message about a statement that may be stale, nothing was sent
        behind its Sync, and the client will be told what the rows are like.
        """
        behind = self._behind
        return (
            bool(self.head & FIRST and behind and behind[-1] == SYNC)
            and behind.count(SYNC) == 1
            and any(entry & DESCRIBE for entry in (self.head, *behind))
        )

    @property
    def keeps_back(self) -> bool:
        """Whether the server may keep answers back until a Sync or a Flush."""
        copied = self.head & COPIES_IN and self._copy_marked
        return self.unsynced or bool(copied and not is_ready_due(self._behind))

    @property
    def resynchronisable(self) -> bool:
        """Whether the ledger is uncertain and the nonce's query may be sent now."""
        return (
            self.head == ANYTHING
            and (self._ready_last or (self._awaited and not self._ready_due))
            and not self.unsynced
            and not self.rest
        )

    # Requests

    def request(self, kind: int) -> None:
        """Write down a client's message of type ``kind``, about to be sent."""
        entry = REQUESTS.get(kind, 0)
        if entry:
            self._append(entry)

    def first(self, kind: int) -> None:
        """As :meth:`request`, for a message that may find a plan to be stale.

        It names a statement that the server has, and nothing is owed or unsynced.
        """
        self._append(REQUESTS[kind] | FIRST)

    def query(self) -> None:
        """Write down a client's Query: what nearly all exchanges are."""
        if self.head or self.skips_to_sync:
            self._append(QUERY)
        else:
            self.head = QUERY
            self.unsynced = self._completed = False
            self.statements.unnamed = None

    def skip(self, *entries: int, named: bool = False) -> None:
        """Write down messages of ours, about to be sent, whose replies nobody wants.

        Args:
            entries: what they are.
            named: whether a Parse among them is not of the unnamed statement.

        Raises:
            LocalProtocolError: the ledger is uncertain, so their replies could not be
                told from the client's.
        """
        if self.head & ANYTHING:
            raise LocalProtocolError(
                "messages of ours behind an unknown number of replies"
            )
        for entry in entries:
            self._append(entry | SKIP)
        if PARSE in entries and not named:
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
            if not self.head:
                return
            self._copy_marked = bool(self.head & COPIES_IN)
        else:
            self.unsynced = bool(entry & EXTENDED)
            self._ready_last = False
            if entry & SYNC:
                self.statements.batch = self.statements.issued
            elif entry & QUERY:
                self.statements.unnamed = None
        if self.head & ANYTHING:
            # A Query may be thrown away.
            self._ready_due = self._ready_due or bool(entry & SYNC)
            return
        if self.head:
            behind = self._behind
            if entry == SYNC and self.reads_copy_data and behind and behind[-1] == SYNC:
                # Ignored like the one before it, and there may be no end of them.
                return
            behind.append(entry)
            self._query_behind = self._query_behind or bool(entry & QUERY)
        else:
            self.head = entry
            self._query_behind = False

    def wait(self) -> None:
        """Note that the client waits until nothing is in doubt."""
        self._awaited = True

    def drain(self, nonce: bytes) -> None:
        """Forget all requests; drop everything up to the answer that holds ``nonce``.

        For a server whose client is gone. :func:`drain_requests` are to be sent; no
        message may be half written.
        """
        self._await(NONCE | DRAINED | SKIP, nonce)
        self._forwarded = False

    def resynchronise(self, nonce: bytes) -> None:
        """Find out what is still owed; :func:`nonce_query` is to be sent.

        What comes before its answer is the client's. If the ledger is not
        ``at_ready``, a Sync is to be sent in front of it.
        """
        self._await(NONCE if self._ready_last else NONCE | SYNCED, nonce)

    def _await(self, head: int, nonce: bytes) -> None:
        if not nonce:
            raise LocalProtocolError("an empty nonce is in every answer")
        self.head = head
        self._nonce = nonce
        self._behind.clear()
        self.statements.forget()
        self._copy_marked = self.skips_to_sync = self.unsynced = False
        self._awaited = self.lost_skip = False
