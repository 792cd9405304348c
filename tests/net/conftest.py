"""The reactor on each poller, and sockets that are closed after the test."""

import select
import selectors
import socket
import struct
from collections.abc import Callable, Iterator

import pytest

from pgpool_py.net.loop import ReactorLoop
from pgpool_py.net.poller import EpollPoller, Poller, SelectorPoller
from pgpool_py.net.reactor import Reactor
from tests.net.fakes import SpyPoller

Pair = tuple[socket.socket, socket.socket]


def poll_selector() -> Poller:
    return SelectorPoller(selectors.PollSelector())


POLLERS = [pytest.param(poll_selector, id="poll")]
if hasattr(select, "epoll"):
    POLLERS.append(pytest.param(EpollPoller, id="epoll"))


@pytest.fixture(params=POLLERS)
def new_poller(request: pytest.FixtureRequest) -> Callable[[], Poller]:
    factory: Callable[[], Poller] = request.param
    return factory


@pytest.fixture
def poller(new_poller: Callable[[], Poller]) -> Iterator[SpyPoller]:
    spy = SpyPoller(new_poller())
    yield spy
    spy.close()


@pytest.fixture
def reactor(poller: SpyPoller) -> Reactor:
    return Reactor(poller)


@pytest.fixture
def keep() -> Iterator[Callable[[socket.socket], socket.socket]]:
    """Return a function that closes its socket after the test, and hands it back."""
    kept: list[socket.socket] = []

    def keep_one(sock: socket.socket) -> socket.socket:
        kept.append(sock)
        return sock

    yield keep_one
    for sock in kept:
        sock.close()


@pytest.fixture
def loop(
    reactor: Reactor, keep: Callable[[socket.socket], socket.socket]
) -> Iterator[ReactorLoop]:
    # `keep` is named to be undone later: the loop's last turn still polls its sockets.
    loop = ReactorLoop(reactor)
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def new_pair(keep: Callable[[socket.socket], socket.socket]) -> Callable[[], Pair]:
    """Return a maker of connected, non-blocking Unix sockets."""

    def new() -> Pair:
        ours, theirs = socket.socketpair()
        for sock in (ours, theirs):
            keep(sock).setblocking(False)
        return ours, theirs

    return new


@pytest.fixture
def pair(new_pair: Callable[[], Pair]) -> Pair:
    return new_pair()


@pytest.fixture
def packets(keep: Callable[[socket.socket], socket.socket]) -> Pair:
    """Return connected sockets on which each receive gives what one send put."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for sock in (ours, theirs):
        keep(sock).setblocking(False)
    return ours, theirs


@pytest.fixture
def tcp_pair(keep: Callable[[socket.socket], socket.socket]) -> Pair:
    """Return connected TCP sockets; the second resets the connection when it closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = keep(socket.create_connection(server.getsockname()))
        theirs = keep(server.accept()[0])
    ours.setblocking(False)
    # l_onoff = 1, l_linger = 0: no orderly end, socket(7)
    linger = struct.pack("ii", 1, 0)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    return ours, theirs
