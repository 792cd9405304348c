"""SHOW PEERS and SHOW PEER_POOLS."""

from dataclasses import replace

import pytest

from pgpool_py.pooler.peer_views import PeerPoolView
from pgpool_py.settings import PeerSettings
from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


def test_peers_come_by_id_with_the_pool_size_that_holds(stage: Stage) -> None:
    peers = {7: PeerSettings("/seven", 6433, 3), 2: PeerSettings("two")}
    stage.pooler.context.settings = replace(
        stage.settings, peers=peers, default_pool_size=9
    )
    assert opened(stage).ask("SHOW PEERS").rows == [
        ("2", "two", "6432", "9"),
        ("7", "/seven", "6433", "3"),
    ]


def test_requests_for_a_peer_are_shown_in_the_order_of_the_columns(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogue = opened(stage)
    view = PeerPoolView(7, 1, 2, 3, 4)
    monkeypatch.setattr("pgpool_py.pooler.peer_views.peer_pools", lambda queues: [view])
    answer = dialogue.ask("SHOW PEER_POOLS")
    assert answer.rows == [("7", "1", "2", "3", "4")]
    assert ("peer_pools", "1") in dialogue.ask("SHOW LISTS").rows
