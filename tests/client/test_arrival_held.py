"""A client at the door that has to wait: for a look-up, or for a slow check."""

import pytest

from pgpool_py import errors
from pgpool_py.client.arrival import MOST_UNREAD, Arrival
from pgpool_py.client.repeats import Repeated
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import Stream
from pgwire.frontend import PasswordMessage
from pgwire.scram import derive
from tests.client.test_arrival import (
    PASSWORD,
    STARTUP,
    VISITOR,
    Doorstep,
    FakeDoor,
)
from tests.fixtures.hand import NewWire, turn
from tests.fixtures.messages import kinds, told


@pytest.fixture
def step(reactor: Reactor, new_wire: NewWire) -> Doorstep:
    ours, client = new_wire()
    door = FakeDoor()
    arrival = Arrival(door, VISITOR)
    arrival.begin(Stream(reactor, ours, arrival))
    return Doorstep(reactor, door, arrival, client)


def test_a_login_goes_on_when_its_secret_is_found(step: Doorstep) -> None:
    step.door.holds = True
    assert step.send(STARTUP) == b""
    assert step.send(PASSWORD) == b""
    step.door.holds = False
    assert step.door.held is not None
    step.door.held()
    # The request, and what the password that had come already is answered with
    assert kinds(step.send(b"")) == "RR"
    assert step.door.calls == ["enter"]


def test_a_refusal_may_come_late(step: Doorstep) -> None:
    step.door.holds = True
    step.door.refused = errors.login_rejected()
    step.send(STARTUP)
    assert step.door.held is not None
    step.door.held()
    assert told(step.client.received()) == ("FATAL", "28000", "login rejected")
    assert step.client.ended


def test_whoever_leaves_meanwhile_is_forgotten(step: Doorstep) -> None:
    step.door.holds = True
    step.send(STARTUP)
    step.client.close()
    turn(step.reactor)
    assert step.door.calls == ["drop", "leave", "gone"]
    assert step.door.held is not None
    step.door.held()
    assert step.door.calls == ["drop", "leave", "gone"]


def test_nobody_fills_our_memory_meanwhile(step: Doorstep) -> None:
    step.door.holds = True
    step.send(STARTUP)
    answer = b""
    for _ in range(MOST_UNREAD // 8192 + 2):
        step.client.send(bytes(8192))
        turn(step.reactor)
        answer += step.client.received()
        if answer:
            break
    assert told(answer) == ("FATAL", "08P01", "password too long")


def test_a_slow_check_waits_for_its_turn(step: Doorstep) -> None:
    step.door.secret = derive("secret", b"salt of sixteen!", 2).format()
    step.send(STARTUP)
    step.door.holds = True
    assert step.send(PASSWORD) == b""
    assert step.door.calls == ["slow"]
    assert step.door.held is not None
    step.door.held()
    assert kinds(step.send(b"")) == "R"
    assert step.door.calls == ["slow", "enter"]


def test_of_many_failures_the_log_tells_how_many_there_were(
    step: Doorstep, caplog: pytest.LogCaptureFixture
) -> None:
    repeats, what = step.arrival.visitor.wishes.repeats, Repeated.FAILED_LOGINS
    while repeats.admit(what):
        pass
    step.send(STARTUP)
    step.send(PasswordMessage(b"wrong").encode())
    assert caplog.messages == []
    assert "(not shown before: 2 failed logins)" in repeats.behind(what)
