"""Cancel requests in a group: whose they are, and which are passed on."""

import errno
from collections.abc import Callable

import pytest

from pgpool_py.net.address import unix_socket_path
from pgpool_py.net.resolver import Answer
from pgwire.peer_key import peer_process_id
from pgwire.startup import CancelRequest
from tests.fixtures.messages import query, told
from tests.pooler.group import (
    OURS,
    PASSED_ON,
    THERE,
    Group,
    ask,
    ended,
    reload,
    warnings,
)
from tests.pooler.house import House
from tests.pooler.postgres import PORT, FakePostgres
from tests.pooler.test_gatehouse import key_of

# For our own clients


@pytest.mark.parametrize("hops", [0, 1, 2, 3])
def test_a_request_that_was_passed_on_reaches_our_client(
    group: Group, hops: int
) -> None:
    house = group()
    client = house.come_in()
    key = key_of(client.received())
    house.pooler.pause()
    house.send(client, query("SELECT 1"))
    spent = key.key[:3] + bytes((key.key[3] & ~3 | hops,))
    assert ended(ask(house, CancelRequest(key.pid, spent)))
    assert told(client.received())[1] == "57014"


def test_one_with_our_id_and_a_wrong_key_goes_nowhere(
    group: Group, peer: FakePostgres, caplog: pytest.LogCaptureFixture
) -> None:
    house = group()
    assert ended(ask(house, CancelRequest(peer_process_id(OURS, 5), b"ab\0\xf3")))
    assert peer.waiting() == []
    assert warnings(caplog) == ["closing because: failed cancel request"]


def test_a_client_of_before_the_reload_is_still_reached(
    group: Group, peer: FakePostgres
) -> None:
    house = group(peer_id=0)
    client = house.come_in()
    key = key_of(client.received())
    reload(house, peer_id=OURS)
    house.pooler.pause()
    house.send(client, query("SELECT 1"))
    assert ended(ask(house, CancelRequest(key.pid, key.key)))
    assert told(client.received())[1] == "57014"
    assert peer.waiting() == []


# For others


def test_a_request_for_a_peer_is_passed_on_with_a_hop_less(
    group: Group, peer: FakePostgres
) -> None:
    house = group()
    ask(house)
    assert peer.accept().received() == PASSED_ON


def test_whoever_asks_waits_until_the_peer_has_it(
    group: Group, peer: FakePostgres
) -> None:
    house = group()
    asking = ask(house)
    assert not ended(asking)
    assert house.pooler.gatehouse.arrivals == {}
    peer.accept().close()
    house.turn()
    assert ended(asking)
    assert len(house.pooler.gatehouse.peering) == 0


def test_it_is_passed_on_for_one_who_does_not_wait(
    group: Group, peer: FakePostgres
) -> None:
    house = group(pool_size=1)
    ask(house)
    ask(house).close()
    house.turn()
    peer.accept().close()
    house.turn()
    assert peer.accept().received() == PASSED_ON


def test_without_a_peer_id_nothing_is_passed_on(
    group: Group, peer: FakePostgres
) -> None:
    house = group(peer_id=0)
    assert ended(ask(house))
    assert peer.waiting() == []


def test_a_long_key_names_no_peer(group: Group, peer: FakePostgres) -> None:
    house = group()
    assert ended(ask(house, CancelRequest(THERE.pid, bytes(32))))
    assert peer.waiting() == []


@pytest.mark.parametrize("unknown", [0, 8, 16383, 65535])
def test_one_for_an_unknown_peer_is_dropped(
    group: Group, caplog: pytest.LogCaptureFixture, unknown: int
) -> None:
    house = group()
    assert ended(ask(house, CancelRequest(peer_process_id(unknown, 5), THERE.key)))
    assert warnings(caplog) == [
        "closing because: could not find peer to forward request to"
    ]


def test_one_that_was_passed_on_too_often_is_dropped(
    group: Group, peer: FakePostgres, caplog: pytest.LogCaptureFixture
) -> None:
    house = group()
    assert ended(ask(house, CancelRequest(THERE.pid, b"ab\0\xf0")))
    assert peer.waiting() == []
    assert warnings(caplog) == [
        (
            "closing because: failed to forward cancel request because its TTL was "
            "exhausted"
        )
    ]


def test_a_peer_that_cannot_be_reached_is_told_of_in_the_log(
    group: Group, peer: FakePostgres, caplog: pytest.LogCaptureFixture
) -> None:
    house = group()
    peer.stop_listening()
    assert ended(ask(house))
    assert warnings(caplog) == ["closing because: cancel request failed"]
    assert len(house.pooler.gatehouse.peering) == 0


def answer_with(
    house: House, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> list[tuple[str, int]]:
    """Let this be the answer to every look-up; return what is asked for."""
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int, then: Callable[[Answer], None]) -> None:
        asked.append((host, port))
        then(list(answer) if isinstance(answer, list) else answer)

    monkeypatch.setattr(house.pooler.context.resolver, "resolve", resolve)
    return asked


def test_a_peer_whose_first_address_is_deaf_is_reached_by_the_next(
    group: Group, peer: FakePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = group()
    there = unix_socket_path(peer.directory, PORT)
    asked = answer_with(house, monkeypatch, [there + "0", there])
    ask(house)
    assert asked == [(peer.directory, PORT)]
    assert peer.accept().received() == PASSED_ON


def test_names_without_an_address_fail_all_who_wait(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = group(pool_size=1)
    answer_with(house, monkeypatch, OSError(errno.ENOENT, "no such name"))
    assert all(ended(ask(house)) for _ in range(3))
    assert len(house.pooler.gatehouse.peering) == 0
