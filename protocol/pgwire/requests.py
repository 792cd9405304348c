"""What a client sends: the other half of the ledger, sans I/O as well.

Bytes of a client are looked at message by message, because PostgreSQL ends a connection
over a message whose type or length it cannot take; the content is not looked at.

A client is either *served*, that is, a server is its own for now and gets all it sends
(:meth:`Requests.receive`), or *unserved* (:meth:`Requests.review`): then a server is
needed only for what a server would answer. Copy data is not: after a failed COPY the
client's rest comes when ReadyForQuery is out already.

What it sends about prepared statements is turned into what its server has; see
``naming``.
"""

import struct
from collections.abc import Mapping
from enum import Enum, auto
from typing import ClassVar, Final, NoReturn

from .codes import Frontend, Target
from .errors import MessageTooLong, ProtocolViolation
from .exchange import FIRST
from .framing import FRONTEND_LENGTHS, HEADER_SIZE, check_request, message_end
from .frontend import Flush
from .ledger import Ledger
from .naming import KEPT_LIMIT, NAMING
from .pending import Pending
from .statement import StatementBook

FLUSH: Final = Flush().encode()

_SYNC: Final = Frontend.SYNC
_BIND: Final = Frontend.BIND
_DESCRIBE: Final = Frontend.DESCRIBE
_PORTAL: Final = Target.PORTAL
_QUERY: Final = Frontend.QUERY
_TERMINATE: Final = Frontend.TERMINATE
_COPY: Final = frozenset({Frontend.COPY_DATA, Frontend.COPY_DONE, Frontend.COPY_FAIL})
_IN_COPY: Final = _COPY | {Frontend.FLUSH, Frontend.SYNC, Frontend.TERMINATE}
# What ends a transaction of its own, and is not to stand in a batch without a Sync.
_RUNS_ALONE: Final = frozenset({_QUERY, Frontend.FUNCTION_CALL})
_LOOKED_AT: Final = _COPY | NAMING | _RUNS_ALONE | {_SYNC, _TERMINATE}
# Nothing that a server would answer outside an exchange.
_UNANSWERED: Final = _COPY | {Frontend.FLUSH}
_ENDS: Final = frozenset({Frontend.QUERY, Frontend.SYNC, Frontend.FUNCTION_CALL})
_NO_LENGTHS: Final = (1, 0)

_length = struct.Struct("!I").unpack_from


class Verdict(Enum):
    """What an unserved client needs."""

    NOTHING = auto()
    SERVER = auto()
    READY = auto()  # a ReadyForQuery of ours: the Sync of a refused batch has come
    CLOSE = auto()


