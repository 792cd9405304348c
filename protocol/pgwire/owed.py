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

A server may be *shared*: then each exchange is another client's, all are sent whole,
and ``receive`` stops at the end of each. What a client does not want any more is
*left*: it is skipped, and what becomes of it concerns nobody.
"""

from collections.abc import Iterable

from .errors import LocalProtocolError
from .exchange import (
    ANYTHING,
    COPIES_IN,
    COPY_END,
    DRAINED,
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
)
from .known import Known
from .leaving import end_of_exchange, left_from
from .server_statements import Effect


class Owed(Known):
    """The queue of one server; see the module's text."""

    __slots__ = ()

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

    def queries_behind(self, count: int) -> None:
        """As :meth:`query`, for so many that each follow another client's exchange."""
        self._behind.extend((QUERY,) * count)
        self._query_behind = True
        self.statements.unnamed = None

    def run_behind(self, entries: Iterable[int]) -> None:
        """As :meth:`queries_behind`, for a batch that runs what is there."""
        self._behind.extend(entries)
        statements = self.statements
        statements.batch = statements.issued

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
            self._copy_stops = bool(self.head & COPIES_IN)
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

    def leave(self, *, behind: bool) -> None:
        """Have what is owed be for nobody; the server is shared no longer.

        Args:
            behind: only what stands behind the exchange that is being answered.
        """
        self.shared = self._query_behind = False
        if self.head:
            owed = (self.head, *self._behind)
            self.head, *rest = left_from(owed, end_of_exchange(owed) if behind else 0)
            self._behind.clear()
            self._behind.extend(rest)

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
        self._copy_stops = self.skips_to_sync = self.unsynced = False
        self._awaited = self.lost_skip = False
