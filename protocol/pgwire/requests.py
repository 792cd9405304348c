"""What a client sends: the other half of the ledger, sans I/O as well.

Bytes of a client are looked at message by message, because PostgreSQL ends a connection
over a message whose type or length it cannot take; the content is not looked at.

A client is either *served*, that is, a server is its own for now and gets all it sends
(:meth:`Requests.receive`), or *unserved* (:meth:`Requests.review`): then a server is
needed only for what a server would answer. Copy data is not: after a failed COPY the
client's rest comes when ReadyForQuery is out already.

A server has one unnamed statement, and all its clients would share it. So a client that
has parsed one keeps its server until it is bound, and one that uses it without having
parsed it there finds none: it is closed in front of that.
"""

import struct
from enum import Enum, auto
from typing import Final

from .codes import Frontend, Target
from .errors import ProtocolViolation
from .exchange import CLOSE
from .framing import FRONTEND_LENGTHS, HEADER_SIZE, check_request
from .frontend import Close
from .ledger import Ledger

# PostgreSQL cuts names at 63 bytes; these are of the portal and of the statement.
NAMES_LIMIT: Final = 1024

# What of a message may be left over by ``receive``, less than this: its header, and
# the names in front of its content.
MOST_FRAGMENT: Final = HEADER_SIZE + NAMES_LIMIT

_CLOSE_UNNAMED: Final = Close(Target.STATEMENT, b"").encode()

_PARSE: Final = Frontend.PARSE
_BIND: Final = Frontend.BIND
_DESCRIBE: Final = Frontend.DESCRIBE
_QUERY: Final = Frontend.QUERY
_TERMINATE: Final = Frontend.TERMINATE
_COPY: Final = frozenset({Frontend.COPY_DATA, Frontend.COPY_DONE, Frontend.COPY_FAIL})
_IN_COPY: Final = _COPY | {Frontend.FLUSH, Frontend.SYNC, Frontend.TERMINATE}
_NAMING: Final = frozenset({_PARSE, _BIND, _DESCRIBE})
_LOOKED_AT: Final = _COPY | _NAMING | {_QUERY, _TERMINATE}
# Nothing that a server would answer outside an exchange.
_UNANSWERED: Final = _COPY | {Frontend.FLUSH}
_ENDS: Final = frozenset({Frontend.QUERY, Frontend.SYNC, Frontend.FUNCTION_CALL})
_NO_LENGTHS: Final = (1, 0)

_lengths = FRONTEND_LENGTHS.get
_length = struct.Struct("!I").unpack_from


class Verdict(Enum):
    """What an unserved client needs."""

    NOTHING = auto()
    SERVER = auto()
    READY = auto()  # a ReadyForQuery of ours: the Sync of a refused batch has come
    CLOSE = auto()


