"""The faults that last: frozen, delayed, trickling, swallowing."""

import socket
import threading
import time
from collections.abc import Callable

import pytest

from pgpool_py.testing import ActiveFault, Direction, FaultProxy, Scope
from tests.testing.ends import Ends, connect, is_silent, receive, says

TO_SERVER, TO_CLIENT = Direction.TO_SERVER, Direction.TO_CLIENT

LASTING: list[Callable[[FaultProxy], ActiveFault]] = [
    lambda proxy: proxy.frozen(),
    lambda proxy: proxy.delayed(0.01),
    lambda proxy: proxy.trickling(0.001),
]


@pytest.mark.parametrize("fault", LASTING, ids=["frozen", "delayed", "trickling"])
def test_nothing_is_lost_when_it_ends(
    echo: FaultProxy,
    client: socket.socket,
    fault: Callable[[FaultProxy], ActiveFault],
) -> None:
    assert says(client, b"before")
    with fault(echo):
        client.sendall(b"meanwhile")
    assert receive(client, 9) == b"meanwhile"
    assert says(client, b"afterwards")
    assert echo.connections() == (1,)


def test_frozen_nothing_passes_and_nothing_is_closed(
    proxy: FaultProxy, ends: Ends
) -> None:
    with proxy.frozen():
        ends.client.sendall(b"to the server")
        ends.server.sendall(b"to the client")
        ends.server.shutdown(socket.SHUT_WR)
        assert proxy.passed() == 0
        assert is_silent(ends.client)
        assert is_silent(ends.server)
        assert proxy.connections() == (1,)
    assert receive(ends.server, 13) == b"to the server"
    assert receive(ends.client, 100) == b"to the client"


def test_one_direction_is_frozen_and_the_other_is_not(
    proxy: FaultProxy, ends: Ends
) -> None:
    with proxy.frozen(TO_CLIENT):
        ends.server.sendall(b"answer")
        ends.client.sendall(b"question")
        assert receive(ends.server, 8) == b"question"
        assert proxy.passed(TO_CLIENT) == 0
    assert receive(ends.client, 6) == b"answer"


def test_a_client_that_goes_while_all_is_frozen_is_noticed_afterwards(
    proxy: FaultProxy, ends: Ends
) -> None:
    with proxy.frozen():
        ends.client.sendall(b"bye")
        ends.client.close()
        assert proxy.connections() == (1,)
        assert is_silent(ends.server)
    assert receive(ends.server, 100) == b"bye"


def test_a_new_client_of_a_frozen_proxy_is_served_afterwards(
    echo: FaultProxy,
) -> None:
    frozen = echo.frozen()
    with connect(echo) as client:
        client.sendall(b"hello")
        assert echo.passed() == 0
        assert is_silent(client)
        frozen.end()
        assert receive(client, 5) == b"hello"


@pytest.mark.parametrize(
    ("on", "old_is_frozen", "new_is_frozen"),
    [
        (Scope.ALL, True, True),
        (Scope.PRESENT, True, False),
        (Scope.NEW, False, True),
        (1, True, False),
        (2, False, True),
    ],
)
def test_a_fault_is_for_those_that_are_meant(
    proxy: FaultProxy,
    another: Callable[[], Ends],
    on: Scope | int,
    old_is_frozen: bool,
    new_is_frozen: bool,
) -> None:
    old = another()
    with proxy.frozen(on=on):
        new = another()
        for ends, is_frozen in ((old, old_is_frozen), (new, new_is_frozen)):
            ends.client.sendall(b"x")
            assert proxy.connections() == (1, 2)
            assert is_silent(ends.server) == is_frozen
    assert receive(old.server, 1) == b"x"
    assert receive(new.server, 1) == b"x"


