"""A connector ends in one of its callbacks, later, or in none once cancelled."""

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from pgpool_py.net.address import Address
from pgpool_py.net.connector import Connector, connect
from pgpool_py.net.listening import listen_tcp, listen_unix
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.socket_options import TcpOptions
from pgpool_py.net.stream import Stream
from tests.net.fakes import FakeHandler, SpyPoller

Keep = Callable[[socket.socket], socket.socket]


class Attempt:
    """A connector and what it told."""

    def __init__(
        self,
        reactor: Reactor,
        keep: Keep,
        address: Address,
        options: TcpOptions | None = None,
    ) -> None:
        self._keep = keep
        self._reactor = reactor
        self.connected: list[socket.socket] = []
        self.failed: list[OSError] = []
        self.connector: Connector = connect(
            reactor,
            address,
            self._on_connected,
            self._on_failed,
            options or TcpOptions(),
        )

    def _on_connected(self, sock: socket.socket) -> None:
        self.connected.append(self._keep(sock))
        self._reactor.stir()

    def _on_failed(self, error: OSError) -> None:
        self.failed.append(error)
        self._reactor.stir()

    def wait(self) -> None:
        """Serve the reactor until the attempt has ended."""
        if not self.connected and not self.failed:
            self._reactor.select(5)
        assert self.connected or self.failed, "the attempt did not end in 5 s"


@pytest.fixture
def tcp_address(keep: Keep) -> Address:
    [listening] = listen_tcp("127.0.0.1", 0, 16)
    host, port = keep(listening).getsockname()
    return host, port


@pytest.fixture
def closed_address() -> Address:
    """Return the address of a socket that is bound, so nobody else's, and closed."""
    [listening] = listen_tcp("127.0.0.1", 0, 16)
    host, port = listening.getsockname()
    listening.close()
    return host, port


def test_a_tcp_connection_comes_up(
    reactor: Reactor, keep: Keep, tcp_address: Address
) -> None:
    attempt = Attempt(reactor, keep, tcp_address)
    assert attempt.connected == []
    attempt.wait()
    [sock] = attempt.connected
    assert sock.getpeername() == tcp_address
    assert not sock.getblocking()
    assert attempt.failed == []
    assert attempt.connector.address == tcp_address
    # The reactor has let go of it: it can be watched anew.
    stream = Stream(reactor, sock, FakeHandler())
    reactor.select(0)
    stream.close()


def test_an_ipv6_connection_comes_up_where_there_is_ipv6(
    reactor: Reactor, keep: Keep
) -> None:
    try:
        [listening] = listen_tcp("::1", 0, 16)
    except OSError:
        address: Address = ("::1", 1)
    else:
        address = ("::1", keep(listening).getsockname()[1])
    attempt = Attempt(reactor, keep, address)
    attempt.wait()
    assert len(attempt.connected) == (address != ("::1", 1))


def test_a_unix_connection_comes_up_but_not_before_connect_returns(
    reactor: Reactor, keep: Keep, tmp_path: Path
) -> None:
    keep(listen_unix(str(tmp_path), 5432, 0o777, 16))
    path = str(tmp_path / ".s.PGSQL.5432")
    attempt = Attempt(reactor, keep, path)
    assert attempt.connected == []
    reactor.select(0)
    [sock] = attempt.connected
    assert sock.getpeername() == path
    assert not sock.getblocking()


def test_the_options_are_set_before_it_is_handed_over(
    reactor: Reactor, keep: Keep, tcp_address: Address
) -> None:
    attempt = Attempt(reactor, keep, tcp_address, TcpOptions(socket_buffer=20000))
    attempt.wait()
    [sock] = attempt.connected
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) in (20000, 40000)


def test_a_refused_tcp_connection_names_the_address(
    reactor: Reactor, keep: Keep, closed_address: tuple[str, int]
) -> None:
    attempt = Attempt(reactor, keep, closed_address)
    attempt.wait()
    [error] = attempt.failed
    assert isinstance(error, ConnectionRefusedError)
    assert error.filename == f"127.0.0.1:{closed_address[1]}"
    assert attempt.connected == []


def test_a_failure_known_at_once_is_told_before_the_reactor_waits(
    reactor: Reactor, poller: SpyPoller, keep: Keep, tmp_path: Path
) -> None:
    path = str(tmp_path / ".s.PGSQL.5432")
    attempt = Attempt(reactor, keep, path)
    assert attempt.failed == []
    seen: list[int] = []
    poller.on_poll = lambda: seen.append(len(attempt.failed))
    reactor.select(0)
    assert seen == [1]
    [error] = attempt.failed
    assert isinstance(error, FileNotFoundError)
    assert error.filename == f"unix:{path}"


