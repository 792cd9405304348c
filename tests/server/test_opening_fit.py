"""Opening a server that must be of a kind, and one that has several addresses."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pgpool_py.net.address import Address, unix_socket_path
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.resolver import Answer, Resolver
from pgpool_py.net.socket_options import TcpOptions
from pgpool_py.reasons import Reason
from pgpool_py.server.opening import (
    TERMINATE,
    Destination,
    Opened,
    Opening,
    OpeningFailed,
)
from pgwire.backend import DataRow
from pgwire.server_secret import ServerSecret
from pgwire.session_attrs import TargetSessionAttrs
from tests.fixtures.hand import Clock, Wire, turn
from tests.fixtures.messages import READY, done, query, refused, welcome

PRIMARY = TargetSessionAttrs.PRIMARY
STANDBY = TargetSessionAttrs.STANDBY
IN_RECOVERY = query("SELECT pg_catalog.pg_is_in_recovery()")


class Door:
    """A listening socket, and the openings that the test sends there."""

    def __init__(
        self, reactor: Reactor, resolver: Resolver, directory: Path, stack: ExitStack
    ) -> None:
        self.reactor = reactor
        self.resolver = resolver
        self.directory = str(directory)
        self.stack = stack
        self.outcomes: list[Opened | OpeningFailed] = []
        self.listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        self.listening.bind(unix_socket_path(self.directory, 5432))
        self.listening.listen()

    def open(self, wanted: TargetSessionAttrs, connect_query: str = "") -> Wire:
        """Begin, and return the far end with the startup packet taken away."""
        destination = Destination(
            self.directory, 5432, "ann", ServerSecret(), {}, connect_query, wanted
        )
        opening = Opening(
            self.reactor,
            TcpOptions(),
            destination,
            lambda opening, outcome: self.outcomes.append(outcome),
        )
        opening.start(self.resolver)
        turn(self.reactor)
        wire = Wire(self.listening.accept()[0])
        self.stack.callback(wire.close)
        wire.received()
        return wire

    def say(self, wire: Wire, data: bytes) -> None:
        wire.send(data)
        turn(self.reactor)

    def opened(self) -> bool:
        (outcome,) = self.outcomes
        assert isinstance(outcome, Opened)
        outcome.stream.close()
        return True

    def failed(self) -> str:
        (outcome,) = self.outcomes
        assert isinstance(outcome, OpeningFailed)
        assert outcome.reason is Reason.HOST_UNFIT
        return outcome.text


@pytest.fixture
def door(
    reactor: Reactor, idle_loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> Iterator[Door]:
    with ExitStack() as stack:
        yield Door(reactor, Resolver(idle_loop), tmp_path, stack)


# What it is


def test_a_server_that_reports_to_be_what_is_wanted_is_opened(door: Door) -> None:
    wire = door.open(STANDBY)
    door.say(wire, welcome(changed={"in_hot_standby": "on"}))
    assert wire.received() == b""
    assert door.opened()


def test_one_that_reports_something_else_is_left(door: Door) -> None:
    wire = door.open(PRIMARY)
    door.say(wire, welcome(changed={"in_hot_standby": "on"}))
    assert door.failed() == "server is in hot standby mode"
    assert wire.received() == TERMINATE
    assert wire.ended


def test_an_older_one_is_asked_in_front_of_the_connect_query(door: Door) -> None:
    wire = door.open(PRIMARY, "SET role app")
    door.say(wire, welcome())
    assert wire.received() == IN_RECOVERY
    door.say(wire, DataRow((b"f",)).encode() + done())
    assert wire.received() == query("SET role app")
    door.say(wire, done("SET"))
    assert door.opened()


def test_an_older_one_may_not_be_what_is_wanted(door: Door) -> None:
    wire = door.open(PRIMARY)
    door.say(wire, welcome())
    door.say(wire, DataRow((b"t",)).encode() + done())
    assert door.failed() == "server is in hot standby mode"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (refused("no such function", "42883") + READY, "no such function"),
        (done(), "it does not say"),
        (DataRow((None,)).encode() + done(), "it does not say"),
        (DataRow(()).encode() + done(), "it does not say"),
    ],
)
def test_one_that_does_not_say_what_it_is_does_not_fit(
    door: Door, answer: bytes, why: str
) -> None:
    wire = door.open(PRIMARY)
    door.say(wire, welcome())
    door.say(wire, answer)
    assert door.failed() == f"target_session_attrs cannot be checked: {why}"


# Addresses


class Names(Resolver):
    """A resolver whose one answer the test gives."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, addresses: list[Address]
    ) -> None:
        super().__init__(loop)
        self.addresses = addresses

    def resolve(self, host: str, port: int, then: Callable[[Answer], None]) -> None:
        then(list(self.addresses))


@pytest.fixture
def deaf() -> Iterator[Address]:
    """Return an address whose queue of connections is full: none is answered."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        host, port = listening.getsockname()
        yield host, port


def test_an_address_that_does_not_answer_has_its_share_of_the_time(
    door: Door,
    deaf: Address,
    reactor: Reactor,
    clock: Clock,
    idle_loop: asyncio.AbstractEventLoop,
) -> None:
    path = unix_socket_path(door.directory, 5432)
    names = Names(idle_loop, [deaf, path])
    opening = Opening(
        reactor,
        TcpOptions(),
        Destination("db", 5432, "ann", ServerSecret(), {}, ""),
        lambda opening, outcome: door.outcomes.append(outcome),
    )
    opening.start(names)
    turn(reactor)
    opening.check_deadline(clock.now + 7.4, 15.0)
    door.listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        door.listening.accept()
    opening.check_deadline(clock.now + 7.5, 15.0)
    turn(reactor)
    wire = Wire(door.listening.accept()[0])
    door.stack.callback(wire.close)
    door.say(wire, welcome())
    (outcome,) = door.outcomes
    assert isinstance(outcome, Opened)
    assert outcome.address == path
    assert door.opened()
