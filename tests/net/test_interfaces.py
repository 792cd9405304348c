"""The addresses of this machine."""

import socket
from ipaddress import ip_interface

import pytest

from pgpool_py.net.interfaces import interfaces


def test_the_loopback_is_among_them_with_its_network() -> None:
    found = interfaces()
    assert found is not None
    assert ip_interface("127.0.0.1/8") in found


def test_they_are_not_known_where_the_kernel_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Closed(socket.socket):
        def send(self, data: object, flags: int = 0) -> int:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "socket", Closed)
    assert interfaces() is None
    monkeypatch.delattr(socket, "AF_NETLINK")
    assert interfaces() is None
