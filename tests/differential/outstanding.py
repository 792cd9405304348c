"""How much of what a client sent is answered, told from both directions' messages.

It is a client's view, independent of the pooler's ledger. It knows what a conversation
may contain: copy data that hold `BAD` fail by that message, and a COPY that a trigger
refuses fails (`REFUSED`) before any data are read.
"""

from collections import deque

from pgwire._message import FrontendMessage
from pgwire.copying import CopyData
from pgwire.diagnostics import ErrorResponse
from tests.integration.wire import Message

#: In a line of copy data that is no number.
BAD = b"bad"
#: SQLSTATE of the trigger that refuses a COPY (raise_exception).
REFUSED = "P0001"

_COMPLETES = {"P": "1", "B": "2", "C": "3", "D": "Tn", "E": "CIs"}
_FLUSHES = frozenset("QFSH")
_ENDS = frozenset("QFS")
_COPY = frozenset("dcf")
_NO_REQUESTS = _COPY | {"H"}
_ASYNCHRONOUS = frozenset("NSA")


class IllegalConversationError(Exception):
    """PostgreSQL would not have this: the conversation is at fault, or this file."""


class Outstanding:
    """What one client sent and what of it is answered."""

    def __init__(self) -> None:
        self._queue: deque[FrontendMessage] = deque()
        self._copies = False
        self._skips_to_sync = False
        self._batch_open = False
        self._status = b"I"

    @property
    def answered(self) -> bool:
        """Whether no reply is to come before the client sends more."""
        queue = list(self._queue)
        if self._copies:
            end = next((n for n, one in enumerate(queue) if _ends_copy(one)), None)
            if end is None:
                return True
            if _kind(queue[0]) == "E":
                # Its CommandComplete may be kept back like any other reply.
                queue = queue[end:]
        return not any(_kind(message) in _FLUSHES for message in queue)

    @property
    def empty(self) -> bool:
        """Whether there is no request that is not answered, flushed or not."""
        return not self._queue

    @property
    def flushed(self) -> bool:
        """Whether no reply may be kept back for want of a Flush."""
        queue = list(self._queue)
        if self._copies and _kind(queue[0]) == "E":
            # A Flush that was read as copy data does nothing for the end of that.
            ends = [n for n, one in enumerate(queue) if _ends_copy(one)]
            queue[1 : ends[0] + 1 if ends else 1] = []
        requests = [one for one in queue if _kind(one) not in _COPY]
        return not requests or _kind(requests[-1]) in _FLUSHES

    @property
    def holds(self) -> bool:
        """Whether a transaction, a batch or a copy-in is open: a server is its own."""
        return self._status != b"I" or self._batch_open or self._copies

    # Requests

    def sent(self, message: FrontendMessage) -> None:
        """Take down a message that was sent as a whole."""
        if self._skips_to_sync:
            if _kind(message) != "S":
                return
            self._skips_to_sync = False
        self._queue.append(message)
        self._trim()

    def _trim(self) -> None:
        """Drop from the front what is answered by nothing."""
        if not self._copies:
            while self._queue and _kind(self._queue[0]) in _NO_REQUESTS:
                self._queue.popleft()

    # Replies

    def received(self, message: Message) -> None:
        """Take down a reply.

        Raises IllegalConversationError for one that answers nothing and for FATAL.
        """
        kind = message.kind
        if kind in _ASYNCHRONOUS:
            return
        if kind == "E" and message.error.severity == "FATAL":
            raise IllegalConversationError(message.error.message)
        if not self._queue:
            raise IllegalConversationError(f"{message} answers nothing")
        if kind == "E":
            self._failed(message.error)
        elif kind == "Z":
            self._status = message.body
            self._batch_open = False
            self._queue.popleft()
        elif kind == "G":
            self._copies = True
        elif _kind(self._queue[0]) not in _ENDS:
            self._batch_open = True
            if kind in _COMPLETES[_kind(self._queue[0])]:
                self._complete()
        elif kind == "C" and self._copies:
            self._end_copy(refused=False)
        self._trim()

    def _complete(self) -> None:
        if self._copies:
            self._end_copy(refused=False)
        self._queue.popleft()

    def _failed(self, error: ErrorResponse) -> None:
        if self._copies:
            self._end_copy(refused=error.sqlstate == REFUSED)
        if _kind(self._queue[0]) in _ENDS:
            return
        self._batch_open = True
        while self._queue and _kind(self._queue[0]) != "S":
            self._queue.popleft()
        self._skips_to_sync = not self._queue

    def _end_copy(self, *, refused: bool) -> None:
        """Drop what was read as copy data, Sync and Flush among it."""
        self._copies = False
        head = self._queue.popleft()
        while not refused and self._queue:
            if _ends_copy(self._queue.popleft()):
                break
        self._queue.appendleft(head)


def _kind(message: FrontendMessage) -> str:
    return chr(message.TYPE)


def _ends_copy(message: FrontendMessage) -> bool:
    if isinstance(message, CopyData):
        return BAD in message.data
    return _kind(message) in "cf"
