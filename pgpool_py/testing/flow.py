"""One direction of one connection: bytes from a source to a sink, and their faults."""

import socket
import sys
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Final

from .faults import Break, Condition, Ending, Rule

#: Bytes of one read.
_CHUNK: Final = 65536

#: Pieces of one write; IOV_MAX is 1024 on Linux and macOS.
_BATCH: Final = 64

Piece = bytes | memoryview | Ending


class Flow:
    """Reads, keeps and passes on; never waits, and takes the time as an argument.

    Attributes:
        condition: what is wrong with it now.
        blocked: the sink takes nothing until it is reported writable.
        ended: the source has nothing more.
        shut: the sink was told that nothing more comes.
        broken: the sink is gone; what comes is thrown away.
        passed: bytes that the sink took.
    """

    def __init__(
        self,
        source: socket.socket,
        sink: socket.socket,
        limit: int,
        *,
        blocked: bool = False,
    ) -> None:
        self.condition = Condition()
        self.blocked = blocked
        self.ended = False
        self.shut = False
        self.broken = False
        self.passed = 0
        self._source = source
        self._sink = sink
        self._limit = limit
        self._queue: deque[tuple[float, Piece]] = deque()
        self._kept = 0
        self._muted = False
        self._next_byte = 0.0
        self._breaks: dict[Rule, tuple[int, Ending]] = {}

    @property
    def wants_read(self) -> bool:
        """Say whether the source is to be watched."""
        return not (self.ended or self.condition.frozen or self._kept >= self._limit)

    @property
    def wants_write(self) -> bool:
        """Say whether the sink is to be watched."""
        return self.blocked and not self.condition.frozen

    @property
    def due(self) -> float | None:
        """The time at which `write` has something to do by itself, if there is one."""
        if not self._queue or self.blocked or self.condition.frozen:
            return None
        due = self._queue[0][0]
        return due if self.condition.pause is None else max(due, self._next_byte)

    # Faults

    def obey(self, rules: Iterable[Rule]) -> None:
        """Be as these rules say; a break counts from the first time it is seen."""
        condition, breaks = Condition(), {}
        for rule in rules:
            if isinstance(rule.fault, Break):
                mine = self.passed + rule.fault.after, rule.fault.ending
                breaks[rule] = self._breaks.get(rule, mine)
            else:
                condition |= rule.fault
        self.condition, self._breaks = condition, breaks

    def mute(self, now: float) -> None:
        """End it as if the source had ended; what the source says is thrown away."""
        if not (self._muted or self.ended):
            self._queue.append((now + self.condition.delay, Ending.FIN))
            self._muted = True

    # Bytes

    def read(self, now: float, at_end: Ending) -> None:
        """Read once.

        Args:
            now: the time.
            at_end: what the end of the source means.
        """
        try:
            data = self._source.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data, at_end = b"", Ending.RESET
        due = now + self.condition.delay
        if not data:
            self.ended = True
            if not (self._muted and at_end is Ending.FIN):
                self._queue.append((due, at_end))
        elif not (self._muted or self.broken or self.condition.swallowing):
            self._queue.append((due, data))
            self._kept += len(data)

    def write(self, now: float) -> Ending | None:
        """Pass on what is due; return an end that concerns both directions."""
        while not (self.blocked or self.condition.frozen):
            if self._breaks and (ending := self._break()):
                return ending
            due = self.due
            if due is None or due > now:
                return None
            piece = self._queue[0][1]
            if isinstance(piece, Ending):
                self._queue.popleft()
                if piece is not Ending.FIN:
                    return piece
                self._shut()
            else:
                self._send(now)
        return None

    def _break(self) -> Ending | None:
        for place, ending in self._breaks.values():
            if self.passed >= place:
                return ending
        return None

    def _send(self, now: float) -> None:
        pieces = self._pieces(now)
        try:
            sent = self._sink.sendmsg(pieces)
        except BlockingIOError:
            self.blocked = True
        except OSError:
            self._lose_sink()
        else:
            if self.condition.pause is not None:
                self._next_byte = now + self.condition.pause
            self._forget(sent)

    def _pieces(self, now: float) -> list[bytes | memoryview]:
        places = [place for place, _ in self._breaks.values()]
        room = min(places, default=sys.maxsize) - self.passed
        if self.condition.pause is not None:
            room = 1
        pieces: list[bytes | memoryview] = []
        for due, piece in islice(self._queue, _BATCH):
            if room == 0 or due > now or isinstance(piece, Ending):
                break
            pieces.append(piece[:room])
            room -= len(pieces[-1])
        return pieces

    def _forget(self, sent: int) -> None:
        self.passed += sent
        self._kept -= sent
        while sent:
            due, piece = self._queue[0]
            if isinstance(piece, Ending):
                raise AssertionError("more was sent than there is")
            if len(piece) > sent:
                self._queue[0] = due, memoryview(piece)[sent:]
                return
            sent -= len(piece)
            self._queue.popleft()

    def _shut(self) -> None:
        self.shut = True
        try:
            self._sink.shutdown(socket.SHUT_WR)
        except OSError:
            self._lose_sink()

    def _lose_sink(self) -> None:
        self.broken = True
        self._kept = 0
        # The end of the source is still to be told.
        self._queue = deque(x for x in self._queue if isinstance(x[1], Ending))