class Requests(Pending):
    """The stream of one client's messages; see the module's text.

    ``lengths`` has the least and the greatest length word of each message.

    Attributes:
        pieces: of the last ``receive``, what is to be sent on.
        half_sent: how many bytes of the message sent last are still to come.
        mixes: whether the last ``receive`` found a Query or FunctionCall within a
            batch, that is, with no Sync between it and what it follows.
        terminated: whether Terminate was reached; nothing behind it counts.
        glances: whether ``lone_query`` gives harmless ones alone.
    """

    glances: ClassVar = False

    __slots__ = (
        "_discard",
        "_lengths",
        "_to_sync",
        "half_sent",
        "mixes",
        "pieces",
        "terminated",
    )

    def __init__(
        self,
        book: StatementBook,
        lengths: Mapping[int, tuple[int, int]] = FRONTEND_LENGTHS,
    ) -> None:
        super().__init__(book)
        self._lengths = lengths
        self._discard = 0
        self._to_sync = False
        self.pieces: list[bytes | memoryview] = []
        self.half_sent = 0
        self.mixes = False
        self.terminated = False

    def lone_query(self, view: memoryview, end: int) -> bytes | None:
        """Give the simple Query that ``view[:end]`` is, if it is that and no more.

        That is what most clients send most of the time, and worth a way of its own.
        """
        if (
            view[0] == _QUERY
            and end > HEADER_SIZE
            and _length(view, 1)[0] == end - 1
            and not self.half_sent
            and not self._discard
            and not self._to_sync
            and self.unnamed is None
        ):
            return bytes(view[:end])
        return None

    @property
    def between_messages(self) -> bool:
        """Whether what comes next begins a message that counts."""
        return not (self.half_sent or self._discard or self._to_sync)

    # Served

    def receive(  # noqa: C901, PLR0912, PLR0915 - long: the hot loop, where a call costs
        self, view: memoryview, end: int, ledger: Ledger, context: bytes | None
    ) -> int:
        """Write the requests in ``view[:end]`` down in the ledger.

        Args:
            view: where they are.
            end: how many bytes of it are meant.
            ledger: of the client's server.
            context: of new statements, see :class:`~pgwire.statement.Statement`; None
                if the server is the client's for good. Names stay as they are then,
                and where the book's limit is 0.

        Returns:
            How many bytes were dealt with; the rest, a fragment of a message or what
            is ``held``, belongs in front of what comes next.

        Raises:
            ProtocolViolation: the client must be closed; ``pieces`` are to be sent.
        """
        pieces = self.pieces
        lengths = self._lengths.get
        pieces.clear()
        self.held = self.mixes = False
        ledger.repeatable = None
        if not self._book.limit:
            context = None
        # Whether a message begins here, and a batch.
        begins = not (ledger.head or ledger.unsynced or self.half_sent or self._discard)
        copies = ledger.copies_in
        position = min(self.half_sent, end)
        self.half_sent -= position
        start = 0
        if self._discard:
            start = position = min(self._discard, end)
            self._discard -= position
        try:
            while end - position >= HEADER_SIZE:
                kind = view[position]
                size = _length(view, position + 1)[0]
                least, most = lengths(kind, _NO_LENGTHS)
                if not least <= size <= most:
                    self._refuse_header(kind, size)
                if copies and kind not in _IN_COPY:
                    if ledger.reads_copy_data:
                        raise _unexpected_in_copy(kind)
                    if ledger.in_doubt:
                        ledger.wait()
                        self.held = True
                        break
                if kind in _LOOKED_AT:
                    if kind in NAMING:
                        if end - position > HEADER_SIZE + 1 and (
                            # Nearly all: a portal; the statement that was just parsed.
                            (kind == _DESCRIBE and view[position + 5] == _PORTAL)
                            or (
                                kind == _BIND
                                and not (view[position + 5] or view[position + 6])
                                and self.parsed_now(ledger)
                            )
                        ):
                            ledger.request(kind)
                            position += 1 + size
                            continue
                        rest = self.name(
                            view[position:end], kind, size, ledger, context
                        )
                        if rest < 0:
                            break
                        if rest or self.front:
                            if start < position:
                                pieces.append(view[start:position])
                            pieces += self.front
                            self.front.clear()
                            start = position + rest
                        position += 1 + size
                        continue
                    if kind in _RUNS_ALONE:
                        if ledger.unsynced and not ledger.skips_to_sync:
                            # Whether it will be thrown away is to be seen.
                            if ledger.head:
                                self.held = True
                                break
                            self.mixes = True
                        if not ledger.skips_to_sync:
                            rest = self.run_alone(
                                view[position:end], kind, size, ledger, context
                            )
                            if rest < 0:
                                break
                            if rest:
                                if start < position:
                                    pieces.append(view[start:position])
                                pieces += self.front
                                self.front.clear()
                                start = position + rest
                    elif kind == _SYNC:
                        if self.has_duplicates:
                            ledger.request(kind)
                            position += 1 + size
                            pieces.append(view[start:position])
                            pieces.append(self.end_batch(ledger))
                            start = position
                            continue
                    elif kind == _TERMINATE:
                        self.terminated = True
                        return end
                    elif not ledger.reads_copy_data:
                        if not ledger.answered and not ledger.uncertain:
                            # Whether a server will want them is to be seen.
                            self.held = True
                            break
                        # Copy data that no server waits for.
                        if start < position:
                            pieces.append(view[start:position])
                        start = position = position + 1 + size
                        continue
                ledger.request(kind)
                position += 1 + size
        finally:
            if position > end:
                # The last message goes on behind what is here.
                if start == position:
                    self._discard = position - end
                    start = end
                else:
                    self.half_sent = position - end
                position = end
            if start < position:
                pieces.append(view[start:position])
        if self.held and ledger.keeps_back:
            # What is waited for would else come with the client's next Sync.
            pieces.append(FLUSH)
        if (
            begins
            and ledger.head & FIRST
            and position == end < KEPT_LIMIT
            # Nothing in front of it, as copy data that were dropped.
            and (view[0] == _BIND or view[0] == _DESCRIBE)
        ):
            ledger.repeatable = bytes(view[:end])
        return position

    # Unserved

    def review(self, limit: int) -> Verdict:
        """Drop of what is pending what nobody would answer; say what the client needs.

        Args:
            limit: from so many bytes on a server is needed for a message of which
                only a part is there.

        Raises:
            ProtocolViolation: the client must be closed.
        """
        pending = self.pending
        if pending is None:
            return Verdict.NOTHING
        end = len(pending)
        position = self._discard
        verdict = Verdict.NOTHING
        while end - position >= HEADER_SIZE:
            kind = pending[position]
            size = _length(pending, position + 1)[0]
            least, most = self._lengths.get(kind, _NO_LENGTHS)
            if not least <= size <= most:
                self._refuse_header(kind, size)
            if kind in _UNANSWERED:
                position += 1 + size
            elif kind == _TERMINATE:
                verdict = Verdict.CLOSE
                break
            elif self._to_sync:
                position += 1 + size
                if kind == Frontend.SYNC:
                    self._to_sync = False
                    verdict = Verdict.READY
                    break
            else:
                if size < end - position or end - position >= limit:
                    verdict = Verdict.SERVER
                break
        self._discard = max(0, position - end)
        self.drop(position)
        return verdict

    def refuse(self) -> bool:
        """Take the first exchange out of what is pending; an error will answer it.

        Returns:
            Whether its end was there, so that ReadyForQuery is to follow the error. If
            not, ``review`` drops all up to the Sync.
        """
        pending = self.pending or b""
        position = 0
        synced = False
        while not synced and len(pending) - position >= HEADER_SIZE:
            kind = pending[position]
            end = position + 1 + _length(pending, position + 1)[0]
            synced = kind in _ENDS
            if end > len(pending):
                if synced:
                    # No Sync is to come: what ends the exchange has begun.
                    self._discard = end - len(pending)
                    position = len(pending)
                break
            position = end
        self._to_sync = not synced
        self.drop(position)
        return synced

    # Simple queries

    @property
    def begins_with_query(self) -> bool:
        """Whether what is pending begins with a simple Query, or a part of one."""
        pending = self.pending
        return pending is not None and not self._discard and pending[0] == _QUERY

    def find_query(self, view: memoryview, end: int) -> int:
        """Find the first simple Query in ``view[:end]``.

        Returns:
            Where it begins, or -1 if there is none whose header is complete, or
            something in front of it has no valid length.
        """
        position = self.half_sent or self._discard
        while end - position >= HEADER_SIZE:
            kind = view[position]
            if kind == _QUERY:
                return position
            following = message_end(view, position)
            if following - position < HEADER_SIZE or kind == _TERMINATE:
                return -1
            position = following
        return -1

    def _refuse_header(self, kind: int, size: int) -> NoReturn:
        # What PostgreSQL would not take either has its own words.
        check_request(kind, size)
        raise MessageTooLong(size + 1, self._lengths[kind][1] + 1)


def _unexpected_in_copy(kind: int) -> ProtocolViolation:
    return ProtocolViolation(
        f"unexpected message type 0x{kind:02X} during COPY from stdin"
    )


def written_down(data: bytes, book: StatementBook, ledger: Ledger) -> bytes:
    """Write a batch of ours down as a client's; give what is to be sent.

    So the server's statements are kept book of, and its replies are the owner's.
    """
    requests = Requests(book)
    requests.receive(memoryview(data), len(data), ledger, None)
    return b"".join(requests.pieces)
