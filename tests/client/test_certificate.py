"""The names in the certificate of a client."""

import socket
import ssl
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from pgpool_py.auth.rules import Certificate
from pgpool_py.client.certificate import certificate_of
from pgpool_py.net.handshake import Handshake, Outcome
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import Stream
from pgpool_py.net.tls import TlsStream
from tests.fixtures.certificates import Authority
from tests.fixtures.connections import IgnoringHandler
from tests.fixtures.hand import turn

Meet = Callable[[ssl.VerifyMode, bool], Stream]


@pytest.fixture
def meet(reactor: Reactor, authority: Authority) -> Iterator[Meet]:
    """Return a maker of our stream to a client that may have a certificate."""
    ends: list[socket.socket] = []

    def make(mode: ssl.VerifyMode, has_one: bool) -> Stream:
        ours, theirs = authority.server_context("pg.test"), authority.client_context()
        ours.load_verify_locations(authority.ca_file)
        ours.verify_mode = mode
        if has_one:
            issued = authority.issue("a.test", "b.test", common_name="alice")
            theirs.load_cert_chain(issued.cert_file, issued.key_file)
        outcomes: dict[str, Outcome] = {}
        for name, end in zip(("ours", "theirs"), socket.socketpair(), strict=True):
            end.setblocking(False)
            Handshake(
                reactor,
                end,
                ours if name == "ours" else theirs,
                partial(outcomes.__setitem__, name),
                server_side=name == "ours",
                server_hostname=None if name == "ours" else "pg.test",
            )
        turn(reactor)
        for outcome in outcomes.values():
            assert isinstance(outcome, ssl.SSLSocket)
            ends.append(outcome)
        secured = outcomes["ours"]
        assert isinstance(secured, ssl.SSLSocket)
        return TlsStream(reactor, secured, IgnoringHandler())

    yield make
    for end in ends:
        end.close()


def test_common_name_and_dns_names_are_those_of_the_certificate(meet: Meet) -> None:
    stream = meet(ssl.CERT_REQUIRED, True)
    assert certificate_of(stream) == Certificate("alice", ("a.test", "b.test"))


def test_one_that_was_not_verified_counts_for_nothing(meet: Meet) -> None:
    assert certificate_of(meet(ssl.CERT_NONE, True)) is None


def test_whoever_has_none_has_no_names(meet: Meet) -> None:
    assert certificate_of(meet(ssl.CERT_OPTIONAL, False)) is None


def test_in_clear_there_is_none(reactor: Reactor) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    stream = Stream(reactor, ours, IgnoringHandler())
    assert certificate_of(stream) is None
    stream.close()
    theirs.close()
