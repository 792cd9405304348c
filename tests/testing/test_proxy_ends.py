"""The faults that end connections: cut, reset, half-close, also in mid-message."""

import socket
from collections.abc import Callable

import pytest

from pgpool_py.testing import ActiveFault, Direction, FaultProxy, Scope
from tests.testing.ends import Ends, connect, is_reset, is_silent, receive, says

TO_SERVER, TO_CLIENT = Direction.TO_SERVER, Direction.TO_CLIENT

#: A method of FaultProxy.
EndsAfter = Callable[[FaultProxy, int, Direction, Scope], ActiveFault]


def test_a_cut_is_an_orderly_end_on_both_sides(proxy: FaultProxy, ends: Ends) -> None:
    proxy.cut()
    assert ends.client.recv(1) == b""
    assert ends.server.recv(1) == b""
    assert proxy.connections() == ()


def test_a_cut_is_an_orderly_end_also_over_bytes_that_nobody_read(
    proxy: FaultProxy, ends: Ends
) -> None:
    proxy.frozen()
    ends.client.sendall(b"never")
    proxy.cut()
    assert ends.client.recv(1) == b""
    assert ends.server.recv(1) == b""


def test_a_reset_is_one_on_both_sides(proxy: FaultProxy, ends: Ends) -> None:
    proxy.reset()
    assert is_reset(ends.client)
    assert is_reset(ends.server)
    assert proxy.connections() == ()


def test_new_connections_are_none_the_wiser(
    echo: FaultProxy, client: socket.socket
) -> None:
    assert says(client, b"once")
    for end in (echo.cut, echo.reset):
        end()
        with connect(echo) as other:
            assert says(other, b"again")


def test_one_connection_of_many_is_ended(
    proxy: FaultProxy, another: Callable[[], Ends]
) -> None:
    many = [another() for _ in range(3)]
    proxy.reset(on=2)
    assert proxy.connections() == (1, 3)
    assert is_reset(many[1].client)
    proxy.cut(on=3)
    assert many[2].client.recv(1) == b""
    assert is_silent(many[0].client)
    assert is_silent(many[0].server)


@pytest.mark.parametrize("count", [0, 1, 17])
def test_a_reset_in_the_middle_of_what_the_server_says(
    proxy: FaultProxy, ends: Ends, count: int
) -> None:
    proxy.reset_after(count, TO_CLIENT)
    if count:
        # Counted are the bytes of the other direction.
        ends.client.sendall(b"x" * 100)
        assert receive(ends.server, 100) == b"x" * 100
        ends.server.sendall(bytes(range(100)))
    assert receive(ends.client, count) == bytes(range(count))
    assert is_reset(ends.client)
    assert is_reset(ends.server)


def test_a_reset_in_the_middle_of_what_the_client_says(
    proxy: FaultProxy, ends: Ends
) -> None:
    proxy.reset_after(17, TO_SERVER)
    ends.client.sendall(b"0123456789")
    ends.client.sendall(b"0123456789")
    assert receive(ends.server, 17) == b"01234567890123456"
    assert is_reset(ends.server)
    assert is_reset(ends.client)


def test_a_cut_in_the_middle_of_what_the_server_says(
    proxy: FaultProxy, ends: Ends
) -> None:
    proxy.cut_after(7, TO_CLIENT)
    ends.server.sendall(b"0123456789")
    assert ends.client.recv(100) == b"0123456"
    assert ends.client.recv(100) == b""
    assert ends.server.recv(100) == b""


def test_bytes_are_counted_from_the_moment_of_the_call(
    proxy: FaultProxy, another: Callable[[], Ends]
) -> None:
    old = another()
    old.server.sendall(b"hello")
    proxy.cut_after(3, TO_CLIENT)
    new = another()
    for ends in (old, new):
        ends.server.sendall(b"world")
    assert receive(old.client, 100) == b"hellowor"
    assert receive(new.client, 100) == b"wor"


def test_a_further_fault_does_not_make_the_count_start_anew(
    proxy: FaultProxy, ends: Ends
) -> None:
    proxy.cut_after(5, TO_CLIENT)
    ends.server.sendall(b"012")
    with proxy.frozen():
        ends.server.sendall(b"3456")
    assert receive(ends.client, 100) == b"01234"


def test_the_first_of_two_ends_is_the_end(proxy: FaultProxy, ends: Ends) -> None:
    proxy.reset_after(20, TO_CLIENT)
    proxy.cut_after(10, TO_CLIENT)
    ends.server.sendall(b"x" * 30)
    assert receive(ends.client, 100) == b"x" * 10


@pytest.mark.parametrize(
    "end_after",
    [
        lambda proxy, *args: proxy.cut_after(*args),
        lambda proxy, *args: proxy.reset_after(*args),
    ],
    ids=["cut", "reset"],
)
def test_an_end_that_was_lifted_does_not_come(
    proxy: FaultProxy, ends: Ends, end_after: EndsAfter
) -> None:
    with end_after(proxy, 17, TO_CLIENT, Scope.ALL):
        ends.server.sendall(b"x" * 16)
        assert receive(ends.client, 16) == b"x" * 16
    ends.server.sendall(b"y" * 100)
    assert receive(ends.client, 100) == b"y" * 100


def test_only_connections_to_come_are_ended(
    proxy: FaultProxy, another: Callable[[], Ends]
) -> None:
    old = another()
    proxy.reset_after(3, TO_SERVER, on=Scope.NEW)
    new = another()
    for ends in (old, new):
        ends.client.sendall(b"12345")
    assert receive(old.server, 5) == b"12345"
    assert receive(new.server, 3) == b"123"
    assert is_reset(new.server)


def test_a_server_that_hears_the_end_may_still_answer(
    proxy: FaultProxy, ends: Ends
) -> None:
    ends.client.sendall(b"question")
    proxy.half_close(TO_SERVER)
    assert receive(ends.server, 100) == b"question"
    ends.client.sendall(b"this goes nowhere")
    ends.server.sendall(b"answer")
    assert receive(ends.client, 6) == b"answer"
    assert proxy.passed(TO_SERVER) == 8
    ends.server.close()
    assert ends.client.recv(1) == b""


def test_a_client_that_hears_the_end_may_still_ask(
    proxy: FaultProxy, ends: Ends
) -> None:
    proxy.half_close(TO_CLIENT)
    assert ends.client.recv(1) == b""
    ends.client.sendall(b"still there?")
    assert receive(ends.server, 12) == b"still there?"
    ends.server.sendall(b"yes")
    ends.client.close()
    assert ends.server.recv(1) == b""
    assert proxy.connections() == ()


def test_both_halves_closed_are_the_end(proxy: FaultProxy, ends: Ends) -> None:
    proxy.half_close(TO_CLIENT)
    proxy.half_close(TO_SERVER)
    assert ends.client.recv(1) == b""
    assert ends.server.recv(1) == b""
    assert proxy.connections() == ()


def test_a_reset_is_heard_over_a_half_that_is_closed(
    proxy: FaultProxy, ends: Ends
) -> None:
    proxy.half_close(TO_SERVER)
    assert ends.server.recv(1) == b""
    proxy.reset()
    assert is_reset(ends.client)


def test_a_count_below_zero_is_refused(proxy: FaultProxy) -> None:
    with pytest.raises(ValueError, match="-1 bytes"):
        proxy.reset_after(-1, TO_CLIENT)
