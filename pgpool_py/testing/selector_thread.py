"""A thread that waits for sockets and for times, and does what others ask it to do."""

import contextlib
import heapq
import itertools
import select
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

from .errors import ProxyClosedError

T = TypeVar("T")

#: Takes the events, selectors.EVENT_READ and EVENT_WRITE, that came.
Handler = Callable[[int], None]

#: Takes the time for which it was asked.
Alarm = Callable[[float], None]

#: Seconds in which the thread answers; it never waits for anything but its sockets.
_PATIENCE: Final = 10.0

#: How often what is ready is served before a call is made; enough for a connection
#: to be accepted, to reach the target, and to pass on what it had sent.
_SETTLING: Final = 8

#: select(2) takes no descriptors from here on.
_FD_SETSIZE: Final = 1024


class SelectorThread:
    """The thread; it runs once this is constructed.

    `watch`, `forget` and `call_at` are for what runs in the thread itself, `call`
    and `stop` for all others.
    """

    def __init__(self, name: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._watched: dict[socket.socket, int] = {}
        self._timers: list[tuple[float, int, Alarm]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._calls: deque[Callable[[], None]] = deque()
        self._running = True
        self._fault: BaseException | None = None
        self.watch(self._woken, selectors.EVENT_READ, self._on_woken)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    # From other threads

    def call(self, function: Callable[[], T]) -> T:
        """Run a function in the thread and return what it returns.

        What was ready before is served first.

        Raises:
            ProxyClosedError: the thread has ended.
        """
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except BaseException as error:
                # It is the caller's.
                future.set_exception(error)

        with self._lock:
            if not self._running:
                raise ProxyClosedError("the proxy is closed") from self._fault
            self._calls.append(run)
            self._ring()
        return future.result(_PATIENCE)

    def stop(self) -> None:
        """End the thread; raise what it failed with, if it did."""
        with self._lock:
            self._running = False
            self._ring()
        self._thread.join(_PATIENCE)
        if self._fault is not None:
            raise ProxyClosedError("the proxy's thread has failed") from self._fault

    def _ring(self) -> None:
        # Full: it is awake already. Closed: it has ended.
        with contextlib.suppress(OSError):
            self._wake.send(b"\0")

    # From within

    def watch(self, sock: socket.socket, events: int, handler: Handler) -> None:
        """Have the handler called for these events from now on; 0 is none."""
        known = self._watched.get(sock, 0)
        if events == known:
            return
        if not events:
            self.forget(sock)
            return
        self._watched[sock] = events
        if known:
            self._selector.modify(sock, events, handler)
        else:
            self._selector.register(sock, events, handler)

    def forget(self, sock: socket.socket) -> None:
        """Watch it no more; to be done before it is closed."""
        if self._watched.pop(sock, 0):
            self._selector.unregister(sock)

    def call_at(self, when: float, function: Alarm) -> None:
        """Call a function at this time of time.monotonic(), which it is given."""
        heapq.heappush(self._timers, (when, next(self._order), function))

    # The loop

    def _run(self) -> None:
        try:
            while self._running:
                self._turn(self._time_left())
                if self._calls:
                    self._settle()
                    self._make_calls()
        except BaseException as error:
            # Told by `stop`, and by `call`.
            self._fault = error
        finally:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self._running = False
            self._make_calls()
            self._watched.clear()
            self._selector.close()
            self._wake.close()
            self._woken.close()

    def _settle(self) -> None:
        for _ in range(_SETTLING):
            if not self._turn(0.0):
                return

    def _make_calls(self) -> None:
        while self._calls:
            self._calls.popleft()()

    def _turn(self, seconds: float | None) -> int:
        ready = self._select(seconds)
        for key, events in ready:
            key.data(events)
        timers = self._timers
        while timers and timers[0][0] <= time.monotonic():
            when, _, alarm = heapq.heappop(timers)
            alarm(when)
        return len(ready)

    def _time_left(self) -> float | None:
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - time.monotonic())

    def _select(self, seconds: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        # epoll_wait(2) counts in milliseconds, which is coarse for a delay of five;
        # select(2) counts in microseconds.
        descriptor = self._selector.fileno()
        if seconds and descriptor < _FD_SETSIZE:
            if not select.select([descriptor], [], [], seconds)[0]:
                return []
            seconds = 0.0
        return self._selector.select(seconds)

    def _on_woken(self, events: int) -> None:
        del events
        self._woken.recv(4096)
