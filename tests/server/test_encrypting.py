"""From clear text to TLS with a server: what it answers, and what is made of that."""

import ssl
from collections.abc import Callable

import pytest

from pgpool_py.net.handshake import Handshake
from pgpool_py.net.handshake import Outcome as HandshakeOutcome
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import Stream
from pgpool_py.net.tls import TlsStream
from pgpool_py.server.encrypting import Encrypting, NotEncrypted, Outcome, ServerTls
from pgwire.startup import SSLRequest
from tests.fixtures.certificates import Authority
from tests.fixtures.connections import IgnoringHandler
from tests.fixtures.hand import NewWire, turn

REQUEST = SSLRequest().encode()


class Attempt:
    """An attempt of ours, and the server's end of the connection."""

    def __init__(
        self, reactor: Reactor, new_wire: NewWire, tls: ServerTls, host: str
    ) -> None:
        self.reactor = reactor
        self.outcomes: list[Outcome] = []
        self.handler = IgnoringHandler()
        ours, self.wire = new_wire()
        stream = Stream(reactor, ours, IgnoringHandler())
        self.encrypting = Encrypting(
            stream, tls, host, self.handler, self.outcomes.append
        )

    def answer(self, data: bytes) -> Outcome | None:
        """Answer, and return what came of it, if anything did."""
        self.wire.send(data)
        turn(self.reactor)
        return self.outcomes[0] if self.outcomes else None

    def shake_hands(self, context: ssl.SSLContext) -> Outcome:
        """Be a server that speaks TLS; return what came of it."""
        served: list[HandshakeOutcome] = []
        Handshake(
            self.reactor, self.wire.socket, context, served.append, server_side=True
        )
        turn(self.reactor)
        if isinstance(served[0], ssl.SSLSocket):
            served[0].close()
        (outcome,) = self.outcomes
        return outcome


Begin = Callable[..., Attempt]


@pytest.fixture
def begin(reactor: Reactor, new_wire: NewWire, authority: Authority) -> Begin:
    def begin(
        *, required: bool = True, direct: bool = False, host: str = "pg.test"
    ) -> Attempt:
        context = authority.client_context()
        context.set_alpn_protocols(["postgresql"])
        return Attempt(reactor, new_wire, ServerTls(context, required, direct), host)

    return begin


def failure(outcome: Outcome | None) -> str:
    assert isinstance(outcome, NotEncrypted)
    return outcome.text


def test_it_asks_and_shakes_hands_after_yes(begin: Begin, authority: Authority) -> None:
    attempt = begin()
    assert attempt.wire.received() == REQUEST
    assert attempt.answer(b"S") is None
    outcome = attempt.shake_hands(authority.server_context("pg.test"))
    assert isinstance(outcome, TlsStream)
    assert outcome.handler is attempt.handler
    outcome.close()


def test_after_no_it_goes_on_in_clear_text_where_tls_is_preferred(begin: Begin) -> None:
    attempt = begin(required=False)
    outcome = attempt.answer(b"N")
    assert isinstance(outcome, Stream)
    assert not outcome.encryption
    assert outcome.handler is attempt.handler


def test_after_no_it_ends_where_tls_is_required(begin: Begin) -> None:
    attempt = begin()
    assert failure(attempt.answer(b"N")) == "server refused SSL"
    attempt.wire.received()
    assert attempt.wire.ended


@pytest.mark.parametrize("required", [True, False])
def test_an_error_in_place_of_an_answer_ends_it(begin: Begin, required: bool) -> None:
    attempt = begin(required=required)
    assert failure(attempt.answer(b"E")) == "server does not understand SSLRequest"


def test_an_end_in_place_of_an_answer_is_told(begin: Begin) -> None:
    attempt = begin(required=False)
    attempt.wire.close()
    turn(attempt.reactor)
    assert "closed the connection" in failure(attempt.outcomes[0])


def test_clear_text_behind_yes_is_no_handshake(begin: Begin) -> None:
    attempt = begin()
    # AuthenticationOk, put there by somebody who has no certificate
    outcome = attempt.answer(b"SR\0\0\0\x08\0\0\0\0")
    assert "TLS handshake failed" in failure(outcome)


def test_a_certificate_of_another_name_is_told(
    begin: Begin, authority: Authority
) -> None:
    attempt = begin(host="other.test")
    attempt.wire.received()
    attempt.answer(b"S")
    outcome = attempt.shake_hands(authority.server_context("pg.test"))
    assert "other.test" in failure(outcome)


def test_a_name_that_no_certificate_can_have_is_told(begin: Begin) -> None:
    attempt = begin(host="a" * 64 + ".test")
    assert "TLS cannot be begun" in failure(attempt.answer(b"S"))


# Direct


def test_direct_tls_asks_nothing(begin: Begin, authority: Authority) -> None:
    attempt = begin(direct=True)
    context = authority.server_context("pg.test")
    context.set_alpn_protocols(["postgresql"])
    turn(attempt.reactor)
    outcome = attempt.shake_hands(context)
    assert isinstance(outcome, TlsStream)
    outcome.close()


def test_then_the_server_must_know_that_it_is_postgresql(
    begin: Begin, authority: Authority
) -> None:
    attempt = begin(direct=True)
    turn(attempt.reactor)
    outcome = attempt.shake_hands(authority.server_context("pg.test"))
    assert "ALPN" in failure(outcome)


# End from outside


@pytest.mark.parametrize("answered", [b"", b"S"])
def test_a_cancelled_attempt_tells_nobody(begin: Begin, answered: bytes) -> None:
    attempt = begin()
    attempt.wire.received()
    if answered:
        attempt.answer(answered)
    attempt.encrypting.cancel()
    attempt.encrypting.cancel()
    turn(attempt.reactor)
    attempt.wire.received()
    assert attempt.wire.ended
    assert attempt.outcomes == []
