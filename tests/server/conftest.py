"""The reactor by hand, connections to it, and a server with the test behind it."""

import pytest

from pgpool_py.net.reactor import Reactor
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.state import ServerState
from tests.fixtures.connections import FakeKeeper, FakeOwner, connect_server
from tests.fixtures.hand import NewWire, Wire, clock, idle_loop, new_wire, reactor

__all__ = ["clock", "idle", "idle_loop", "keeper", "linked", "new_wire", "reactor"]


@pytest.fixture
def keeper() -> FakeKeeper:
    return FakeKeeper()


@pytest.fixture
def idle(
    reactor: Reactor, new_wire: NewWire, keeper: FakeKeeper
) -> tuple[ServerConnection, Wire]:
    return connect_server(reactor, new_wire, keeper)


@pytest.fixture
def linked(
    idle: tuple[ServerConnection, Wire],
) -> tuple[ServerConnection, Wire, FakeOwner]:
    """Return a server that is lent to an owner."""
    server, wire = idle
    owner = FakeOwner()
    server.owner = owner
    server.state = ServerState.ACTIVE
    return server, wire, owner
