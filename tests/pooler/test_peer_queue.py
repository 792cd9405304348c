"""Cancel requests for a peer: how many, for how long, and what a reload changes."""

import pytest

from pgpool_py.pooler.peer_queue import MOST_WAITING
from pgpool_py.pooler.stopping import Stopping
from pgpool_py.settings import PeerSettings
from pgwire.peer_key import peer_process_id
from pgwire.startup import CancelRequest
from tests.fixtures.hand import Clock
from tests.pooler.group import (
    PASSED_ON,
    THEIRS,
    THERE,
    Group,
    ask,
    beat,
    ended,
    reload,
    warnings,
)
from tests.pooler.postgres import PORT, FakePostgres

# Limits


def test_no_more_go_at_a_time_than_the_pool_size(
    group: Group, peer: FakePostgres
) -> None:
    house = group(pool_size=2)
    asking = [ask(house) for _ in range(5)]
    first = peer.waiting()
    assert len(first) == 2
    first[0].close()
    house.turn()
    assert peer.accept().received() == PASSED_ON
    assert [ended(wire) for wire in asking] == [True, False, False, False, False]


def test_the_default_pool_size_holds_for_peers_without_their_own(
    group: Group, peer: FakePostgres
) -> None:
    house = group(default_pool_size=3)
    for _ in range(5):
        ask(house)
    assert len(peer.waiting()) == 3


def test_a_storm_is_dropped_where_the_queue_is_full(
    group: Group, peer: FakePostgres, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    house = group(pool_size=1)
    asking = [ask(house) for _ in range(1 + MOST_WAITING)]
    assert not any(map(ended, asking))
    assert all(ended(ask(house)) for _ in range(5))
    assert len(peer.waiting()) == 1
    assert len(house.pooler.gatehouse.peering) == 1 + MOST_WAITING
    text = "closing because: too many cancel requests wait for this peer"
    assert warnings(caplog) == [text]
    clock.advance(10.0)
    ask(house)
    assert warnings(caplog) == [text, f"{text} (and 4 more before)"]


def test_requests_need_no_place_among_clients_and_take_none(
    group: Group, peer: FakePostgres
) -> None:
    house = group(max_client_conn=1)
    for _ in range(3):
        ask(house)
    house.come_in()
    assert len(house.pooler.gatehouse.sessions) == 1
    ask(house)
    assert len(peer.waiting()) == 4


def test_unlimited_peers_are_limited_all_the_same(
    group: Group, peer: FakePostgres
) -> None:
    house = group(pool_size=0)
    for _ in range(3):
        ask(house)
    assert len(peer.waiting()) == 3


def test_each_reason_is_said_once_however_many_peers_are_invented(
    group: Group, caplog: pytest.LogCaptureFixture
) -> None:
    house = group()
    for invented in range(1000, 1050):
        ask(house, CancelRequest(peer_process_id(invented, 0), THERE.key))
    ask(house, CancelRequest(THERE.pid, bytes(4)))
    assert len(warnings(caplog)) == 2


def test_those_that_take_too_long_are_given_up(
    group: Group, peer: FakePostgres, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    house = group(pool_size=1, cancel_wait_timeout=4.0)
    going, waiting = ask(house), ask(house)
    there = peer.accept()
    beat(house, clock, 3.0)
    assert not ended(going)
    late = ask(house)
    beat(house, clock, 1.0)
    assert ended(going)
    assert ended(waiting)
    assert not ended(late)
    assert there.received() == PASSED_ON
    assert there.ended
    assert warnings(caplog)[0] == "closing because: cancel_wait_timeout"


def test_the_pooler_looks_at_them_by_itself(
    group: Group, peer: FakePostgres, clock: Clock
) -> None:
    house = group()
    house.pooler.start()
    asking = ask(house)
    clock.advance(10.0)
    house.turn()
    assert ended(asking)


def test_without_a_limit_they_wait(group: Group, clock: Clock) -> None:
    house = group(cancel_wait_timeout=0.0)
    asking = ask(house)
    beat(house, clock, 1000.0)
    assert not ended(asking)


# Reload and end


def test_a_peer_that_was_added_gets_requests(group: Group, peer: FakePostgres) -> None:
    house = group(peers={})
    assert ended(ask(house))
    reload(house, peers={THEIRS: PeerSettings(peer.directory, PORT)})
    ask(house)
    assert peer.accept().received() == PASSED_ON


def test_requests_for_a_peer_that_was_removed_are_dropped(
    group: Group, caplog: pytest.LogCaptureFixture
) -> None:
    house = group(pool_size=1)
    asking = [ask(house), ask(house)]
    reload(house, peers={})
    assert all(map(ended, asking))
    assert house.pooler.gatehouse.peering.queues == {}
    assert warnings(caplog) == ["closing because: peer removed"]


def test_a_larger_pool_size_lets_more_go_at_once(
    group: Group, peer: FakePostgres
) -> None:
    house = group(pool_size=1)
    for _ in range(3):
        ask(house)
    assert len(peer.waiting()) == 1
    reload(house, peers={THEIRS: PeerSettings(peer.directory, PORT, 2)})
    assert len(peer.waiting()) == 1


def test_a_pooler_that_waits_for_its_clients_passes_on_what_it_has(
    group: Group, peer: FakePostgres, clock: Clock
) -> None:
    house = group()
    house.pooler.start()
    asking = ask(house)
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    assert not house.pooler.stopped.is_set()
    peer.accept().close()
    clock.advance(0.1)
    house.turn()
    assert ended(asking)
    assert house.pooler.stopped.is_set()


def test_a_pooler_that_stops_gives_them_up(group: Group, peer: FakePostgres) -> None:
    house = group(pool_size=1)
    asking = [ask(house), ask(house)]
    house.pooler.shut_down(Stopping.NOW)
    house.turn()
    assert all(map(ended, asking))
    assert len(peer.waiting()) == 1
