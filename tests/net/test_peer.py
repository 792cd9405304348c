"""Who is at the other end of a unix socket."""

import os
import socket

import pytest

from pgpool_py.net.peer import user_of


def test_the_kernel_says_whose_process_connected() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert user_of(ours) == os.getuid()


def test_nothing_is_known_of_other_sockets() -> None:
    with socket.socket() as tcp:
        assert user_of(tcp) is None


def test_nothing_is_known_of_a_closed_socket() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.close()
        assert user_of(ours) is None


def test_nothing_is_known_where_the_system_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(socket, "SO_PEERCRED")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert user_of(ours) is None
