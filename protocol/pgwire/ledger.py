"""The ledger of one server: it walks the bytes that come, and says whose they are.

The law of the ledger: **every message of a server is accounted for, or the server is
closed.** What is owed, and what a reply does to it, is in ``owed``; whole answers that
are plain, in ``answers``. Here messages are found in the bytes, plain replies are
accounted for without a call, and neighbours of one owner are joined to runs.
"""

import struct
from dataclasses import replace
from typing import Final

from .answers import Answers
from .backend import ReadyForQuery
from .codes import Backend, TransactionStatus
from .exchange import (
    ASYNCHRONOUS,
    COPY_END,
    ENDS_IN_READY,
    EXECUTE,
    LEFT,
    NOTED,
    POPS,
    ROWS,
    SENDS_ROWS,
    SKIP,
    STATUSES,
    STAYS,
    STREAMED,
    UNCOUNTED,
    MisnamingError,
    ParameterReported,
    UnaccountedReply,
    read_error,
    unexpected_reply,
)
from .framing import HEADER_SIZE
from .plain_answer import PLAIN_TAG
from .statement import PREFIX

# A message up to this size is looked at whole; of a longer one, the head is looked at
# and the rest passes through. ErrorResponse begins with the fields that matter.
HOLD_LIMIT: Final = 32 * 1024

# PostgreSQL builds a message in one allocation: MaxAllocSize of utils/memutils.h, and
# the length word itself.
_GREATEST_LENGTH: Final = 0x3FFFFFFF + 4
_READY_LENGTH: Final = 5

_READY: Final = Backend.READY_FOR_QUERY
_COMPLETE: Final = Backend.COMMAND_COMPLETE
_DESCRIPTION: Final = Backend.ROW_DESCRIPTION
# They may have to be replaced for their client: each is a run of its own.
_PARAMETER: Final = Backend.PARAMETER_STATUS
_SINGLED_OUT: Final = frozenset({Backend.ERROR_RESPONSE, _PARAMETER})
_IDLE: Final = TransactionStatus.IDLE

_header = struct.Struct("!BI").unpack_from
# By type byte; an index costs half of a look-up in the dictionary.
_STAYS: Final = tuple([STAYS.get(kind, 0) for kind in range(256)])
_POPS: Final = tuple([POPS.get(kind, 0) for kind in range(256)])