def test_a_delay_is_for_every_byte_and_takes_no_throughput(
    echo: FaultProxy, client: socket.socket
) -> None:
    number, seconds = 200, 0.02
    with echo.delayed(seconds):
        start = time.monotonic()
        for _ in range(number):
            client.sendall(b"0123456789")
        assert receive(client, 10) == b"0123456789"
        assert time.monotonic() - start >= 2 * seconds
        assert receive(client, 10 * (number - 1)) == b"0123456789" * (number - 1)
        assert time.monotonic() - start < number * seconds


def test_a_delay_is_for_one_direction(proxy: FaultProxy, ends: Ends) -> None:
    with proxy.delayed(3600.0, TO_SERVER):
        ends.client.sendall(b"question")
        ends.server.sendall(b"answer")
        assert receive(ends.client, 6) == b"answer"
        assert is_silent(ends.server)


def test_an_end_is_delayed_like_the_bytes(proxy: FaultProxy, ends: Ends) -> None:
    with proxy.delayed(0.02):
        start = time.monotonic()
        ends.client.sendall(b"bye")
        ends.client.close()
        assert receive(ends.server, 100) == b"bye"
        assert time.monotonic() - start >= 0.02


def test_what_was_delayed_is_never_overtaken(proxy: FaultProxy, ends: Ends) -> None:
    with proxy.delayed(0.05):
        ends.client.sendall(b"first ")
        assert is_silent(ends.server)
    start = time.monotonic()
    ends.client.sendall(b"second")
    assert receive(ends.server, 12) == b"first second"
    assert time.monotonic() - start < 10


def test_delays_add_up(echo: FaultProxy, client: socket.socket) -> None:
    with echo.delayed(0.01), echo.delayed(0.02, TO_CLIENT):
        start = time.monotonic()
        assert says(client, b"x")
        assert time.monotonic() - start >= 0.04


def test_trickling_takes_a_pause_between_two_bytes(
    proxy: FaultProxy, ends: Ends
) -> None:
    with proxy.trickling(3600.0, TO_SERVER):
        ends.client.sendall(b"abc")
        assert receive(ends.server, 1) == b"a"
        assert proxy.passed() == 1
        assert is_silent(ends.server)
    assert receive(ends.server, 2) == b"bc"


def test_swallowed_bytes_are_gone(proxy: FaultProxy, ends: Ends) -> None:
    with proxy.swallowing(TO_CLIENT):
        ends.server.sendall(b"lost")
        ends.client.sendall(b"question")
        assert receive(ends.server, 8) == b"question"
    ends.server.sendall(b"answer")
    assert receive(ends.client, 6) == b"answer"


def test_an_end_is_not_swallowed(proxy: FaultProxy, ends: Ends) -> None:
    with proxy.swallowing():
        ends.client.sendall(b"lost")
        ends.client.close()
        assert ends.server.recv(1) == b""


def test_faults_add_up_and_end_one_by_one(proxy: FaultProxy, ends: Ends) -> None:
    outer, inner = proxy.frozen(TO_SERVER), proxy.frozen()
    ends.client.sendall(b"x")
    ends.server.sendall(b"y")
    assert proxy.passed() == 0
    inner.end()
    assert receive(ends.client, 1) == b"y"
    assert is_silent(ends.server)
    outer.end()
    outer.end()
    assert receive(ends.server, 1) == b"x"


def test_faults_are_switched_by_any_thread(echo: FaultProxy) -> None:
    def switch() -> None:
        for _ in range(50):
            with echo.frozen():
                echo.connections()

    threads = [threading.Thread(target=switch) for _ in range(4)]
    for thread in threads:
        thread.start()
    with connect(echo) as client:
        for number in range(200):
            assert says(client, b"%d" % number)
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda proxy: proxy.delayed(-1), "-1 s is negative"),
        (lambda proxy: proxy.trickling(0), "0 s between two bytes"),
    ],
)
def test_nonsense_is_refused(
    proxy: FaultProxy, fault: Callable[[FaultProxy], object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        fault(proxy)
