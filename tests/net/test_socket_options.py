"""What the operator chose is what the kernel has."""

import socket
from collections.abc import Callable

import pytest

from pgpool_py.net.socket_options import TcpOptions, apply, complete, hand_down

Keep = Callable[[socket.socket], socket.socket]


@pytest.fixture
def tcp(keep: Keep) -> socket.socket:
    return keep(socket.socket(socket.AF_INET, socket.SOCK_STREAM))


def tcp_option(sock: socket.socket, name: str) -> int:
    return sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))


def test_small_packets_are_never_held_back(tcp: socket.socket) -> None:
    apply(tcp, TcpOptions())
    assert tcp_option(tcp, "TCP_NODELAY")


def test_keepalive_is_on_unless_switched_off(tcp: socket.socket) -> None:
    apply(tcp, TcpOptions())
    assert tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    apply(tcp, TcpOptions(keepalive=False))
    assert not tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        (TcpOptions(keepcnt=3), "TCP_KEEPCNT", 3),
        (TcpOptions(keepidle=7), "TCP_KEEPIDLE", 7),
        (TcpOptions(keepintvl=5), "TCP_KEEPINTVL", 5),
        (TcpOptions(user_timeout=1500), "TCP_USER_TIMEOUT", 1500),
    ],
)
def test_an_option_is_set_if_the_system_has_it(
    tcp: socket.socket, options: TcpOptions, name: str, value: int
) -> None:
    apply(tcp, options)
    assert not hasattr(socket, name) or tcp_option(tcp, name) == value


def test_zero_leaves_the_systems_default(tcp: socket.socket, keep: Keep) -> None:
    untouched = keep(socket.socket())
    apply(tcp, TcpOptions())
    for name in ("TCP_KEEPCNT", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_USER_TIMEOUT"):
        if hasattr(socket, name):
            assert tcp_option(tcp, name) == tcp_option(untouched, name)
    for size in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        assert tcp.getsockopt(socket.SOL_SOCKET, size) == untouched.getsockopt(
            socket.SOL_SOCKET, size
        )


def test_the_details_of_keepalive_are_left_alone_without_it(
    tcp: socket.socket,
) -> None:
    apply(tcp, TcpOptions(keepalive=False, keepcnt=3))
    assert not hasattr(socket, "TCP_KEEPCNT") or tcp_option(tcp, "TCP_KEEPCNT") != 3


def test_both_buffers_are_sized(tcp: socket.socket) -> None:
    apply(tcp, TcpOptions(socket_buffer=20000))
    # Linux doubles what it is given, socket(7).
    for size in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        assert tcp.getsockopt(socket.SOL_SOCKET, size) in (20000, 40000)


def test_a_value_that_the_kernel_refuses_is_told(tcp: socket.socket) -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        apply(tcp, TcpOptions(keepcnt=1000))


def test_what_a_listening_socket_has_its_connections_have(keep: Keep) -> None:
    listening = keep(socket.create_server(("127.0.0.1", 0)))
    for keepalive in (True, False):
        hand_down(listening, keepalive=keepalive)
        keep(socket.create_connection(listening.getsockname()))
        accepted = keep(listening.accept()[0])
        assert tcp_option(accepted, "TCP_NODELAY")
        kept = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert bool(kept) is keepalive


def test_a_connection_is_given_only_what_it_has_not_from_there(
    tcp: socket.socket,
) -> None:
    complete(tcp, TcpOptions(user_timeout=1500))
    assert not tcp_option(tcp, "TCP_NODELAY")
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        assert tcp_option(tcp, "TCP_USER_TIMEOUT") == 1500
