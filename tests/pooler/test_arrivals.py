"""Clients that come in one turn are served at its end, and each server in one write."""

import pytest

from pgpool_py.client.session import ClientSession
from pgpool_py.reasons import Reason
from tests.fixtures.loops import LoopGuard
from tests.pooler.sharing import WRITE, WRITTEN, Share, Shared, answers, asks, batch


def come(shared: Shared, *exchanges: tuple[int, bytes]) -> None:
    """Let clients send in one turn."""
    for number, exchange in exchanges:
        shared.clients[number].send(exchange)
    shared.house.turn()


def session(shared: Shared, number: int) -> ClientSession:
    return shared.sessions[shared.clients[number]]


def hear(shared: Shared, number: int, exchange: bytes) -> None:
    """Let a client's bytes be read while the turn goes on."""
    shared.clients[number].send(exchange)
    session(shared, number).on_readable()


def crowded(share: Share, clients: int, servers: int = 1) -> Shared:
    """Have each server be shared already."""
    shared = share(clients + 2 * servers, servers)
    come(shared, *((number, asks(number)) for number in range(2 * servers)))
    shared.received()
    assert len(shared.pool.multiplexing.pipelines) == servers
    return shared


def test_servers_get_about_as_much(share: Share) -> None:
    shared = crowded(share, 6, servers=2)
    come(shared, *((number, asks(number)) for number in range(4, 10)))
    first, second = shared.received()
    assert first.count(b"SELECT") == second.count(b"SELECT") == 3
    assert shared.pool.multiplexing.in_flight == 10


def test_queries_and_batches_are_sent_in_the_order_in_which_they_came(
    share: Share,
) -> None:
    shared = crowded(share, 4)
    come(shared, (0, b""), (2, asks(2)), (3, batch(3)), (4, asks(4)), (5, batch(5)))
    assert shared.received() == [asks(2) + batch(3) + asks(4) + batch(5)]


def test_the_first_ones_have_servers_shared_that_nobody_shares_yet(
    share: Share,
) -> None:
    shared = share(8, 2)
    come(shared, *((number, asks(number)) for number in range(8)))
    counts = [sent.count(b"SELECT") for sent in shared.received()]
    assert counts == [4, 4]


def test_who_cannot_share_waits_and_the_others_do_not(share: Share) -> None:
    shared = crowded(share, 3)
    come(shared, (2, asks(2)), (3, WRITE), (4, asks(4)))
    assert shared.received() == [asks(2) + asks(4)]
    shared.send(shared.servers[0], *(answers(n) for n in (0, 1, 2, 4)))
    assert shared.received() == [WRITE]
    shared.send(shared.servers[0], WRITTEN)
    assert shared.told() == [answers(0), answers(1), answers(2), WRITTEN, answers(4)]


def test_who_leaves_before_the_end_of_the_turn_asks_nothing(share: Share) -> None:
    shared = crowded(share, 2)
    hear(shared, 2, asks(2))
    hear(shared, 3, asks(3))
    session(shared, 2).close(Reason.CLIENT_EOF)
    shared.house.turn()
    assert shared.received() == [asks(3)]


def test_who_sends_more_before_the_end_of_the_turn_waits_for_a_server_alone(
    share: Share,
) -> None:
    shared = crowded(share, 1)
    hear(shared, 2, asks(2))
    hear(shared, 2, WRITE)
    shared.house.turn()
    assert shared.received() == [b""]
    shared.send(shared.servers[0], answers(0), answers(1))
    assert shared.received() == [asks(2) + WRITE]


def test_if_that_fails_nobody_is_left_to_wait(
    share: Share, monkeypatch: pytest.MonkeyPatch, loop_guard: LoopGuard
) -> None:
    shared = crowded(share, 2)
    arrivals = shared.pool.multiplexing.arrivals

    def fail() -> bool:
        raise RuntimeError("a defect")

    hear(shared, 2, asks(2))
    hear(shared, 3, asks(3))
    monkeypatch.setattr(type(arrivals), "_is_open", lambda _: fail())
    shared.house.turn()
    (fault,) = loop_guard.take()
    assert str(fault["exception"]) == "a defect"
    assert session(shared, 2).closed
    assert session(shared, 3).closed
