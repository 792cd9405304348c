"""Listeners accept in batches, survive exhaustion, and clean up after themselves."""

import errno
import fcntl
import os
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pgpool_py.net.listener import MOST_ACCEPTS, Listener
from pgpool_py.net.listening import listen_tcp
from pgpool_py.net.reactor import Reactor
from tests.net.doors import Door
from tests.net.fakes import SpyPoller

Keep = Callable[[socket.socket], socket.socket]


@pytest.fixture
def door(reactor: Reactor, keep: Keep) -> Door:
    [listening] = listen_tcp("127.0.0.1", 0, 128)
    return Door(reactor, keep, listening)


class Failing(socket.socket):
    """A listening socket whose accept fails with the errors given."""

    def __init__(self, listening: socket.socket, codes: list[int]) -> None:
        super().__init__(fileno=listening.detach())
        self.setblocking(False)
        self.codes = codes
        self.calls = 0

    def accept(self) -> tuple[socket.socket, object]:
        self.calls += 1
        if self.codes:
            code = self.codes.pop(0)
            raise OSError(code, os.strerror(code))
        return super().accept()


@contextmanager
def no_descriptors_left() -> Iterator[None]:
    """Lower the limit to what is open, so that the next descriptor is refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# Accepting


def test_a_connection_is_accepted_without_blocking(
    reactor: Reactor, door: Door
) -> None:
    client = door.knock()
    reactor.select(0)
    [accepted] = door.accepted
    assert accepted.getpeername() == client.getsockname()
    assert not accepted.getblocking()
    assert fcntl.fcntl(accepted, fcntl.F_GETFL) & os.O_NONBLOCK
    assert fcntl.fcntl(accepted, fcntl.F_GETFD) & fcntl.FD_CLOEXEC


def test_one_event_accepts_a_batch_and_no_more(reactor: Reactor, door: Door) -> None:
    for _ in range(MOST_ACCEPTS + 3):
        door.knock()
    reactor.select(0)
    assert len(door.accepted) == MOST_ACCEPTS
    reactor.select(0)
    assert len(door.accepted) == MOST_ACCEPTS + 3
    reactor.select(0)
    assert len(door.accepted) == MOST_ACCEPTS + 3


def test_a_client_comes_with_both_addresses(reactor: Reactor, door: Door) -> None:
    client = door.knock()
    reactor.select(0)
    assert door.addresses == [(client.getsockname(), client.getpeername())]


def test_an_address_that_stands_for_several_is_not_said_to_be_the_clients(
    reactor: Reactor, keep: Keep
) -> None:
    [listening] = listen_tcp("0.0.0.0", 0, 128)
    door = Door(reactor, keep, listening)
    client = door.knock()
    reactor.select(0)
    assert door.addresses == [(client.getsockname(), None)]


def test_accept_is_not_called_when_nobody_is_left(reactor: Reactor, keep: Keep) -> None:
    [listening] = listen_tcp("127.0.0.1", 0, 128)
    counted = Failing(listening, [])
    door = Door(reactor, keep, counted)
    for _ in range(2):
        door.knock()
    reactor.select(0)
    assert len(door.accepted) == 2
    assert counted.calls == 2


def test_a_client_that_is_gone_already_is_passed_over(
    reactor: Reactor, keep: Keep
) -> None:
    [listening] = listen_tcp("127.0.0.1", 0, 128)
    door = Door(reactor, keep, Failing(listening, [errno.ECONNABORTED, errno.EPROTO]))
    door.knock()
    reactor.select(0)
    assert len(door.accepted) == 1
    assert door.exhausted == []
    assert door.listener.accepting


def test_a_callback_that_raises_does_not_end_the_listener(
    reactor: Reactor, keep: Keep
) -> None:
    reported: list[Exception] = []
    reactor.on_fault = reported.append
    accepted: list[socket.socket] = []

    def accept(sock: socket.socket, *_addresses: object) -> None:
        accepted.append(keep(sock))
        if len(accepted) == 1:
            raise ValueError("broken")

    [listening] = listen_tcp("127.0.0.1", 0, 128)
    listener = Listener(reactor, keep(listening), accept, reported.append)
    for _ in range(2):
        keep(socket.create_connection(listening.getsockname()))
    reactor.select(0)
    reactor.select(0)
    assert [str(error) for error in reported] == ["broken"]
    assert len(accepted) == 2
    listener.close()


def test_a_callback_may_close_the_listener(reactor: Reactor, keep: Keep) -> None:
    accepted: list[socket.socket] = []

    def accept(sock: socket.socket, *_addresses: object) -> None:
        accepted.append(keep(sock))
        listener.close()

    [listening] = listen_tcp("127.0.0.1", 0, 128)
    listener = Listener(reactor, keep(listening), accept, lambda _: None)
    for _ in range(2):
        keep(socket.create_connection(listening.getsockname()))
    reactor.select(0)
    reactor.select(0)
    assert len(accepted) == 1
    assert not listener.accepting


# Exhaustion


def test_without_descriptors_it_rests_until_resumed(
    reactor: Reactor, poller: SpyPoller, door: Door
) -> None:
    door.knock()
    with no_descriptors_left():
        reactor.select(0)
        [error] = door.exhausted
        assert error.errno == errno.EMFILE
        assert not door.listener.accepting
        # Neither spinning nor told again.
        reactor.select(0)
        assert poller.answers[-1] == []
        assert len(door.exhausted) == 1
    door.listener.resume()
    door.listener.resume()
    reactor.select(0)
    assert len(door.accepted) == 1


def test_exhaustion_after_a_resume_is_told_again(reactor: Reactor, door: Door) -> None:
    door.knock()
    with no_descriptors_left():
        reactor.select(0)
        door.listener.resume()
        reactor.select(0)
    assert len(door.exhausted) == 2


@pytest.mark.parametrize("code", [errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_the_systems_own_limits_are_exhaustion_too(
    reactor: Reactor, keep: Keep, code: int
) -> None:
    [listening] = listen_tcp("127.0.0.1", 0, 128)
    door = Door(reactor, keep, Failing(listening, [code]))
    door.knock()
    reactor.select(0)
    assert [error.errno for error in door.exhausted] == [code]
    assert door.accepted == []


def test_any_other_error_is_a_fault_and_does_not_repeat(
    reactor: Reactor, poller: SpyPoller, keep: Keep
) -> None:
    reported: list[Exception] = []
    reactor.on_fault = reported.append
    [listening] = listen_tcp("127.0.0.1", 0, 128)
    door = Door(reactor, keep, Failing(listening, [errno.EINVAL]))
    door.knock()
    reactor.select(0)
    reactor.select(0)
    assert poller.answers[-1] == []
    [error] = reported
    assert isinstance(error, OSError)
    assert error.errno == errno.EINVAL
    assert door.exhausted == []


def test_a_suspended_listener_leaves_clients_in_the_queue(
    reactor: Reactor, door: Door
) -> None:
    door.listener.suspend()
    door.listener.suspend()
    door.knock()
    reactor.select(0)
    assert door.accepted == []
    door.listener.resume()
    reactor.select(0)
    assert len(door.accepted) == 1


def test_a_closed_listener_refuses_and_stays_closed(
    reactor: Reactor, door: Door
) -> None:
    where = door.listener.socket.getsockname()
    door.listener.close()
    door.listener.close()
    door.listener.resume()
    reactor.select(0)
    assert not door.listener.accepting
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(where)


def test_a_tcp_listener_tells_its_address(door: Door) -> None:
    port = door.listener.socket.getsockname()[1]
    assert door.listener.address == f"127.0.0.1:{port}"
