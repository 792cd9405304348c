"""A TLS handshake inside the reactor: its outcome, once, and nothing left open."""

import socket
import ssl
from collections.abc import Callable

import pytest

from pgpool_py.net.handshake import Handshake, Outcome
from pgpool_py.net.reactor import Reactor
from tests.fixtures.certificates import Authority
from tests.net.conftest import Pair
from tests.net.encrypted import turn_until

MakePair = Callable[[], Pair]


@pytest.fixture
def ends(pair: Pair) -> Pair:
    for end in pair:
        end.setblocking(False)
    return pair


def begin(
    reactor: Reactor, end: socket.socket, context: ssl.SSLContext, name: str | None
) -> tuple[Handshake, list[Outcome]]:
    outcomes: list[Outcome] = []
    handshake = Handshake(
        reactor,
        end,
        context,
        outcomes.append,
        server_side=name is None,
        server_hostname=name,
    )
    return handshake, outcomes


def test_both_sides_get_an_encrypted_socket(
    reactor: Reactor, ends: Pair, authority: Authority
) -> None:
    _, served = begin(reactor, ends[0], authority.server_context("pg.test"), None)
    _, asked = begin(reactor, ends[1], authority.client_context(), "pg.test")
    turn_until(reactor, lambda: bool(served and asked))
    (ours,), (theirs,) = served, asked
    assert isinstance(ours, ssl.SSLSocket)
    assert isinstance(theirs, ssl.SSLSocket)
    assert theirs.version() == "TLSv1.3"
    ours.close()
    theirs.close()


def test_a_certificate_of_another_name_fails_on_both_sides(
    reactor: Reactor, ends: Pair, authority: Authority
) -> None:
    _, served = begin(reactor, ends[0], authority.server_context("pg.test"), None)
    _, asked = begin(reactor, ends[1], authority.client_context(), "other.test")
    turn_until(reactor, lambda: bool(served and asked))
    assert isinstance(asked[0], ssl.SSLCertVerificationError)
    assert isinstance(served[0], OSError | ssl.SSLSocket)
    if isinstance(served[0], ssl.SSLSocket):
        # TLS 1.3: the server is done before the client has refused.
        served[0].close()


def test_what_is_no_handshake_fails(
    reactor: Reactor, ends: Pair, authority: Authority
) -> None:
    _, served = begin(reactor, ends[0], authority.server_context("pg.test"), None)
    ends[1].send(b"GET / HTTP/1.1\r\n\r\n")
    turn_until(reactor, lambda: bool(served))
    assert isinstance(served[0], ssl.SSLError)


def test_an_end_in_the_middle_fails(
    reactor: Reactor, ends: Pair, authority: Authority
) -> None:
    _, served = begin(reactor, ends[0], authority.server_context("pg.test"), None)
    ends[1].send(b"\x16\x03\x01")
    ends[1].close()
    turn_until(reactor, lambda: bool(served))
    assert isinstance(served[0], OSError)
    assert len(served) == 1


def test_one_that_is_cancelled_tells_nobody(
    reactor: Reactor, ends: Pair, authority: Authority
) -> None:
    handshake, served = begin(
        reactor, ends[0], authority.server_context("pg.test"), None
    )
    handshake.cancel()
    handshake.cancel()
    reactor.select(0)
    assert served == []
    assert ends[1].recv(1) == b""
