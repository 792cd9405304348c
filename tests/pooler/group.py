"""A pooler that has a peer, which the test plays."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pgpool_py.settings import PeerSettings
from pgwire.peer_key import peer_process_id
from pgwire.startup import CancelRequest
from tests.fixtures.hand import Clock, Wire
from tests.pooler.house import House
from tests.pooler.postgres import PORT, FakePostgres

OURS, THEIRS = 3, 7

# length 16, code 80877102, then what the peer's client was given, a hop less
THERE = CancelRequest(peer_process_id(THEIRS, 5), b"ab\0\xf3")
PASSED_ON = b"\0\0\0\x10\x04\xd2\x16\x2e" + b"\x01\x07\x00\x05" + b"ab\0\xf2"

Group = Callable[..., House]


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[FakePostgres]:
    """Return a listening socket; a peer is not told from PostgreSQL by that."""
    directory = tmp_path / "peer"
    directory.mkdir()
    peer = FakePostgres(directory)
    yield peer
    peer.close()


@pytest.fixture
def group(build: Callable[..., House], peer: FakePostgres) -> Group:
    """Return a maker of a pooler of which `peer` is a peer."""

    def make(pool_size: int | None = None, **given: Any) -> House:
        peers = {THEIRS: PeerSettings(peer.directory, PORT, pool_size)}
        return build(**{"peer_id": OURS, "peers": peers, **given})

    return make


def ask(house: House, request: CancelRequest = THERE) -> Wire:
    """Send a cancel request; return the connection it was sent by."""
    return house.arrive(request.encode())


def ended(wire: Wire) -> bool:
    """Tell whether a connection was ended; nothing else may have come by it."""
    assert wire.received() == b""
    return wire.ended


def reload(house: House, **changes: Any) -> None:
    house.pooler.reload(replace(house.pooler.settings, **changes), {})
    house.turn()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


def beat(house: House, clock: Clock, seconds: float) -> None:
    """Let time go by, and what is limited in time be looked at."""
    clock.advance(seconds)
    house.pooler.gatehouse.peering.maintain(clock.now)
    house.turn()
