"""Encrypted streams and what is done to them."""

import ssl
from collections.abc import Callable
from functools import partial

from pgpool_py.net.handshake import Handshake, Outcome
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import Handler
from pgpool_py.net.tls import TlsStream
from tests.fixtures.certificates import Authority
from tests.net.conftest import Pair

# More than any handshake needs.
_TURNS = 1000


def turn_until(reactor: Reactor, done: Callable[[], bool]) -> None:
    for _ in range(_TURNS):
        if done():
            return
        reactor.select(0.01)
    raise AssertionError("it does not come to that")


def secure(
    reactor: Reactor, pair: Pair, authority: Authority, handler: Handler
) -> tuple[TlsStream, ssl.SSLSocket]:
    """Make a stream of the first end; the other end is a socket that does not block."""
    outcomes: dict[str, Outcome] = {}
    for end in pair:
        end.setblocking(False)
    context = authority.server_context("pg.test")
    for name, end in zip(("server", "client"), pair, strict=True):
        Handshake(
            reactor,
            end,
            context if name == "server" else authority.client_context(),
            partial(outcomes.__setitem__, name),
            server_side=name == "server",
            server_hostname=None if name == "server" else "pg.test",
        )
    turn_until(reactor, lambda: len(outcomes) == len(pair))
    ours, theirs = outcomes["server"], outcomes["client"]
    assert isinstance(ours, ssl.SSLSocket)
    assert isinstance(theirs, ssl.SSLSocket)
    return TlsStream(reactor, ours, handler), theirs


def received(peer: ssl.SSLSocket, size: int, reactor: Reactor) -> bytes:
    """Read so much on the other side, turning the reactor meanwhile."""
    found = bytearray()
    for _ in range(_TURNS):
        if len(found) >= size:
            return bytes(found)
        try:
            found += peer.recv(1 << 16)
        except ssl.SSLWantReadError:
            reactor.select(0.01)
    raise AssertionError(f"{len(found)} bytes of {size} came")
