"""What is known of what one server owes; the rules are in ``owed``."""

from collections import deque
from itertools import islice

from .codes import TransactionStatus
from .copy_in import is_ready_due, is_sync_in_data
from .exchange import (
    ANYTHING,
    COPIES_IN,
    DESCRIBE,
    ENDS_IN_READY,
    FIRST,
    LEFT,
    QUERY,
    SKIP,
    SYNC,
    Event,
)
from .server_statements import ServerStatements


class Known:
    """The queue of one server, and what follows from it.

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
        shared: whether each exchange is another client's.
        ended: how many exchanges ``receive`` has seen the end of while it is.
        altered: the exchange in which a text is not quite the client's, as its number
            (how many ReadyForQuery are forwarded before its own); and the numbers of
            the first effect on statements that has to do with it, and of the first one
            behind it; and whether it is a Query's.
    """

    __slots__ = (
        "_about_altered",
        "_awaited",
        "_behind",
        "_completed",
        "_copy_stops",
        "_forwarded",
        "_nonce",
        "_query_behind",
        "_ready_due",
        "_ready_last",
        "altered",
        "ended",
        "events",
        "head",
        "lost_skip",
        "notifies",
        "readies",
        "repeatable",
        "rest",
        "shared",
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
        # Whether something was sent at which it stops reading copy data.
        self._copy_stops = False
        # Whether a statement of a Query was complete since the last error of one.
        self._completed = False
        # Whether a Query was sent behind the head since it was 0, or what was there
        # was left.
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
        self.readies = self.ended = 0
        self.altered = (-1, 0, 0, False)
        # Whether the last error was about that text.
        self._about_altered = False
        self.unsynced = self.shared = False
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
    def status_is_idle(self) -> bool:
        """Whether the last ReadyForQuery was outside any transaction."""
        return self.status == TransactionStatus.IDLE

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
    def stays_failed(self) -> bool:
        """Whether what is sent next begins a batch within a failed transaction."""
        return (
            self.status == TransactionStatus.FAILED
            and not self.unsynced
            and not self.rest
            and not self.head
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
        return bool(copies) and not self._copy_stops

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
        return self._copy_stops and is_sync_in_data(self._behind)

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
        """Whether a Query may be among what is not answered, and was not left."""
        head = self.head
        is_query = bool(head & QUERY) and not head & LEFT
        return head != 0 and (is_query or self._query_behind)

    @property
    def is_repeatable(self) -> bool:
        """Whether what is owed is one batch that may be run again.

        It begins with a message about a statement that may be stale, its client has
        sent nothing behind its Sync, and will be told what the rows are like.
        """
        behind = self._behind
        if not self.head & FIRST or SYNC not in behind:
            return False
        end = behind.index(SYNC)
        alone = self.shared or end == len(behind) - 1
        return alone and any(
            entry & DESCRIBE for entry in (self.head, *islice(behind, end))
        )

    @property
    def may_be_stale(self) -> bool:
        """Whether what is answered next is about a statement that may be stale."""
        return bool(self.head & FIRST)

    @property
    def has_left(self) -> bool:
        """Whether something is owed last that was left by whoever asked for it."""
        behind = self._behind
        return bool((behind[-1] if behind else self.head) & LEFT)

    @property
    def is_left(self) -> bool:
        """Whether all that is owed was left by whoever asked for it."""
        return bool(self.head & LEFT) and all(entry & LEFT for entry in self._behind)

    @property
    def keeps_back(self) -> bool:
        """Whether the server may keep answers back until a Sync or a Flush."""
        copied = self.head & COPIES_IN and self._copy_stops
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
