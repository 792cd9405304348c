"""The head of a request, within its bounds."""

import socket
from collections.abc import Iterator

import pytest

from pgpool_py.web.head import MOST_HEAD, HeadTooLongError, read_head

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Return the server's end and the client's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_it_ends_with_the_empty_line(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    theirs.sendall(b"\r\n")
    assert read_head(ours) == b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_one_that_has_no_end_is_too_long(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"x" * (MOST_HEAD + 1))
    with pytest.raises(HeadTooLongError):
        read_head(ours)


def test_one_that_ends_behind_the_bound_is_too_long_too(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"x" * MOST_HEAD + b"\r\n\r\n")
    with pytest.raises(HeadTooLongError):
        read_head(ours)


def test_a_client_that_says_nothing_more_in_time_is_not_waited_for(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"GET /")
    with pytest.raises(TimeoutError):
        read_head(ours, patience=0.01)


def test_drops_that_keep_coming_do_not_make_the_time_longer(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"GET /")
    with pytest.raises(TimeoutError):
        read_head(ours, patience=0.0)


def test_a_client_that_leaves_has_asked_nothing(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"GET /")
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionResetError):
        read_head(ours)
