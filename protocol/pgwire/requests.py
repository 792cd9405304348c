"""What a client sends: the other half of the ledger, sans I/O as well.

Bytes of a client are looked at message by message, because PostgreSQL ends a connection
over a message whose type or length it cannot take; the content is not looked at.

A client is either *served*, that is, a server is its own for now and gets all it sends
(:meth:`Requests.receive`), or *unserved* (:meth:`Requests.review`): then a server is
needed only for what a server would answer. Copy data is not: after a failed COPY the
client's rest comes when ReadyForQuery is out already.
"""

import struct
from enum import Enum, auto
from typing import Final

from .codes import Frontend
from .errors import ProtocolViolation
from .framing import FRONTEND_LENGTHS, HEADER_SIZE, check_request
from .ledger import Ledger

# What of a message may be left over by ``receive``, less than this: its header, and
# one byte more where the name of a Parse is looked at.
MOST_FRAGMENT: Final = HEADER_SIZE + 1

_PARSE: Final = Frontend.PARSE
_QUERY: Final = Frontend.QUERY
_TERMINATE: Final = Frontend.TERMINATE
_COPY: Final = frozenset({Frontend.COPY_DATA, Frontend.COPY_DONE, Frontend.COPY_FAIL})
_IN_COPY: Final = _COPY | {Frontend.FLUSH, Frontend.SYNC, Frontend.TERMINATE}
_LOOKED_AT: Final = _COPY | {_PARSE, _TERMINATE}
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
        pieces: of the last ``receive``, the slices ``(start, end)`` to send on.
        half_sent: how many bytes of the message sent last are still to come.
        named: whether a Parse with a statement name was among them, ever.
        terminated: whether Terminate was reached; nothing behind it counts.
    """

    __slots__ = ("_discard", "_to_sync", "half_sent", "named", "pieces", "terminated")

    def __init__(self) -> None:
        self._discard = 0
        self._to_sync = False
        self.pieces: list[tuple[int, int]] = []
        self.half_sent = 0
        self.named = False
        self.terminated = False

    def is_query(self, buffer: bytearray | bytes, end: int) -> bool:
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
        )

    # Served

    def receive(  # noqa: C901, PLR0912 - long: the hot loop, where a call costs
        self, buffer: bytearray | bytes, end: int, ledger: Ledger
    ) -> int:
        """Write the requests in ``buffer[:end]`` down in the ledger.

        Returns:
            How many bytes were dealt with; the rest, a fragment of a message, belongs
            in front of what comes next.

        Raises:
            ProtocolViolation: the client must be closed; ``pieces`` are to be sent.
        """
        pieces = self.pieces
        pieces.clear()
        if self.is_query(buffer, end) and not ledger.reads_copy_data:
            ledger.request(_QUERY)
            pieces.append((0, end))
            return end
        position = min(self.half_sent, end)
        self.half_sent -= position
        start = 0
        if self._discard:
            start = position = min(self._discard, end)
            self._discard -= position
        try:
            while end - position >= HEADER_SIZE:
                kind = buffer[position]
                size = _length(buffer, position + 1)[0]
                least, most = _lengths(kind, _NO_LENGTHS)
                if not least <= size <= most:
                    check_request(kind, size)
                if kind in _LOOKED_AT:
                    if kind == _PARSE:
                        if end - position < MOST_FRAGMENT:
                            break
                        if buffer[position + HEADER_SIZE]:
                            self.named = True
                    elif kind == _TERMINATE:
                        self.terminated = True
                        return end
                    elif ledger.answered:
                        # Copy data that no server waits for.
                        if start < position:
                            pieces.append((start, position))
                        start = position = position + 1 + size
                        continue
                if ledger.reads_copy_data and kind not in _IN_COPY:
                    raise _unexpected_in_copy(kind)
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
                pieces.append((start, position))
        return position

    # Unserved

    def review(self, pending: bytes, limit: int) -> tuple[bytes, Verdict]:
        """Drop what nobody would answer; say what the client needs.

        Args:
            pending: what the client sent and no server got.
            limit: from so many bytes on a server is needed for a message of which
                only a part is there.

        Returns:
            What is left of ``pending``, and the verdict on it.

        Raises:
            ProtocolViolation: the client must be closed.
        """
        while True:
            if self._discard:
                dropped = min(self._discard, len(pending))
                self._discard -= dropped
                pending = pending[dropped:]
            if len(pending) < HEADER_SIZE:
                return pending, Verdict.NOTHING
            kind = pending[0]
            size = 1 + _length(pending, 1)[0]
            check_request(kind, size - 1)
            if kind == _TERMINATE:
                return b"", Verdict.CLOSE
            if self._to_sync and kind == Frontend.SYNC:
                self._to_sync = False
                return pending[size:], Verdict.READY
            if self._to_sync or kind in _UNANSWERED:
                self._discard = size
            elif size <= len(pending) or len(pending) >= limit:
                return pending, Verdict.SERVER
            else:
                return pending, Verdict.NOTHING

    def refuse(self, pending: bytes) -> tuple[bytes, bool]:
        """Take the first exchange out of ``pending``; an error will answer it.

        Returns:
            What is behind it, and whether its end was there, so that ReadyForQuery is
            to follow the error. If not, ``review`` drops all up to the Sync.
        """
        position = 0
        while len(pending) - position >= HEADER_SIZE:
            end = position + 1 + _length(pending, position + 1)[0]
            kind = pending[position]
            if end > len(pending):
                if kind in _ENDS:
                    # No Sync is to come: what ends the exchange has begun.
                    self._discard = end - len(pending)
                    return b"", True
                break
            position = end
            if kind in _ENDS:
                return pending[position:], True
        self._to_sync = True
        return pending[position:], False


def _unexpected_in_copy(kind: int) -> ProtocolViolation:
    return ProtocolViolation(
        f"unexpected message type 0x{kind:02X} during COPY from stdin"
    )
