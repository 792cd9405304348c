"""A client at the door that asks for TLS, or begins with it."""

import ssl
from collections.abc import Iterator

import pytest

from pgpool_py import errors
from pgpool_py.client.arrival import Arrival
from pgpool_py.client.door import Visitor
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgwire.startup import GSSENCRequest, SSLRequest
from tests.client.test_arrival import PASSWORD, STARTUP, VISITOR, FakeDoor
from tests.fixtures.certificates import Authority
from tests.fixtures.hand import NewWire, Wire, turn
from tests.fixtures.messages import kinds, told

SSL = SSLRequest().encode()
GSS = GSSENCRequest().encode()
OK = b"R\0\0\0\x08\0\0\0\0"


class Caller:
    """A client that can speak TLS by OpenSSL's buffers, over a plain wire."""

    def __init__(
        self, reactor: Reactor, door: FakeDoor, arrival: Arrival, wire: Wire
    ) -> None:
        self.reactor = reactor
        self.door = door
        self.arrival = arrival
        self.wire = wire
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls: ssl.SSLObject | None = None

    def send(self, data: bytes) -> bytes:
        """Send in clear, and return what is answered in clear."""
        self.wire.send(data)
        turn(self.reactor)
        return self.wire.received()

    def begin(self, context: ssl.SSLContext) -> None:
        """Shake hands."""
        self.tls = context.wrap_bio(self._in, self._out, server_hostname="pg.test")
        for _ in range(10):
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self._exchange()
            else:
                self._exchange()
                return
        raise AssertionError("the handshake does not end")

    def _exchange(self) -> None:
        if self._out.pending:
            self.wire.send(self._out.read())
        turn(self.reactor)
        self._in.write(self.wire.received())

    def say(self, data: bytes) -> bytes:
        """Send encrypted, and return what is answered so."""
        assert self.tls is not None
        self.tls.write(data)
        self._exchange()
        answer = b""
        while True:
            try:
                piece = self.tls.read()
            except ssl.SSLWantReadError:
                return answer
            if not piece:
                return answer
            answer += piece


@pytest.fixture
def door(authority: Authority) -> FakeDoor:
    context = authority.server_context("pg.test")
    context.set_alpn_protocols(["postgresql"])
    return FakeDoor(tls=context)


def call(
    reactor: Reactor, new_wire: NewWire, door: FakeDoor, visitor: Visitor = VISITOR
) -> Caller:
    ours, wire = new_wire()
    arrival = Arrival(door, visitor)
    arrival.begin(Stream(reactor, ours, arrival))
    return Caller(reactor, door, arrival, wire)


@pytest.fixture
def caller(reactor: Reactor, new_wire: NewWire, door: FakeDoor) -> Iterator[Caller]:
    caller = call(reactor, new_wire, door)
    yield caller
    # The socket is OpenSSL's by now, and no longer the wire's to close.
    caller.arrival.close(Reason.CLIENT_EOF)


def direct(authority: Authority, *protocols: str) -> ssl.SSLContext:
    context = authority.client_context()
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


# Asked for


def test_who_asks_for_tls_logs_in_encrypted(
    caller: Caller, authority: Authority
) -> None:
    assert caller.send(SSL) == b"S"
    caller.begin(authority.client_context())
    assert kinds(caller.say(STARTUP)) == "R"
    assert caller.say(PASSWORD) == OK
    assert caller.arrival.encryption.startswith("TLSv1.3/")
    assert caller.door.calls == ["enter"]


def test_without_a_certificate_of_ours_the_answer_is_no(caller: Caller) -> None:
    caller.door.tls = None
    assert caller.send(SSL) == b"N"
    assert kinds(caller.send(STARTUP)) == "R"


def test_by_a_unix_socket_the_answer_is_no(
    reactor: Reactor, new_wire: NewWire, door: FakeDoor
) -> None:
    local = call(reactor, new_wire, door, Visitor(5, "unix", 6432, "unix", 6432, 0, 0))
    assert local.send(SSL) == b"N"


def test_gss_is_declined_and_tls_may_follow(
    caller: Caller, authority: Authority
) -> None:
    assert caller.send(GSS) == b"N"
    assert caller.send(SSL) == b"S"
    caller.begin(authority.client_context())
    assert kinds(caller.say(STARTUP)) == "R"


@pytest.mark.parametrize("request_again", [SSL, GSS], ids=["SSL", "GSS"])
def test_what_is_encrypted_cannot_be_encrypted_again(
    caller: Caller, authority: Authority, request_again: bytes
) -> None:
    caller.send(SSL)
    caller.begin(authority.client_context())
    severity, sqlstate, text = told(caller.say(request_again))
    assert (severity, sqlstate) == ("FATAL", "08P01")
    assert "asked for on an encrypted connection" in text


def test_clear_text_stuffed_behind_the_request_is_refused(caller: Caller) -> None:
    assert told(caller.send(SSL + STARTUP)) == (
        "FATAL",
        "08P01",
        "received unencrypted data after SSL request",
    )
    assert caller.wire.ended


def test_clear_text_after_the_answer_is_no_handshake(caller: Caller) -> None:
    assert caller.send(SSL) == b"S"
    # An alert of OpenSSL's may be all that comes.
    assert b"R" not in caller.send(STARTUP)[:1]
    assert caller.door.calls == ["gone"]


def test_one_that_leaves_in_the_handshake_is_gone(caller: Caller) -> None:
    caller.send(SSL)
    caller.wire.close()
    turn(caller.reactor)
    assert caller.door.calls == ["gone"]


def test_a_deadline_ends_a_handshake_that_stands_still(caller: Caller) -> None:
    caller.send(SSL)
    error = errors.client_login_timeout(60)
    caller.arrival.refuse(Reason.CLIENT_LOGIN_TIMEOUT, error)
    assert caller.wire.received() == b""
    assert caller.wire.ended


# Required


def test_where_tls_is_required_nobody_logs_in_without(caller: Caller) -> None:
    caller.door.requires_tls = True
    assert told(caller.send(STARTUP)) == ("FATAL", "28000", "SSL required")
    assert caller.door.startups == []


def test_a_unix_socket_needs_none(
    reactor: Reactor, new_wire: NewWire, door: FakeDoor
) -> None:
    door.requires_tls = True
    local = call(reactor, new_wire, door, Visitor(5, "unix", 6432, "unix", 6432, 0, 0))
    assert kinds(local.send(STARTUP)) == "R"


# Direct


def test_tls_may_begin_without_a_request(caller: Caller, authority: Authority) -> None:
    caller.begin(direct(authority, "postgresql"))
    assert kinds(caller.say(STARTUP)) == "R"


@pytest.mark.parametrize("protocols", [(), ("http/1.1",)], ids=["none", "another"])
def test_then_the_protocol_must_be_postgresql(
    caller: Caller, authority: Authority, protocols: tuple[str, ...]
) -> None:
    caller.begin(direct(authority, *protocols))
    turn(caller.reactor)
    assert caller.door.calls == ["gone"]
    assert caller.wire.ended


def test_where_there_is_no_tls_such_bytes_are_a_bad_packet(caller: Caller) -> None:
    caller.door.tls = None
    severity, sqlstate, _ = told(caller.send(b"\x16\x03\x01\x02\x00\x01"))
    assert (severity, sqlstate) == ("FATAL", "08P01")
