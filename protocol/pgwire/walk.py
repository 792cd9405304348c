"""Following a stream of messages that is passed on as it is, whatever is in it.

Nothing is kept but a header that came in pieces.
"""

from collections.abc import Callable

from .codes import Frontend
from .errors import ProtocolViolation
from .framing import HEADER_SIZE, LARGE_MESSAGE_LIMIT, check_request

# What judges a header: the type byte, and the length word.
Judge = Callable[[int, int], None]


def check_reply(kind: int, length: int) -> None:
    """Judge the header of a message from a server.

    Raises:
        ProtocolViolation: no message can have this length.
    """
    if not 4 <= length <= LARGE_MESSAGE_LIMIT:
        raise ProtocolViolation(f"a reply of type 0x{kind:02X} and length {length}")


class MessageWalk:
    """One direction of a connection.

    Attributes:
        last: the type byte of the message that ended last, 0 before the first.
    """

    __slots__ = ("_head", "_judge", "_kind", "_missing", "_stop", "last")

    def __init__(self, judge: Judge, stop: int = 0) -> None:
        self._judge = judge
        self._stop = stop
        self._head = bytearray()
        self._kind = 0
        self._missing = 0
        self.last = 0

    @classmethod
    def of_client(cls) -> "MessageWalk":
        """Follow a client, up to its Terminate."""
        return cls(check_request, Frontend.TERMINATE)

    @classmethod
    def of_server(cls) -> "MessageWalk":
        """Follow a server."""
        return cls(check_reply)

    @property
    def mid_message(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._head or self._missing)

    @property
    def stopped(self) -> bool:
        """Whether the message has ended that nothing may follow."""
        return bool(self._stop) and self.last == self._stop

    def follow(self, data: memoryview) -> int:
        """Walk over what came next; give where it stopped, else the end.

        Raises:
            ProtocolViolation: a header was judged to be wrong.
        """
        at, end = 0, len(data)
        while at < end and not self.stopped:
            if self._missing:
                step = min(self._missing, end - at)
                self._missing -= step
            else:
                step = min(HEADER_SIZE - len(self._head), end - at)
                self._head += data[at : at + step]
                if len(self._head) == HEADER_SIZE:
                    self._begin()
            at += step
            if not self.mid_message:
                self.last = self._kind
        return at

    def _begin(self) -> None:
        kind, length = self._head[0], int.from_bytes(self._head[1:], "big")
        self._judge(kind, length)
        self._head.clear()
        self._kind = kind
        self._missing = length - 4
