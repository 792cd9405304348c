"""Accepting connections: so many, and no more."""

import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from types import SimpleNamespace

import pytest

from pgpool_py.net.listening import listen_tcp
from pgpool_py.web import server as server_module
from pgpool_py.web.answer import Answer, text
from pgpool_py.web.server import MOST_CONNECTIONS, Server
from tests.fixtures.waiting import PATIENCE, until

from .replies import Reply, parse, read_all


class CountingPoll:
    """Counts how often it is waited for something."""

    def __init__(self) -> None:
        self.polls = 0
        self._poll = select.poll()

    def register(self, sock: socket.socket, events: int) -> None:
        self._poll.register(sock, events)

    def poll(self) -> list[tuple[int, int]]:
        self.polls += 1
        return self._poll.poll()


class Bench:
    """A server on a free port, and what its threads do."""

    def __init__(self) -> None:
        [listening] = listen_tcp("127.0.0.1", 0, 64)
        self.address = listening.getsockname()
        self.most_at_once = 0
        self.held = threading.Event()
        self._at_once = 0
        self._lock = threading.Lock()
        self.server = Server([listening], self.respond)
        self.server.start()

    def respond(self, path: str, headers: Mapping[str, str]) -> Answer:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        if path == "/held":
            self.held.wait(PATIENCE)
        with self._lock:
            self._at_once -= 1
        return text(HTTPStatus.OK, path)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, PATIENCE)

    def get(self, path: str) -> Reply:
        with self.connect() as client:
            client.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
            return parse(read_all(client))


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.held.set()
    bench.server.stop()


def http_threads() -> int:
    return sum(thread.name == "http" for thread in threading.enumerate())


def test_requests_are_answered(bench: Bench) -> None:
    assert [bench.get(path).body for path in ("/a", "/b")] == ["/a\n", "/b\n"]


def test_one_that_is_held_up_does_not_hold_up_others(bench: Bench) -> None:
    with bench.connect() as slow:
        slow.sendall(b"GET /held HTTP/1.1\r\n\r\n")
        assert bench.get("/livez").status == 200
        bench.held.set()
        assert parse(read_all(slow)).body == "/held\n"


def test_who_says_nothing_makes_way_for_others_the_first_one_first(
    bench: Bench,
) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(bench.connect()) for _ in range(MOST_CONNECTIONS)]
        # The thread that accepts has its own.
        until(lambda: http_threads() == MOST_CONNECTIONS + 1, "all are accepted")
        assert bench.get("/livez").status == 200
        assert read_all(silent[0]) == b""
        silent[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            silent[-1].recv(1)


def test_there_are_never_more_threads_than_places(bench: Bench) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(bench.connect()) for _ in range(40)]
        for client in clients:
            client.sendall(b"GET /held HTTP/1.1\r\n\r\n")
        until(lambda: bench.most_at_once == MOST_CONNECTIONS, "all places are taken")
        assert http_threads() == MOST_CONNECTIONS + 1
        bench.held.set()
        until(lambda: http_threads() == 1, "all are answered, or ended")
    assert bench.most_at_once == MOST_CONNECTIONS


def test_all_that_are_pending_are_accepted_before_it_waits_for_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poll = CountingPoll()
    fake = SimpleNamespace(
        poll=lambda: poll, select=select.select, POLLIN=select.POLLIN
    )
    monkeypatch.setattr(server_module, "select", fake)
    [listening] = listen_tcp("127.0.0.1", 0, 64)
    server = Server([listening], lambda path, _: text(HTTPStatus.OK, path))
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(listening.getsockname()))
            for _ in range(8)
        ]
        for client in clients:
            client.sendall(b"GET /a HTTP/1.1\r\n\r\n")
        server.start()
        assert [parse(read_all(client)).body for client in clients] == ["/a\n"] * 8
    server.stop()
    # At once, and for what comes then: the end.
    assert poll.polls <= 2


def test_a_server_that_has_stopped_listens_no_more(bench: Bench) -> None:
    bench.server.stop()
    with pytest.raises(ConnectionRefusedError):
        bench.connect()


def test_a_stop_does_not_wait_for_places(bench: Bench) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS + 1):
            client = stack.enter_context(bench.connect())
            client.sendall(b"GET /held HTTP/1.1\r\n\r\n")
        until(lambda: bench.most_at_once == MOST_CONNECTIONS, "all places are taken")
        bench.server.stop()
        assert not bench.held.is_set()
