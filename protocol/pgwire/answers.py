"""Plain answers, accounted for whole, without a look at each message.

That is what most servers send most of the time, and worth a way of its own: rows, ends
of statements and a ReadyForQuery outside a transaction, to a Query or to a batch that
runs one statement. Whatever else comes is left to the ledger, which looks at all.
"""

import struct
from itertools import islice
from typing import Final

from .codes import Backend, TransactionStatus
from .completions import BindComplete, ParseComplete
from .exchange import BIND, DESCRIBE, EXECUTE, FIRST, NOTED, PARSE, QUERY, SYNC
from .framing import HEADER_SIZE
from .plain_answer import (
    ONE_FOUND,
    READY_IDLE,
    after_all_rows,
    after_columns,
    after_description,
    after_row,
    after_rows,
    before_only_row,
)
from .replies import Replies

_DESCRIPTION: Final = Backend.ROW_DESCRIPTION
_IDLE: Final = TransactionStatus.IDLE
_ONE_SIZE: Final = len(ONE_FOUND)
_header = struct.Struct("!BI").unpack_from
# What answers Bind, and Parse and Bind.
_ACCEPTED: Final = (
    BindComplete().encode(),
    ParseComplete().encode() + BindComplete().encode(),
)


# What is owed behind the first message of a batch that runs one statement, by whether
# that is a Parse, and whether it is described.
_REST_OF_RUN: Final = {
    (False, False): (EXECUTE, SYNC),
    (False, True): (DESCRIBE, EXECUTE, SYNC),
    (True, False): (BIND, EXECUTE, SYNC),
    (True, True): (BIND, DESCRIBE, EXECUTE, SYNC),
}


# What is alike in answers that differ in a row's bytes at most: what was asked, all of
# it, then up to the row's length, and where that row ends.
_Shape = tuple[int, tuple[int, ...], bytes, int]
_NO_SHAPE: Final[_Shape] = (0, (), b"", 0)


class Answers(Replies):
    """See the module's text; a :class:`~pgwire.ledger.Ledger` is one."""

    __slots__ = ("_shape", "_size")

    def __init__(self) -> None:
        super().__init__()
        # Of the answers of a shared server: the last one's size, and the shape of which
        # the last two were.
        self._size = 0
        self._shape = _NO_SHAPE

    def answer(self, buffer: bytearray, start: int, end: int) -> int:
        """Account for a plain answer to a lone exchange, if it all begins at ``start``.

        Nothing may be behind it.

        Args:
            buffer: what came.
            start: where a message begins in it.
            end: up to where it is meant.

        Returns:
            Where the answer ends; all of it is to be forwarded. 0 if it is not plain,
            or not all there: then nothing has changed, and :meth:`receive` is called.
        """
        if self.head != QUERY:
            return self._answer_run(buffer, start, end)
        if (
            self.rest
            or self._behind
            # What ends so may be the middle of a message all the same.
            or not buffer.endswith(READY_IDLE, start, end)
        ):
            return 0
        following = 0
        if end - start >= HEADER_SIZE:
            kind, length = _header(buffer, start)
            if kind == _DESCRIPTION and length > 4:
                following = after_row(buffer, start + 1 + length, end)
            following = following or after_all_rows(buffer, start, end)
        if following != end:
            return 0
        self.head = 0
        self.status = _IDLE
        self.readies += 1
        return following

    def answers(
        self, buffer: bytearray, start: int, end: int, *, one: bool = False
    ) -> list[int]:
        """As :meth:`answer`, for one after the other that a shared server has sent.

        Returns:
            Where each ends; only the first, if ``one`` is asked for. Behind the last
            that is owed there is nothing.
        """
        ends: list[int] = []
        if self.rest:
            # What begins here may look like anything.
            return ends
        if not one:
            start = self._answer_alike(buffer, start, end, ends)
        while asked := self.head:
            following = (
                self._answer_query(buffer, start, end)
                if asked == QUERY
                else self._answer_run(buffer, start, end)
            )
            if not following:
                break
            ends.append(following)
            if one:
                break
            before, start = start, following
            if start - before == self._size:
                # The next ones are taken to be alike.
                self._shape = _shape_of(buffer, before, start, asked)
                start = self._answer_alike(buffer, start, end, ends)
            self._size = start - before
        return ends

    def _answer_query(self, buffer: bytearray, start: int, end: int) -> int:
        """As :meth:`answer`, to a Query on a server that is shared."""
        behind = self._behind
        row = after_columns(buffer, start, end)
        following = after_row(buffer, row, end) or after_all_rows(buffer, start, end)
        if not following or (following != end and not behind):
            return 0
        self.head = behind.popleft() if behind else 0
        self.status = _IDLE
        self.readies += 1
        return following

    def _answer_alike(
        self, buffer: bytearray, start: int, end: int, ends: list[int]
    ) -> int:
        """Account for those of the last shape; ``ends`` gets where each ends.

        Returns:
            Where the first begins that is another.
        """
        asked, others, prefix, gap = self._shape
        behind, head, before, count = self._behind, self.head, len(ends), len(others)
        while (
            # The last one that is owed has nothing behind it.
            len(behind) > count
            and head == asked
            and buffer.startswith(prefix, start, end)
            and buffer.startswith(ONE_FOUND, start + gap, end)
        ):
            if others:
                if tuple(islice(behind, count)) != others:
                    break
                for _ in others:
                    behind.popleft()
                if asked & NOTED:
                    self.statements.effects.popleft()
            start += gap + _ONE_SIZE
            ends.append(start)
            head = behind.popleft()
        self.head = head
        self.readies += len(ends) - before
        return start

    def _answer_run(self, buffer: bytearray, start: int, end: int) -> int:
        """As :meth:`answer`, to ``[Parse] Bind [Describe] Execute Sync``."""
        head, behind = self.head, self._behind
        parses = head == PARSE | NOTED
        owed = len(behind)
        # How many of what is behind belong to it.
        count = 3 if parses else 2
        if (
            self.rest
            or owed < count
            or not (behind[0] == BIND if parses else head & ~FIRST == BIND)
            or not buffer.startswith(_ACCEPTED[parses], start, end)
        ):
            return 0
        position = start + len(_ACCEPTED[parses])
        if behind[count - 2] == DESCRIBE:
            count += 1
            position = after_description(buffer, position, end)
        if (
            not position
            or owed < count
            or behind[count - 2] != EXECUTE
            or behind[count - 1] != SYNC
            or (owed != count and not self.shared)
        ):
            return 0
        following = after_row(buffer, position, end) or after_rows(
            buffer, position, end
        )
        if not following or (following != end and owed == count):
            return 0
        for _ in range(count):
            behind.popleft()
        if parses:
            self.statements.effects.popleft()
        self.head = behind.popleft() if owed > count else 0
        self.status = _IDLE
        self.readies += 1
        return following


def _shape_of(buffer: bytearray, start: int, end: int, asked: int) -> _Shape:
    row = before_only_row(buffer, start, end)
    if not row:
        return _NO_SHAPE
    prefix = bytes(buffer[start : row + HEADER_SIZE])
    others: tuple[int, ...] = ()
    if asked != QUERY:
        parses = asked == PARSE | NOTED
        others = _REST_OF_RUN[parses, prefix[len(_ACCEPTED[parses])] == _DESCRIPTION]
    return asked, others, prefix, end - start - _ONE_SIZE
