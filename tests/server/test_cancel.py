"""One CancelRequest, sent to a listening socket of the test's."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgpool_py.net.reactor import Reactor
from pgpool_py.net.socket_options import TcpOptions
from pgpool_py.server.cancel import ServerCancel
from pgwire.startup import CancelRequest
from tests.fixtures.hand import Wire, turn

REQUEST = CancelRequest(77, b"key!")


class Told:
    """Takes the end of a cancel."""

    def __init__(self) -> None:
        self.taken: list[bool] = []

    def __call__(self, cancel: ServerCancel, taken: bool) -> None:
        self.taken.append(taken)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "s")


@pytest.fixture
def listening(path: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(path)
        sock.listen()
        yield sock


def begin(reactor: Reactor, path: str, told: Told) -> ServerCancel:
    return ServerCancel(reactor, TcpOptions(), path, REQUEST, told)


def test_the_request_is_sent_and_the_end_of_the_connection_awaited(
    reactor: Reactor, path: str, listening: socket.socket
) -> None:
    told = Told()
    cancel = begin(reactor, path, told)
    assert [cancel.sent] == [False]
    turn(reactor)
    assert [cancel.sent] == [True]
    wire = Wire(listening.accept()[0])
    # length 16, code 80877102, process id 77, key
    assert wire.received() == b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x4dkey!"
    turn(reactor)
    assert told.taken == []
    wire.close()
    turn(reactor)
    assert told.taken == [True]


def test_bytes_before_the_end_are_ignored(
    reactor: Reactor, path: str, listening: socket.socket
) -> None:
    told = Told()
    begin(reactor, path, told)
    turn(reactor)
    wire = Wire(listening.accept()[0])
    wire.send(b"who is there?" * 100)
    turn(reactor)
    assert told.taken == []
    wire.close()
    turn(reactor)
    assert told.taken == [True]


def test_a_server_that_cannot_be_reached_took_nothing(
    reactor: Reactor, path: str
) -> None:
    told = Told()
    cancel = begin(reactor, path, told)
    turn(reactor)
    assert told.taken == [False]
    assert not cancel.sent


def test_a_cancel_that_was_given_up_ends_once(
    reactor: Reactor, path: str, listening: socket.socket
) -> None:
    told = Told()
    cancel = begin(reactor, path, told)
    turn(reactor)
    wire = Wire(listening.accept()[0])
    cancel.give_up()
    cancel.give_up()
    turn(reactor)
    assert told.taken == [False]
    wire.received()
    assert wire.ended
    wire.close()


def test_a_cancel_can_be_given_up_before_it_is_connected(
    reactor: Reactor, path: str, listening: socket.socket
) -> None:
    told = Told()
    begin(reactor, path, told).give_up()
    turn(reactor)
    assert told.taken == [False]


def test_a_defect_of_ours_means_that_nobody_knows(
    reactor: Reactor, path: str, listening: socket.socket
) -> None:
    told = Told()
    cancel = begin(reactor, path, told)
    turn(reactor)
    cancel.on_fault(ValueError("broken"))
    assert told.taken == [False]