class Ledger(Answers):
    """What one server owes, fed with its bytes; see ``owed`` for the rules.

    Call :meth:`request` for every message that is written to the server, in order, and
    :meth:`receive` for every piece of what it sends; then hand ``runs`` to the client
    and look at ``events``.

    Attributes:
        runs: of the last ``receive``, the pieces ``(start, end)`` to forward.
    """

    __slots__ = ("runs",)

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[tuple[int, int]] = []

    def receive(  # noqa: C901, PLR0912, PLR0915 - long: the hot loop, where a call costs
        self, buffer: bytearray, end: int, start: int = 0
    ) -> int:
        """Account for ``buffer[start:end]``.

        Args:
            buffer: what came. Holds more than :data:`HOLD_LIMIT`.
            end: up to where it is meant.
            start: where the last call left off: at the bytes that it did not account
                for, if any.

        Returns:
            Up to where it was accounted for. What is left is the beginning of a
            message, shorter than :data:`HOLD_LIMIT`; or, if the server is shared, the
            answer to the next exchange, to be accounted for when its client is known.

        Raises:
            UnaccountedReply: the server must be closed. ``runs`` holds what may be
                forwarded all the same.
        """
        self.runs.clear()
        self.events.clear()
        position = run = start
        if self.rest:
            position = run = self._receive_rest(start, end)
            if self.rest:
                return position
        behind = self._behind
        head = self.head
        kind = length = 0
        try:
            while end - position >= HEADER_SIZE:
                kind, length = _header(buffer, position)
                following = position + 1 + length
                if following > end or length < 4:
                    break
                if head & _STAYS[kind]:
                    position = following
                    continue
                before = head
                if head & _POPS[kind]:
                    if head & NOTED:
                        self.statements.effects.popleft()
                    head = behind.popleft() if behind else 0
                elif (
                    kind == _COMPLETE
                    and head & SENDS_ROWS
                    and length > 4
                    and PLAIN_TAG[buffer[position + HEADER_SIZE]]
                ):
                    if head & EXECUTE:
                        head = behind.popleft() if behind else 0
                    else:
                        self._completed = True
                elif (
                    kind == _READY
                    and head & ENDS_IN_READY
                    and length == _READY_LENGTH
                    and (status := buffer[position + HEADER_SIZE]) in STATUSES
                ):
                    self.status = status
                    if not head & SKIP:
                        self.readies += 1
                    head = behind.popleft() if behind else 0
                    if self.shared and not (before & SKIP and not before & LEFT):
                        # What comes is another client's.
                        self.ended += 1
                        if not before & SKIP and following > run:
                            self.runs.append((run, following))
                        position = run = following
                        break
                else:
                    self.head = head
                    body = bytes(buffer[position + HEADER_SIZE : following])
                    head = self._reply(kind, body)
                    if self._forwarded == bool(before & SKIP):
                        # This message goes another way than those before it.
                        run = self._cut(run, position, following, head)
                        before = head
                    if self._forwarded and kind in _SINGLED_OUT:
                        run = self._note_place(kind, body, run, position, following)
                if (before ^ head) & (SKIP | COPY_END):
                    while head & COPY_END:
                        head = behind.popleft() if behind else 0
                    if (before ^ head) & SKIP:
                        # From here on the replies are somebody else's.
                        if head & SKIP and following > run:
                            self.runs.append((run, following))
                        run = following
                position = following
        finally:
            self.head = head
            if not head & SKIP and position > run:
                self.runs.append((run, position))
        if end - position >= HEADER_SIZE and position < following:
            return self._begin(kind, length, buffer, position, end)
        return position

    def withhold_ready(self, buffer: bytearray) -> bool:
        """Take the ReadyForQuery that came last out of ``runs``; tell if it was there.

        For when all is answered. Nothing but asynchronous messages may be behind it,
        and in none of these are the six bytes found that are looked for.
        """
        ready = ReadyForQuery(self.status).encode()
        for place in range(len(self.runs) - 1, -1, -1):
            start, end = self.runs[place]
            found = buffer.rfind(ready, start, end)
            if found >= 0:
                pieces = (start, found), (found + len(ready), end)
                self.runs[place : place + 1] = [p for p in pieces if p[0] < p[1]]
                return True
            if buffer[start] != _PARAMETER:
                break
        return False

    def _cut(self, run: int, start: int, following: int, head: int) -> int:
        """End the run in front of a message, or begin one with it; give its start."""
        if not self._forwarded:
            if start > run:
                self.runs.append((run, start))
        elif head & SKIP:
            self.runs.append((start, following))
        else:
            return start
        return following

    def _note_place(
        self, kind: int, body: bytes, run: int, start: int, following: int
    ) -> int:
        """Say where a message is that may have to be replaced; give the next run."""
        if kind == _PARAMETER:
            reported = self.events[-1]
            if isinstance(reported, ParameterReported):
                self.events[-1] = replace(reported, start=start)
        elif self._about_altered or PREFIX in body:
            altered = self._about_altered
            self.events.append(MisnamingError(start, following, altered))
        else:
            return run
        if run < following:
            if start > run:
                self.runs.append((run, start))
            self.runs.append((start, following))
        return following

    def _begin(
        self, kind: int, length: int, buffer: bytearray, start: int, end: int
    ) -> int:
        """Account for the beginning of a message, or wait for more of it."""
        head = self.head
        if not 4 <= length <= _GREATEST_LENGTH:
            raise UnaccountedReply(f"invalid length {length} of reply {chr(kind)!r}")
        if length < HOLD_LIMIT:
            if not (kind in ROWS and head & SENDS_ROWS):
                return start
        elif kind not in STREAMED:
            raise UnaccountedReply(
                f"length {length} of reply {chr(kind)!r} is above {HOLD_LIMIT}"
            )
        elif kind == Backend.ERROR_RESPONSE and end - start < HOLD_LIMIT:
            return start
        self._forwarded = not head & SKIP
        if kind == Backend.ERROR_RESPONSE:
            beginning = bytes(buffer[start + HEADER_SIZE : end])
            self.head = self._error(read_error(beginning, whole=False))
        elif head & _POPS[kind]:
            self.head = self._next()
        elif not head & (_STAYS[kind] | UNCOUNTED) and kind not in ASYNCHRONOUS:
            raise unexpected_reply(kind, head)
        self._ready_last = False
        self.rest = start + 1 + length - end
        if self._forwarded:
            if self.runs and self.runs[-1][1] == start:
                start = self.runs.pop()[0]
            self.runs.append((start, end))
        return end

    def _receive_rest(self, start: int, end: int) -> int:
        """Go on with the message of :meth:`_begin`."""
        taken = min(self.rest, end - start)
        if self._forwarded and taken:
            self.runs.append((start, start + taken))
        self.rest -= taken
        return start + taken
