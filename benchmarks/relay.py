"""A TCP relay that passes everything on so much later, and does nothing else.

    python -m benchmarks.relay HOST PORT LISTEN_PORT SECONDS

All that passes has the same delay, so one queue is in order for all connections. That
makes it cheap: it has to keep up with what is measured through it.
"""

import select
import socket
import sys
import time
from collections import deque

CHUNK = 1 << 16
#: Seconds for which who does not read may hold up all others.
STALL = 10.0


class Relay:
    """A port that leads to a target, `seconds` away in each direction."""

    def __init__(self, target: tuple[str, int], port: int, seconds: float) -> None:
        self._target = target
        self._seconds = seconds
        self._poll = select.epoll()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self._poll.register(self._listener, select.EPOLLIN)
        # Each side of a connection by its descriptor, with the other one.
        self._sides: dict[int, tuple[socket.socket, socket.socket]] = {}
        self._under_way: deque[tuple[float, int, bytes]] = deque()

    def run(self) -> None:
        """Pass on, until the process is ended."""
        while True:
            self._wait()
            for number, _ in self._poll.poll(0):
                if number == self._listener.fileno():
                    self._accept()
                else:
                    self._read(number)
            self._arrive()

    def _wait(self) -> None:
        # epoll_wait(2) counts in milliseconds; select(2) counts in microseconds.
        left = None
        if self._under_way:
            left = max(0.0, self._under_way[0][0] - time.monotonic())
        select.select([self._poll.fileno()], [], [], left)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(self._target, STALL)
        for side, other in ((client, server), (server, client)):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            side.settimeout(STALL)
            self._sides[side.fileno()] = side, other
            self._poll.register(side, select.EPOLLIN)

    def _read(self, number: int) -> None:
        try:
            data = self._sides[number][0].recv(CHUNK)
        except OSError:
            data = b""
        if not data:
            self._poll.unregister(number)
        self._under_way.append((time.monotonic() + self._seconds, number, data))

    def _arrive(self) -> None:
        now = time.monotonic()
        while self._under_way and self._under_way[0][0] <= now:
            _, number, data = self._under_way.popleft()
            if number in self._sides:
                self._pass_on(number, data)

    def _pass_on(self, number: int, data: bytes) -> None:
        side, other = self._sides[number]
        try:
            if data:
                other.sendall(data)
                return
        except OSError:
            # Who sent it will see the end of the connection.
            pass
        for each in (side, other):
            del self._sides[each.fileno()]
            each.close()


def main(host: str, port: str, listen_port: str, seconds: str) -> None:
    """Pass everything on so many seconds later, each way."""
    Relay((host, int(port)), int(listen_port), float(seconds)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
