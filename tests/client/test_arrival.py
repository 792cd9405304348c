"""A client at the door: startup packets, passwords, and what is refused."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pgpool_py import errors
from pgpool_py.client.arrival import MOST_UNREAD, Arrival
from pgpool_py.client.door import AtDoor, Visitor
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.scratch import Scratch
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgwire.client_login import AuthMethod, Challenge, ClientLogin
from pgwire.frontend import PasswordMessage
from pgwire.startup import (
    CancelRequest,
    GSSENCRequest,
    SSLRequest,
    StartupMessage,
)
from tests.fixtures.hand import NewWire, Wire, turn
from tests.fixtures.messages import kinds, query, split, told

STARTUP = StartupMessage(0, {"user": "alice", "database": "app"}).encode()
PASSWORD = PasswordMessage(b"secret").encode()
CHALLENGE = Challenge(b"salt", "nonce", b"m" * 32)
VISITOR = Visitor(5, "127.0.0.1", 50000, "127.0.0.1", 6432, 1000.0, 0.0)


@dataclass(eq=False)
class FakeDoor:
    """Lets everybody in who knows the password, and is their entry as well."""

    method: AuthMethod = AuthMethod.PLAIN
    startups: list[StartupMessage] = field(default_factory=list)
    cancels: list[CancelRequest] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    refusal: errors.PoolerError | None = None
    refused: errors.PoolerError | None = None
    stale: errors.PoolerError | None = None
    newest_minor: int = 2
    scratch: Scratch = field(default_factory=lambda: Scratch(0))
    kept: Stream | None = None
    keeps: bool = False
    tls: ssl.SSLContext | None = None
    requires_tls: bool = False
    login: ClientLogin = field(init=False)
    secret: str | None = "secret"
    holds: bool = False
    held: Callable[[], None] | None = None

    def open(self, arrival: AtDoor, startup: StartupMessage) -> "FakeDoor":
        if self.refusal is not None:
            raise self.refusal
        self.startups.append(startup)
        self.login = ClientLogin(self.method, startup.user, self.secret, CHALLENGE)
        return self

    @property
    def proof(self) -> "FakeDoor":
        return self

    def begin(self, then: Callable[[ClientLogin | errors.PoolerError], None]) -> None:
        self._hold(lambda: then(self.refused or self.login))

    def drop(self) -> None:
        if self.held is not None:
            self.calls.append("drop")

    def renew(self) -> errors.PoolerError | None:
        self.calls.append("renew")
        return self.stale

    def take_turn(self, arrival: AtDoor, work: Callable[[], None]) -> None:
        self.calls.append("slow")
        self._hold(work)

    def _hold(self, work: Callable[[], None]) -> None:
        if self.holds:
            self.held = work
        else:
            work()

    def cancel(self, request: CancelRequest, stream: Stream, visitor: Visitor) -> bool:
        assert visitor is VISITOR
        self.cancels.append(request)
        self.kept = stream if self.keeps else None
        return self.keeps

    def on_gone(self, arrival: AtDoor) -> None:
        self.calls.append("gone")

    def enter(self, stream: Stream, last: bytes) -> None:
        stream.gather(last)
        self.calls.append("enter")

    def leave(self) -> None:
        self.calls.append("leave")


@dataclass(eq=False)
class Doorstep:
    reactor: Reactor
    door: FakeDoor
    arrival: Arrival
    client: Wire

    def send(self, data: bytes) -> bytes:
        """Send, and return what is answered."""
        self.client.send(data)
        turn(self.reactor)
        return self.client.received()

    def enters(self) -> bool:
        return self.arrival.entering


@pytest.fixture
def step(reactor: Reactor, new_wire: NewWire) -> Doorstep:
    ours, client = new_wire()
    door = FakeDoor()
    arrival = Arrival(door, VISITOR)
    arrival.begin(Stream(reactor, ours, arrival))
    return Doorstep(reactor, door, arrival, client)


# In


def test_a_client_that_knows_the_password_enters(step: Doorstep) -> None:
    assert kinds(step.send(STARTUP)) == "R"
    assert not step.enters()
    # AuthenticationOk: length 8, code 0
    assert step.send(PASSWORD) == b"R\0\0\0\x08\0\0\0\0"
    assert step.enters()
    assert step.door.calls == ["enter"]
    assert step.door.startups[0].database == "app"


def test_the_log_knows_it_by_the_names_it_gives(step: Doorstep) -> None:
    assert str(step.arrival) == "C-0x5: (nodb)/(nouser)@127.0.0.1:50000"
    step.send(STARTUP)
    assert str(step.arrival) == "C-0x5: app/alice@127.0.0.1:50000"


def test_it_enters_byte_by_byte_as_well(step: Doorstep) -> None:
    answers = b"".join(step.send(bytes((byte,))) for byte in STARTUP + PASSWORD)
    assert kinds(answers) == "RR"
    assert step.door.calls == ["enter"]


def test_what_came_with_the_connection_is_answered_at_once(
    reactor: Reactor, new_wire: NewWire
) -> None:
    ours, client = new_wire()
    client.send(STARTUP)
    arrival = Arrival(FakeDoor(), VISITOR)
    arrival.begin(Stream(reactor, ours, arrival))
    assert kinds(client.received()) == "R"


def test_under_trust_the_startup_packet_is_enough(step: Doorstep) -> None:
    step.door.method = AuthMethod.TRUST
    assert step.send(STARTUP) == b"R\0\0\0\x08\0\0\0\0"
    assert step.door.calls == ["enter"]


def test_who_has_arrived_is_forgotten_at_the_door(step: Doorstep) -> None:
    step.send(STARTUP + PASSWORD)
    step.arrival.arrived()
    assert step.door.calls == ["enter", "gone"]
    step.arrival.close(Reason.CLIENT_EOF)
    step.arrival.refuse(Reason.LOGIN_FAILED, errors.no_such_database("app"))
    assert step.door.calls == ["enter", "gone"]


@pytest.mark.parametrize("request_", [SSLRequest(), GSSENCRequest()])
def test_encryption_is_declined_and_the_login_goes_on(
    step: Doorstep, request_: SSLRequest | GSSENCRequest
) -> None:
    assert step.send(request_.encode()) == b"N"
    assert kinds(step.send(STARTUP)) == "R"


@pytest.mark.parametrize("minor", [0, 2])
def test_a_minor_that_is_spoken_is_taken_in_silence(step: Doorstep, minor: int) -> None:
    spoken = StartupMessage(minor, {"user": "alice"}).encode()
    assert kinds(step.send(spoken)) == "R"


def test_a_newer_minor_is_negotiated_down_to_ours(step: Doorstep) -> None:
    newer = StartupMessage(9999, {"user": "alice"}, {"_pq_.x": "1"}).encode()
    (kind, offer), (asked, _) = split(step.send(newer))
    assert (kind, asked) == ("v", "R")
    # Int32 protocol 3.2, Int32 number of unknown options, their names
    assert offer == b"\0\3\0\2" + b"\0\0\0\1" + b"_pq_.x\0"


def test_it_is_the_door_that_says_which_minor_is_ours(step: Doorstep) -> None:
    step.door.newest_minor = 0
    newer = StartupMessage(2, {"user": "alice"}).encode()
    (kind, offer), (asked, _) = split(step.send(newer))
    # Int32 protocol 3.0, Int32 number of unknown options
    assert (kind, offer, asked) == ("v", b"\0\3\0\0" + b"\0\0\0\0", "R")


@pytest.mark.parametrize("size", [4, 32, 256])
def test_a_cancel_request_may_have_a_key_of_any_size(step: Doorstep, size: int) -> None:
    request = CancelRequest(77, b"k" * size)
    assert step.send(request.encode()) == b""
    assert step.door.cancels == [request]


def test_the_connection_of_a_cancel_request_is_closed_at_once(step: Doorstep) -> None:
    assert step.send(CancelRequest(77, b"key!").encode()) == b""
    assert step.client.ended
    assert step.door.calls == ["gone"]


def test_unless_the_door_keeps_it(step: Doorstep) -> None:
    step.door.keeps = True
    assert step.send(CancelRequest(77, b"key!").encode()) == b""
    assert not step.client.ended
    assert step.door.calls == ["gone"]
    assert step.door.kept is not None
    step.door.kept.close()
    step.client.received()
    assert step.client.ended


@pytest.mark.parametrize("size", [0, 3, 257])
def test_and_of_no_other(step: Doorstep, size: int) -> None:
    # Int32 length, Int32 code 80877102, Int32 process id, the key
    packet = (12 + size).to_bytes(4, "big") + b"\x04\xd2\x16\x2e" + b"\0\0\0\x4d"
    answer = step.send(packet + b"k" * size)
    assert told(answer)[1] == "08P01"
    assert step.door.cancels == []
    assert step.client.ended


def test_a_cancel_request_is_passed_on_and_not_answered(step: Doorstep) -> None:
    request = CancelRequest(77, b"key!")
    assert step.send(request.encode()) == b""
    assert step.door.cancels == [request]
    assert step.client.ended
    assert step.door.calls == ["gone"]


# Refused


def test_a_wrong_password_is_refused(step: Doorstep) -> None:
    step.send(STARTUP)
    answer = step.send(PasswordMessage(b"wrong").encode())
    assert told(answer) == ("FATAL", "28P01", "password authentication failed")
    assert step.client.ended
    assert step.door.calls == ["leave", "gone"]


def test_what_the_door_says_is_passed_on(step: Doorstep) -> None:
    step.door.refusal = errors.no_more_connections(100)
    assert told(step.send(STARTUP)) == (
        "FATAL",
        "53300",
        "no more connections allowed (max_client_conn)",
    )
    assert step.door.calls == ["gone"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            b"GET / HTTP/1.1\r\n",
            "bad packet header: '47455420'",
            id="another protocol, at once",
        ),
        pytest.param(
            b"\0\0\0\x08\0\2\0\0", "old V2 protocol not supported", id="protocol 2"
        ),
        pytest.param(
            b"\0\0\0\x09\0\3\0\0\0", "no username supplied", id="no user name"
        ),
        pytest.param(
            SSLRequest().encode() + b"x",
            "received unencrypted data after SSL request",
            id="bytes behind an SSLRequest",
        ),
    ],
)
def test_a_broken_startup_packet_is_a_protocol_violation(
    step: Doorstep, data: bytes, message: str
) -> None:
    assert told(step.send(data)) == ("FATAL", "08P01", message)
    assert step.client.ended
    assert step.door.calls == ["gone"]


def test_a_password_too_long_is_not_waited_for(step: Doorstep) -> None:
    step.send(STARTUP)
    answer = step.send(b"p" + MOST_UNREAD.to_bytes(4, "big"))
    assert told(answer) == ("FATAL", "08P01", "password too long")


def test_another_message_instead_of_the_password_is_refused(step: Doorstep) -> None:
    step.send(STARTUP)
    assert told(step.send(query("SELECT 1")))[1] == "08P01"


@pytest.mark.parametrize("together", [True, False])
def test_nothing_may_be_sent_before_the_welcome(step: Doorstep, together: bool) -> None:
    step.send(STARTUP)
    if together:
        answer = step.send(PASSWORD + query("SELECT 1"))
    else:
        step.send(PASSWORD)
        answer = step.send(query("SELECT 1"))
    assert told(answer)[1:] == ("08P01", "client re-sent startup pkt")
    assert step.client.ended
    assert step.door.calls[-1] == "gone"


def test_what_is_sent_too_early_is_refused_and_never_lost(step: Doorstep) -> None:
    # The entry of a pool that is known already takes the stream at once.
    step.door.method = AuthMethod.TRUST
    answer = step.send(STARTUP + query("SELECT 1"))
    assert told(answer)[2] == "client re-sent startup pkt"
    assert "enter" not in step.door.calls


# The end


def test_a_client_that_vanishes_is_forgotten(step: Doorstep) -> None:
    step.send(STARTUP)
    step.client.close()
    turn(step.reactor)
    assert step.door.calls == ["leave", "gone"]


def test_a_client_can_be_refused_from_outside_once(step: Doorstep) -> None:
    for _ in range(2):
        step.arrival.refuse(
            Reason.CLIENT_LOGIN_TIMEOUT, errors.client_login_timeout(60.0)
        )
    assert told(step.client.received())[2] == "client_login_timeout"
    assert step.door.calls == ["gone"]


def test_a_defect_of_ours_closes_the_client(step: Doorstep) -> None:
    step.arrival.on_fault(ValueError("broken"))
    assert step.door.calls == ["gone"]


def test_a_defect_is_told_that_comes_with_the_connection(
    reactor: Reactor, new_wire: NewWire
) -> None:
    class Broken(FakeDoor):
        def open(self, arrival: AtDoor, startup: StartupMessage) -> FakeDoor:
            raise ValueError("broken")

    ours, client = new_wire()
    client.send(STARTUP)
    door = Broken()
    arrival = Arrival(door, VISITOR)
    stream = Stream(reactor, ours, arrival)
    with pytest.raises(ValueError, match="broken"):
        arrival.begin(stream)
    assert stream.closed
    assert door.calls == ["gone"]


# A reload


@pytest.mark.parametrize("held", [True, False])
def test_who_logs_in_may_have_to_prove_something_else_after_a_reload(
    step: Doorstep, *, held: bool
) -> None:
    step.door.holds = held
    step.send(STARTUP)
    step.arrival.reconsider()
    assert step.door.calls == ["renew"]
    step.door.stale = errors.database_reconfigured("app")
    step.arrival.reconsider()
    error = ("FATAL", "57P01", "database configuration changed")
    assert told(step.client.received()) == error
    assert step.door.calls[1:] == ["renew", *["drop"] * held, "leave", "gone"]


def test_who_has_said_nothing_and_who_is_in_have_not(step: Doorstep) -> None:
    step.arrival.reconsider()
    step.send(STARTUP + PASSWORD)
    step.arrival.reconsider()
    assert step.door.calls == ["enter"]
