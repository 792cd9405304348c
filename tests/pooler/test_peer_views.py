"""What can be seen of peers, and of the requests for them."""

from collections.abc import Callable

import pytest

from pgpool_py.net.resolver import Answer
from pgpool_py.pooler.peer_views import PeerPoolView, PeerView, peer_pools, peers
from pgpool_py.settings import PeerSettings, Settings
from pgwire.peer_key import peer_process_id
from pgwire.startup import CancelRequest
from tests.pooler.house import House
from tests.pooler.postgres import PORT, FakePostgres


def test_peers_are_shown_by_id_with_the_pool_size_that_holds() -> None:
    settings = Settings(
        default_pool_size=9,
        peers={7: PeerSettings("/seven", 6433, 3), 2: PeerSettings("two")},
    )
    assert peers(settings) == [
        PeerView(2, "two", 6432, 9),
        PeerView(7, "/seven", 6433, 3),
    ]


def test_requests_are_counted_by_how_far_they_are(
    build: Callable[..., House], peer: FakePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = build(
        peer_id=1,
        peers={
            7: PeerSettings(peer.directory, PORT, 1),
            2: PeerSettings("slow.example", PORT, 2),
            9: PeerSettings("never asked"),
        },
    )
    resolver = house.pooler.context.resolver
    look_up = resolver.resolve

    def resolve(host: str, port: int, then: Callable[[Answer], None]) -> None:
        if host != "slow.example":
            look_up(host, port, then)

    monkeypatch.setattr(resolver, "resolve", resolve)
    for peer_id, times in ((7, 3), (2, 3)):
        for number in range(times):
            request = CancelRequest(peer_process_id(peer_id, number), b"\0\0\0\3")
            house.arrive(request.encode())
    shown = peer_pools(house.pooler.gatehouse.peering.queues)
    assert shown == [
        PeerPoolView(2, 0, 3, 0, 2),
        PeerPoolView(7, 1, 2, 1, 0),
    ]
