"""The proxy without faults: bytes, ends and resets pass, and nothing is left."""

import socket
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pgpool_py.testing import Direction, FaultProxy, ProxyClosedError
from tests.testing.ends import (
    Ends,
    Target,
    connect,
    is_reset,
    is_silent,
    receive,
    says,
    threads_of,
    unix_echo_server,
)

#: Much more than all buffers on the way.
LARGE = bytes(range(256)) * 65536


def test_bytes_pass_both_ways(client: socket.socket) -> None:
    assert says(client, b"here and back")
    assert says(client, b"and again")


def test_much_passes_unharmed(client: socket.socket) -> None:
    with ThreadPoolExecutor() as threads:
        sending = threads.submit(client.sendall, LARGE)
        assert receive(client, len(LARGE)) == LARGE
        sending.result()


def test_a_unix_socket_can_be_the_target(tmp_path: Path) -> None:
    with (
        unix_echo_server(tmp_path / "echo") as path,
        FaultProxy(path) as proxy,
        connect(proxy) as client,
    ):
        assert says(client, b"by way of a file")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""


def test_a_name_can_be_the_target(target: Target) -> None:
    with FaultProxy(("localhost", target.address[1])) as proxy:
        ends = target.connect(proxy)
        ends.client.sendall(b"hello")
        assert receive(ends.server, 5) == b"hello"


def test_the_end_of_one_direction_leaves_the_other_open(ends: Ends) -> None:
    ends.client.sendall(b"last words")
    ends.client.shutdown(socket.SHUT_WR)
    assert receive(ends.server, 11) == b"last words"
    ends.server.sendall(b"the answer")
    assert receive(ends.client, 10) == b"the answer"
    ends.server.close()
    assert ends.client.recv(1) == b""


def test_both_ends_make_room(proxy: FaultProxy, ends: Ends) -> None:
    assert proxy.connections() == (1,)
    ends.client.close()
    assert ends.server.recv(1) == b""
    ends.server.close()
    assert proxy.connections() == ()


@pytest.mark.parametrize("of", ["client", "server"])
def test_a_reset_passes_after_the_bytes_before_it(ends: Ends, of: str) -> None:
    one, other = ends.client, ends.server
    if of == "server":
        one, other = other, one
    one.sendall(b"mind")
    assert receive(other, 4) == b"mind"
    # l_onoff = 1, l_linger = 0: socket(7)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()
    assert is_reset(other)


def test_who_sends_to_a_client_that_is_gone_is_reset(ends: Ends) -> None:
    ends.client.close()
    assert ends.server.recv(1) == b""
    # More than all buffers on the way take: the first bytes are answered by RST.
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        ends.server.sendall(LARGE)


def test_a_sender_waits_for_a_reader_that_is_slow(ends: Ends) -> None:
    with ThreadPoolExecutor() as threads:
        sending = threads.submit(ends.client.sendall, LARGE)
        assert receive(ends.server, 10) == LARGE[:10]
        # The kernel and the proxy together keep less than that.
        assert not sending.done()
        assert receive(ends.server, len(LARGE) - 10) == LARGE[10:]
        sending.result()


def resets_who_comes(proxy: FaultProxy) -> bool:
    try:
        client = connect(proxy)
    except ConnectionResetError:
        # It was even faster.
        return True
    with client:
        return is_reset(client)


def test_a_target_that_cannot_be_reached_is_a_reset(target: Target) -> None:
    with FaultProxy(target.address) as proxy:
        target.close()
        assert resets_who_comes(proxy)


def test_a_unix_socket_that_is_not_there_is_a_reset(tmp_path: Path) -> None:
    with FaultProxy(tmp_path / "nothing") as proxy:
        assert resets_who_comes(proxy)


def test_connections_are_numbered_in_the_order_they_came(
    proxy: FaultProxy, another: Callable[[], Ends]
) -> None:
    first, _, _ = another(), another(), another()
    assert proxy.connections() == (1, 2, 3)
    first.client.close()
    first.server.close()
    assert proxy.connections() == (2, 3)
    another()
    assert proxy.connections() == (2, 3, 4)


def test_bytes_are_counted_for_good(proxy: FaultProxy, ends: Ends) -> None:
    ends.client.sendall(b"12345")
    ends.server.sendall(b"123")
    assert proxy.passed(Direction.TO_SERVER) == 5
    assert proxy.passed(Direction.TO_CLIENT) == 3
    proxy.cut()
    assert proxy.passed() == 8


def test_what_was_sent_before_a_fault_is_passed_on_first(
    proxy: FaultProxy, another: Callable[[], Ends]
) -> None:
    for _ in range(20):
        client, server = (ends := another()).client, ends.server
        client.sendall(b"before")
        with proxy.frozen():
            client.sendall(b"after")
            assert receive(server, 6) == b"before"
            assert proxy.connections()
            assert is_silent(server)
        assert receive(server, 5) == b"after"


def test_at_its_end_nothing_is_left(target: Target) -> None:
    with FaultProxy(target.address) as proxy:
        assert len(threads_of(proxy)) == 1
        ends = target.connect(proxy)
        ends.server.sendall(b"unread")
    assert threads_of(proxy) == []
    assert receive(ends.client, 7) == b"unread"
    assert ends.server.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)


def test_a_closed_proxy_says_so(target: Target) -> None:
    with FaultProxy(target.address) as proxy:
        fault = proxy.frozen()
        proxy.close()
    with pytest.raises(ProxyClosedError, match="closed"):
        proxy.cut()
    fault.end()


def test_a_port_that_is_taken_is_told(target: Target) -> None:
    with pytest.raises(OSError, match="in use"):
        FaultProxy(target.address, port=target.address[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_listens_where_it_is_told_to(target: Target, host: str) -> None:
    with FaultProxy(target.address, host=host) as proxy:
        assert proxy.host == host
        target.connect(proxy)
