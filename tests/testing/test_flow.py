"""One direction of a connection, with the time in the test's hand."""

import socket
from collections.abc import Iterator

import pytest

from pgpool_py.testing.faults import Break, Condition, Direction, Ending, Rule
from pgpool_py.testing.flow import Flow


class Pipe:
    """A flow, and what is before and behind it.

    Attributes:
        flow: from `source` to `sink`.
        source: to write to.
        sink: to read from.
    """

    def __init__(self, limit: int) -> None:
        self.source, entry = socket.socketpair()
        exit_, self.sink = socket.socketpair()
        self._sockets = (self.source, entry, exit_, self.sink)
        for sock in self._sockets:
            sock.setblocking(False)
        self.flow = Flow(entry, exit_, limit)

    def obey(self, *faults: Condition | Break) -> None:
        self.flow.obey([Rule(fault, Direction.BOTH) for fault in faults])

    def put(self, data: bytes, now: float) -> None:
        self.source.sendall(data)
        self.flow.read(now, Ending.FIN)

    def take(self, now: float) -> bytes:
        """Return what the flow passes on at this time."""
        self.flow.write(now)
        try:
            return self.sink.recv(65536)
        except BlockingIOError:
            return b""

    # Methods: a type checker would believe that an attribute stays what it was.

    def has_room(self) -> bool:
        return self.flow.wants_read

    def is_ended(self) -> bool:
        return self.flow.shut

    def close(self) -> None:
        for sock in self._sockets:
            sock.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe(limit=1000)
    yield pipe
    pipe.close()


def test_a_delay_is_exact(pipe: Pipe) -> None:
    pipe.obey(Condition(delay=5.0))
    pipe.put(b"a", 100.0)
    pipe.put(b"b", 101.0)
    assert pipe.flow.due == 105.0
    assert pipe.take(104.9) == b""
    assert pipe.take(105.0) == b"a"
    assert pipe.flow.due == 106.0
    pipe.put(b"c", 106.0)
    assert pipe.take(111.0) == b"bc"
    assert pipe.flow.due is None


def test_one_byte_at_a_time(pipe: Pipe) -> None:
    pipe.obey(Condition(pause=2.0))
    pipe.put(b"abc", 100.0)
    assert pipe.take(100.0) == b"a"
    assert pipe.flow.due == 102.0
    assert pipe.take(101.9) == b""
    assert pipe.take(102.0) == b"b"
    assert pipe.take(110.0) == b"c"
    assert pipe.flow.due is None


def test_it_keeps_no_more_than_the_limit_and_one_read(pipe: Pipe) -> None:
    pipe.obey(Condition(delay=5.0))
    pipe.put(b"x" * 999, 100.0)
    assert pipe.has_room()
    pipe.put(b"x", 100.0)
    assert not pipe.has_room()
    pipe.take(105.0)
    assert pipe.has_room()


def test_frozen_it_asks_for_nothing(pipe: Pipe) -> None:
    pipe.put(b"x", 100.0)
    pipe.flow.blocked = True
    pipe.obey(Condition(frozen=True))
    assert not pipe.has_room()
    assert not pipe.flow.wants_write
    assert pipe.flow.due is None
    pipe.flow.blocked = False
    assert pipe.take(100.0) == b""
    assert pipe.flow.due is None


def test_a_full_sink_takes_the_rest_later(pipe: Pipe) -> None:
    data = b"x" * 60_000
    sent = 0
    while not pipe.flow.blocked:
        pipe.put(data, 100.0)
        sent += len(data)
        pipe.flow.write(100.0)
    assert pipe.flow.wants_write
    assert 0 < pipe.flow.passed < sent
    received = 0
    while received < sent:
        pipe.flow.blocked = False
        received += len(pipe.take(100.0))
    assert received == pipe.flow.passed == sent


def test_a_break_stands_at_its_byte_however_the_bytes_come(pipe: Pipe) -> None:
    pipe.obey(Break(5, Ending.RESET), Condition(delay=1.0))
    for letter in b"abcdefg":
        pipe.put(bytes([letter]), 100.0)
    assert pipe.flow.write(101.0) is Ending.RESET
    assert pipe.sink.recv(100) == b"abcde"


def test_what_is_swallowed_takes_no_room(pipe: Pipe) -> None:
    pipe.obey(Condition(swallowing=True))
    for _ in range(10):
        pipe.put(b"x" * 1000, 100.0)
    assert pipe.flow.wants_read
    assert pipe.take(100.0) == b""


def test_a_sink_that_is_gone_takes_no_room_either(pipe: Pipe) -> None:
    pipe.sink.close()
    pipe.put(b"x" * 1000, 100.0)
    pipe.flow.write(100.0)
    assert pipe.flow.broken
    assert pipe.flow.wants_read
    pipe.put(b"x" * 1000, 100.0)
    assert pipe.flow.wants_read


def test_the_end_waits_for_its_turn(pipe: Pipe) -> None:
    pipe.obey(Condition(delay=5.0))
    pipe.put(b"last", 100.0)
    pipe.source.close()
    pipe.flow.read(101.0, Ending.FIN)
    assert pipe.flow.ended
    assert pipe.take(105.0) == b"last"
    assert not pipe.is_ended()
    assert pipe.flow.write(106.0) is None
    assert pipe.is_ended()
    assert pipe.sink.recv(1) == b""
