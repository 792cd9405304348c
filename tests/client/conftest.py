"""The reactor by hand, connections to it, and a client with all around it."""

import pytest

from pgpool_py.net.reactor import Reactor
from tests.client.parties import Scene, set_scene
from tests.fixtures.hand import NewWire, clock, loop, new_wire, reactor
from tests.fixtures.messages import IN_TRANSACTION, complete, query

__all__ = ["clock", "linked", "loop", "new_wire", "reactor", "scene"]


@pytest.fixture
def scene(reactor: Reactor, new_wire: NewWire) -> Scene:
    return set_scene(reactor, new_wire)


@pytest.fixture
def linked(scene: Scene) -> Scene:
    """Return a client in the middle of a transaction."""
    scene.send(query("BEGIN"))
    scene.lend()
    scene.answer(complete("BEGIN") + IN_TRANSACTION)
    assert scene.backend.received() == query("BEGIN")
    assert scene.client.received() == complete("BEGIN") + IN_TRANSACTION
    scene.lender.calls.clear()
    return scene
