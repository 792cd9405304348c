"""What the tests of streams do to both ends of a connection."""

import os
import select
import socket

from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import Stream

# More than any test needs; a loop that comes here has failed.
MANY = 20_000


def drain(sock: socket.socket) -> bytes:
    """Read what is there."""
    found = bytearray()
    try:
        while piece := sock.recv(1 << 20):
            found += piece
    except BlockingIOError:
        pass
    return bytes(found)


def fill(stream: Stream) -> bytes:
    """Write until the kernel takes no more; return all that was written."""
    written = bytearray()
    for _ in range(MANY):
        piece = os.urandom(1000)
        stream.write(piece)
        written += piece
        if stream.backlog:
            return bytes(written)
    raise AssertionError("the kernel took everything")


def deliver(reactor: Reactor, stream: Stream, peer: socket.socket) -> bytes:
    """Read on the other side until the backlog is gone."""
    found = bytearray()
    for _ in range(MANY):
        found += drain(peer)
        if not stream.backlog:
            return bytes(found)
        reactor.select(0)
    raise AssertionError("the backlog does not go")


def wait_for_reset(sock: socket.socket) -> None:
    waiter = select.poll()
    waiter.register(sock, 0)
    assert waiter.poll(5000), "the reset did not come in 5 s"
