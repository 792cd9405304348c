"""A proxy in front of an echo server, and one in front of the test itself."""

import socket
from collections.abc import Callable, Iterator

import pytest

from pgpool_py.testing import FaultProxy
from tests.testing.ends import Ends, Target, connect, echo_server


@pytest.fixture
def echo() -> Iterator[FaultProxy]:
    """Return a proxy in front of an echo server."""
    with echo_server() as address, FaultProxy(address) as proxy:
        yield proxy


@pytest.fixture
def client(echo: FaultProxy) -> Iterator[socket.socket]:
    """Return a client of the echo server."""
    with connect(echo) as client:
        yield client


@pytest.fixture
def target() -> Iterator[Target]:
    target = Target()
    yield target
    target.close()


@pytest.fixture
def proxy(target: Target) -> Iterator[FaultProxy]:
    """Return a proxy whose target is the test."""
    with FaultProxy(target.address) as proxy:
        yield proxy


@pytest.fixture
def ends(target: Target, proxy: FaultProxy) -> Ends:
    """Return the ends of one connection through that proxy."""
    return target.connect(proxy)


@pytest.fixture
def another(target: Target, proxy: FaultProxy) -> Callable[[], Ends]:
    """Return a maker of further connections."""
    return lambda: target.connect(proxy)
