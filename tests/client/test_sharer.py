"""Whose exchange may be sent behind others', as far as its client knows."""

import pytest

from pgpool_py.client.sharer import MOST_FOLLOWING
from pgpool_py.net.reactor import Reactor
from tests.client.parties import Scene, set_scene
from tests.fixtures.hand import NewWire
from tests.fixtures.messages import BIND, EXECUTE, SYNC, parse, query

SOLE = parse("", "SELECT 1") + BIND + EXECUTE + SYNC


@pytest.fixture
def scene(reactor: Reactor, new_wire: NewWire) -> Scene:
    return set_scene(reactor, new_wire)


@pytest.mark.parametrize("exchange", [query("SELECT 1"), SOLE])
def test_one_statement_that_is_pending_may_follow(
    scene: Scene, exchange: bytes
) -> None:
    assert scene.session.follows is None
    scene.send(exchange)
    assert scene.session.follows == b"SELECT 1"


@pytest.mark.parametrize(
    "exchange",
    [
        query("SELECT 1") * 2,
        query("SELECT 1") + SYNC,
        SOLE * 2,
        SOLE[:-1],
        parse("s", "SELECT 1") + BIND + EXECUTE + SYNC,
        query("SET work_mem = '1MB'"),
        parse("", "SET work_mem = '1MB'") + BIND + EXECUTE + SYNC,
        BIND + EXECUTE + SYNC,
    ],
)
def test_anything_else_may_not(scene: Scene, exchange: bytes) -> None:
    scene.send(exchange)
    assert scene.session.follows is None


def test_nor_what_is_long(scene: Scene) -> None:
    scene.lender.buffer_limit = 10 * MOST_FOLLOWING
    scene.send(query("SELECT '" + "x" * MOST_FOLLOWING + "'"))
    assert scene.session.follows is None


def test_nor_if_anything_ties_the_client_to_a_server(scene: Scene) -> None:
    scene.send(query("SELECT 1"))
    scene.session.requests.ties = True
    assert scene.session.follows is None


def test_a_client_is_alone_if_its_exchange_was_sent_and_nothing_more(
    scene: Scene,
) -> None:
    scene.send(query("SELECT 1"))
    before = scene.session.is_alone
    scene.lend()
    assert (before, scene.session.is_alone) == (False, True)


def test_nor_if_anything_ties_it(scene: Scene) -> None:
    scene.send(query("SELECT 1"))
    scene.lend()
    scene.session.requests.ties = True
    assert not scene.session.is_alone


@pytest.mark.parametrize("more", [b"Q", query("SELECT 2")[:8]])
def test_nor_if_a_part_of_the_next_message_is_there(scene: Scene, more: bytes) -> None:
    scene.send(query("SELECT 1"))
    scene.lend()
    scene.send(more)
    assert not scene.session.is_alone