def test_a_dead_unix_socket_refuses(
    reactor: Reactor, keep: Keep, tmp_path: Path
) -> None:
    listen_unix(str(tmp_path), 5432, 0o777, 16).close()
    attempt = Attempt(reactor, keep, str(tmp_path / ".s.PGSQL.5432"))
    reactor.select(0)
    assert [error.errno for error in attempt.failed] == [errno.ECONNREFUSED]


def test_a_full_listen_queue_of_a_unix_socket_is_a_failure(
    reactor: Reactor, keep: Keep, tmp_path: Path
) -> None:
    keep(listen_unix(str(tmp_path), 5432, 0o777, backlog=0))
    path = str(tmp_path / ".s.PGSQL.5432")
    attempts = [Attempt(reactor, keep, path) for _ in range(4)]
    reactor.select(0)
    failed = [error.errno for attempt in attempts for error in attempt.failed]
    connected = [sock for attempt in attempts for sock in attempt.connected]
    assert failed
    assert set(failed) == {errno.EAGAIN}
    assert len(connected) + len(failed) == 4
    # Those said to be connected are.
    assert {sock.getpeername() for sock in connected} == {path}


def test_a_path_that_is_too_long_is_a_failure(reactor: Reactor, keep: Keep) -> None:
    attempt = Attempt(reactor, keep, "/" + "x" * 200)
    reactor.select(0)
    [error] = attempt.failed
    assert "too long" in str(error)
    assert error.filename.endswith("xxx")


def test_an_option_that_the_kernel_refuses_is_a_failure(
    reactor: Reactor, keep: Keep, tcp_address: Address
) -> None:
    attempt = Attempt(reactor, keep, tcp_address, TcpOptions(keepcnt=1000))
    reactor.select(0)
    assert [error.errno for error in attempt.failed] == [errno.EINVAL]


def test_a_cancelled_attempt_tells_nothing(
    reactor: Reactor, keep: Keep, tcp_address: Address, tmp_path: Path
) -> None:
    attempts = [
        Attempt(reactor, keep, tcp_address),
        Attempt(reactor, keep, str(tmp_path / "absent")),
    ]
    for attempt in attempts:
        attempt.connector.cancel()
        attempt.connector.cancel()
    # The kernel has its answer by now, and the descriptor is closed.
    reactor.select(0)
    reactor.select(0)
    for attempt in attempts:
        assert attempt.connected == []
        assert attempt.failed == []


def test_a_connected_socket_is_the_callers_and_survives_a_late_cancel(
    reactor: Reactor, keep: Keep, tcp_address: Address
) -> None:
    attempt = Attempt(reactor, keep, tcp_address)
    attempt.wait()
    attempt.connector.cancel()
    [sock] = attempt.connected
    assert sock.getpeername() == tcp_address


def test_a_failure_may_lead_to_another_attempt_without_keeping_the_loop(
    reactor: Reactor, poller: SpyPoller, keep: Keep, tmp_path: Path
) -> None:
    path = str(tmp_path / "absent")
    attempts: list[OSError] = []
    connected: list[socket.socket] = []

    def again(error: OSError) -> None:
        attempts.append(error)
        if len(attempts) < 1000:
            connect(reactor, path, connected.append, again, TcpOptions())

    connect(reactor, path, connected.append, again, TcpOptions())
    reactor.select(0)
    assert 1 <= len(attempts) <= 3
    # And it does not wait while one is to be told.
    reactor.select(0)
    assert set(poller.timeouts) == {0}


def test_a_callback_that_raises_is_reported_and_not_called_again(
    reactor: Reactor, keep: Keep, tcp_address: Address
) -> None:
    reported: list[Exception] = []
    reactor.on_fault = reported.append
    calls: list[socket.socket] = []

    def fail(sock: socket.socket) -> None:
        calls.append(keep(sock))
        reactor.stir()
        raise ValueError("broken")

    def refuse(error: OSError) -> None:
        raise error

    connect(reactor, tcp_address, fail, refuse, TcpOptions())
    reactor.select(5)
    reactor.select(0)
    assert len(calls) == 1
    assert [str(error) for error in reported] == ["broken"]


def test_a_failed_attempt_leaves_no_descriptor_open(
    reactor: Reactor, keep: Keep, closed_address: Address, tmp_path: Path
) -> None:
    before = os.listdir("/dev/fd")
    for address in (closed_address, str(tmp_path / "absent")):
        Attempt(reactor, keep, address).wait()
    assert os.listdir("/dev/fd") == before
