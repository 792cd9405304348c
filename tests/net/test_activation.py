"""Sockets that the service manager passes are taken, and nothing else."""

import errno
import os
import socket
from collections.abc import Callable

import pytest

from pgpool_py.net.activation import FIRST_DESCRIPTOR, take_sockets

Keep = Callable[[socket.socket], socket.socket]


def listening(keep: Keep) -> socket.socket:
    return keep(socket.create_server(("127.0.0.1", 0)))


def variables(count: int, pid: int | None = None) -> dict[str, str]:
    return {
        "LISTEN_PID": str(os.getpid() if pid is None else pid),
        "LISTEN_FDS": str(count),
        "LISTEN_FDNAMES": "one:two",
        "HOME": "/",
    }


def passed(sock: socket.socket) -> int:
    """Return the number under which a copy is open, as systemd would leave it."""
    descriptor = os.dup(sock.fileno())
    os.set_inheritable(descriptor, True)
    return descriptor


def test_the_first_descriptor_is_systemds() -> None:
    assert FIRST_DESCRIPTOR == 3


def test_a_listening_socket_is_taken_and_no_child_gets_it(keep: Keep) -> None:
    given = listening(keep)
    environment = variables(1)
    (taken,) = take_sockets(environment, passed(given))
    assert keep(taken).getsockname() == given.getsockname()
    assert not taken.getblocking()
    assert not taken.get_inheritable()
    assert environment == {"HOME": "/"}


def test_what_is_meant_for_another_process_is_left_alone(keep: Keep) -> None:
    descriptor = passed(listening(keep))
    environment = variables(1, pid=os.getppid())
    assert take_sockets(environment, descriptor) == []
    assert environment == {"HOME": "/"}
    os.close(descriptor)


@pytest.mark.parametrize("count", ["", "many", "-1", "²"])
def test_a_count_that_is_none_takes_nothing(count: str) -> None:
    assert take_sockets({**variables(0), "LISTEN_FDS": count}) == []


def test_nothing_is_taken_where_nothing_is_said() -> None:
    assert take_sockets({"HOME": "/"}) == []


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        (socket.AF_INET, socket.SOCK_DGRAM),
        # A stream, but one that does not listen.
        (socket.AF_INET, socket.SOCK_STREAM),
    ],
)
def test_a_socket_that_does_not_listen_is_an_error_and_is_closed(
    keep: Keep, family: int, kind: int
) -> None:
    descriptor = passed(keep(socket.socket(family, kind)))
    with pytest.raises(OSError, match=f"no listening socket: 'descriptor {descriptor}"):
        take_sockets(variables(1), descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_descriptor_that_is_not_open_is_named_and_those_before_it_are_closed(
    keep: Keep,
) -> None:
    first = passed(listening(keep))
    with pytest.raises(OSError, match="cannot use what the service manager passed"):
        take_sockets(variables(1000), first)
    with pytest.raises(OSError, match="Bad file") as caught:
        os.fstat(first)
    assert caught.value.errno == errno.EBADF
