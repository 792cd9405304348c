"""Many clients on raw sockets in one thread: what pgbench cannot drive.

pgbench gives all its clients one application_name and keeps all of them busy;
here each has a name of its own, or most of them are idle at any moment.
"""

import contextlib
import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from . import wire
from .endpoint import Endpoint
from .errors import LoadError
from .statements import Statement, Statements

STALL = 10.0
REPLY_LIMIT = 1 << 16


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """Transactions done, the seconds they took, the latency of each in ms.

    The latencies of those that are slow by nature are apart.
    """

    transactions: int
    seconds: float
    latencies: list[float]
    slow: list[float]


class Load:
    """Clients that are logged in; each has at most one query in flight."""

    def __init__(
        self, connections: Sequence[socket.socket], asked: Sequence[Statements]
    ) -> None:
        self._connections = {each.fileno(): each for each in connections}
        self._poll = select.epoll()
        for number, connection in self._connections.items():
            connection.setblocking(False)
            self._poll.register(number, select.EPOLLIN)
        self._asked = dict(zip(self._connections, asked, strict=True))
        self._sent: dict[int, tuple[float, Statement]] = {}
        self._partial: dict[int, bytes] = {}
        self._latencies: list[float] = []
        self._slow: list[float] = []

    def close(self) -> None:
        """Close all connections; PostgreSQL and poolers take that as goodbye."""
        self._poll.close()
        for connection in self._connections.values():
            connection.close()

    def closed(self, seconds: float) -> LoadOutcome:
        """Let every client ask again as soon as it is answered."""
        start = time.perf_counter()
        deadline = start + seconds
        for number in self._connections:
            self._ask(number)
        while self._sent:
            for number in self._answered(STALL):
                if time.perf_counter() < deadline:
                    self._ask(number)
        return self._outcome(start)

    def paced(self, seconds: float, rate: float) -> LoadOutcome:
        """Ask `rate` times a second in all, each client in its turn.

        When a client's turn comes and it still waits, the whole load waits with
        it, and catches up afterwards.
        """
        start = time.perf_counter()
        numbers = list(self._connections)
        asked, total = 0, round(seconds * rate)
        while asked < total or self._sent:
            due = min(total, int((time.perf_counter() - start) * rate) + 1)
            while asked < due and numbers[asked % len(numbers)] not in self._sent:
                self._ask(numbers[asked % len(numbers)])
                asked += 1
            pause = start + asked / rate - time.perf_counter()
            behind = asked == total or asked < due
            for _ in self._answered(STALL if behind else max(0.0, pause)):
                pass
        return self._outcome(start)

    def _ask(self, number: int) -> None:
        statement = next(self._asked[number])
        self._sent[number] = time.perf_counter(), statement
        self._connections[number].send(statement.messages)

    def _answered(self, timeout: float) -> Iterator[int]:
        events = self._poll.poll(timeout)
        if not events and timeout == STALL:
            raise LoadError(
                f"{len(self._sent)} clients without an answer for {STALL:.0f} s"
            )
        for number, _ in events:
            if self._receive(number):
                since, statement = self._sent.pop(number)
                kind = self._slow if statement.slow else self._latencies
                kind.append((time.perf_counter() - since) * 1000)
                yield number

    def _receive(self, number: int) -> bool:
        data = self._connections[number].recv(REPLY_LIMIT)
        if not data:
            raise LoadError("a connection was closed under load")
        data = self._partial.pop(number, b"") + data
        if data[:1] != self._sent[number][1].reply:
            text = wire.error_text(data) if data[:1] == b"E" else repr(data[:20])
            raise LoadError(f"expected another reply, got {text}")
        if data.endswith(wire.READY_IDLE):
            return True
        if len(data) > REPLY_LIMIT:
            raise LoadError(f"a reply of more than {REPLY_LIMIT} bytes")
        self._partial[number] = data
        return False

    def _outcome(self, start: float) -> LoadOutcome:
        seconds = time.perf_counter() - start
        latencies, self._latencies = self._latencies, []
        slow, self._slow = self._slow, []
        return LoadOutcome(len(latencies) + len(slow), seconds, latencies, slow)


@contextlib.contextmanager
def sessions(
    endpoint: Endpoint, count: int, name: Callable[[int], str]
) -> Iterator[list[socket.socket]]:
    """Log `count` clients in by trust, the i-th as `name(i)`; close them at the end."""
    with contextlib.ExitStack() as opened:
        yield [
            opened.enter_context(wire.login(endpoint, name(index)))
            for index in range(count)
        ]


@contextlib.contextmanager
def load(
    endpoint: Endpoint, asked: Sequence[Statements], name: Callable[[int], str]
) -> Iterator[Load]:
    """Yield a client for each of `asked`, logged in, ready to be run."""
    with sessions(endpoint, len(asked), name) as connections:
        clients = Load(connections, asked)
        try:
            yield clients
        finally:
            clients.close()