class Requests:
    """The stream of one client's messages; see the module's text.

    Attributes:
        pieces: of the last ``receive``, what is to be sent on.
        pending: what was sent and no server got, None if nothing.
        half_sent: how many bytes of the message sent last are still to come.
        named: whether a Parse with a statement name was among them, ever.
        awaits_bind: whether an unnamed statement was parsed and not bound yet.
        terminated: whether Terminate was reached; nothing behind it counts.
    """

    __slots__ = (
        "_discard",
        "_to_sync",
        "awaits_bind",
        "half_sent",
        "named",
        "pending",
        "pieces",
        "terminated",
    )

    def __init__(self) -> None:
        self._discard = 0
        self._to_sync = False
        self.pieces: list[bytes | memoryview] = []
        self.pending: bytearray | None = None
        self.half_sent = 0
        self.named = False
        self.awaits_bind = False
        self.terminated = False

    def is_query(self, buffer: bytearray | memoryview, end: int) -> bool:
        """Tell whether ``buffer[:end]`` is one simple Query and nothing else.

        That is what most clients send most of the time, and worth a way of its own.
        """
        return (
            buffer[0] == _QUERY
            and end > HEADER_SIZE
            and _length(buffer, 1)[0] == end - 1
            and not self.half_sent
            and not self._discard
            and not self._to_sync
            and not self.awaits_bind
        )

    # Served

    def receive(  # noqa: C901, PLR0912, PLR0915 - long: the hot loop, where a call costs
        self, view: memoryview, end: int, ledger: Ledger
    ) -> int:
        """Write the requests in ``view[:end]`` down in the ledger.

        Returns:
            How many bytes were dealt with; the rest, a fragment of a message, belongs
            in front of what comes next.

        Raises:
            ProtocolViolation: the client must be closed; ``pieces`` are to be sent.
        """
        pieces = self.pieces
        pieces.clear()
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
                least, most = _lengths(kind, _NO_LENGTHS)
                if not least <= size <= most:
                    check_request(kind, size)
                if ledger.reads_copy_data and kind not in _IN_COPY:
                    raise _unexpected_in_copy(kind)
                if kind in _LOOKED_AT:
                    if kind in _NAMING:
                        unnamed = _names_unnamed(view[position:end], kind, size)
                        if unnamed is None:
                            break
                        if self._needs_close(kind, unnamed, ledger):
                            if start < position:
                                pieces.append(view[start:position])
                                start = position
                            pieces.append(_CLOSE_UNNAMED)
                            ledger.skip(CLOSE)
                    elif kind == _QUERY:
                        self.awaits_bind = False
                    elif kind == _TERMINATE:
                        self.terminated = True
                        return end
                    elif ledger.answered:
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
        return position

    def _needs_close(self, kind: int, unnamed: bool, ledger: Ledger) -> bool:
        """Note the use of a statement; say if another client's must be gone first."""
        if kind == _PARSE:
            if unnamed:
                self.awaits_bind = True
                ledger.unnamed = self
            else:
                self.named = True
            return False
        if unnamed and kind == _BIND:
            self.awaits_bind = False
        return unnamed and ledger.unnamed is not self

    # Unserved

    def keep(self, data: memoryview) -> None:
        """Put this behind what is pending."""
        if self.pending is None:
            self.pending = bytearray(data)
        else:
            self.pending += data

    def take(self) -> bytearray | None:
        """Give what is pending, and forget it."""
        pending, self.pending = self.pending, None
        return pending

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
            least, most = _lengths(kind, _NO_LENGTHS)
            if not least <= size <= most:
                check_request(kind, size)
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
        self._drop(position)
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
        self._drop(position)
        return synced

    def _drop(self, size: int) -> None:
        if self.pending is not None:
            del self.pending[:size]
            # An idle client has no buffer of its own.
            self.pending = self.pending or None


def _names_unnamed(message: memoryview, kind: int, size: int) -> bool | None:
    """Whether a Parse, Bind or Describe is about the unnamed statement.

    Returns:
        None if too little of the message is there.

    Raises:
        ProtocolViolation: its names are longer than :data:`NAMES_LIMIT`.
    """
    at = HEADER_SIZE
    if kind == _DESCRIBE:
        if len(message) > at and message[at] != Target.STATEMENT:
            return False
        at += 1
    elif kind == _BIND:
        names = bytes(message[at : min(at + NAMES_LIMIT, 1 + size)])
        portal = names.find(0)
        if portal < 0:
            if len(names) == NAMES_LIMIT:
                raise ProtocolViolation(
                    f"a portal's name is longer than {NAMES_LIMIT} bytes"
                )
            # A whole message without its name's end is PostgreSQL's to refuse.
            return None if len(message) < 1 + size else False
        at += portal + 1
    return None if len(message) <= at else not message[at]


def _unexpected_in_copy(kind: int) -> ProtocolViolation:
    return ProtocolViolation(
        f"unexpected message type 0x{kind:02X} during COPY from stdin"
    )
