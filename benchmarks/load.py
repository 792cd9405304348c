"""Many clients on raw sockets in one thread: what pgbench cannot drive.

pgbench gives all its clients one application_name and keeps all of them busy;
here each has a name of its own, or most of them are idle at any moment.
"""

import contextlib
import random
import select
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import wire
from .endpoint import Endpoint
from .errors import LoadError

ACCOUNTS = 100_000
STALL = 10.0
REPLY_LIMIT = 1 << 16


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """Transactions done, the seconds they took, the latency of each in ms."""

    transactions: int
    seconds: float
    latencies: list[float]


def lookups(count: int = 1000) -> list[bytes]:
    """Return `count` Query messages like those of pgbench's select-only script."""
    # The same accounts for every target.
    chosen = random.Random(1)
    return [
        wire.query(
            "SELECT abalance FROM pgbench_accounts "
            f"WHERE aid = {chosen.randint(1, ACCOUNTS)};"
        )
        for _ in range(count)
    ]


class Load:
    """Clients that are logged in; each has at most one query in flight."""

    def __init__(self, connections: list[socket.socket]) -> None:
        self._connections = {each.fileno(): each for each in connections}
        self._poll = select.epoll()
        for number, connection in self._connections.items():
            connection.setblocking(False)
            self._poll.register(number, select.EPOLLIN)
        self._queries = lookups()
        self._next = 0
        self._sent: dict[int, float] = {}
        self._partial: dict[int, bytes] = {}
        self._latencies: list[float] = []

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
        self._next = (self._next + 1) % len(self._queries)
        self._sent[number] = time.perf_counter()
        self._connections[number].send(self._queries[self._next])

    def _answered(self, timeout: float) -> Iterator[int]:
        events = self._poll.poll(timeout)
        if not events and timeout == STALL:
            raise LoadError(
                f"{len(self._sent)} clients without an answer for {STALL:.0f} s"
            )
        for number, _ in events:
            if self._receive(number):
                elapsed = time.perf_counter() - self._sent.pop(number)
                self._latencies.append(elapsed * 1000)
                yield number

    def _receive(self, number: int) -> bool:
        data = self._connections[number].recv(REPLY_LIMIT)
        if not data:
            raise LoadError("a connection was closed under load")
        data = self._partial.pop(number, b"") + data
        if data[:1] != b"T":
            text = wire.error_text(data) if data[:1] == b"E" else repr(data[:20])
            raise LoadError(f"expected a row, got {text}")
        if data.endswith(wire.READY_IDLE):
            return True
        if len(data) > REPLY_LIMIT:
            raise LoadError(f"a reply of more than {REPLY_LIMIT} bytes to a lookup")
        self._partial[number] = data
        return False

    def _outcome(self, start: float) -> LoadOutcome:
        seconds = time.perf_counter() - start
        latencies, self._latencies = self._latencies, []
        return LoadOutcome(len(latencies), seconds, latencies)


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
def load(endpoint: Endpoint, count: int, name: Callable[[int], str]) -> Iterator[Load]:
    """Yield `count` clients that are logged in, ready to be run."""
    with sessions(endpoint, count, name) as connections:
        clients = Load(connections)
        try:
            yield clients
        finally:
            clients.close()
