"""The fault that keeps new connections out."""

import socket

import pytest

from pgpool_py.testing import FaultProxy
from tests.testing.ends import connect, says


def test_new_connections_are_refused_and_old_ones_go_on(
    echo: FaultProxy, client: socket.socket
) -> None:
    with echo.refusing():
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                connect(echo)
        assert says(client, b"still here")
    with connect(echo) as other:
        assert says(other, b"welcome")


def test_who_was_there_before_is_served(echo: FaultProxy) -> None:
    with connect(echo) as client, echo.refusing():
        assert says(client, b"just in time")


def test_the_port_is_kept_meanwhile(echo: FaultProxy) -> None:
    in_use = pytest.raises(OSError, match="in use")
    with echo.refusing(), socket.socket() as other, in_use:
        other.bind((echo.host, echo.port))


def test_it_ends_with_the_last_of_them(echo: FaultProxy) -> None:
    with echo.refusing():
        with echo.refusing():
            pass
        with pytest.raises(ConnectionRefusedError):
            connect(echo)
    with connect(echo) as client:
        assert says(client, b"welcome")


def test_it_may_last_until_the_proxy_ends(echo: FaultProxy) -> None:
    echo.refusing()
    with pytest.raises(ConnectionRefusedError):
        connect(echo)
