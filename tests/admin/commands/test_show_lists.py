"""SHOW LISTS."""

from dataclasses import replace

from pgpool_py.settings import PeerSettings
from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


def test_there_are_fourteen_lists_in_order(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    stage.server(pool)
    peers = {1: PeerSettings("127.0.0.1"), 2: PeerSettings("127.0.0.2")}
    stage.pooler.context.settings = replace(stage.settings, peers=peers)
    assert opened(stage).ask("SHOW LISTS").rows == [
        # The console counts too, and who asks.
        ("databases", "2"),
        ("users", "3"),
        ("peers", "2"),
        ("pools", "2"),
        ("peer_pools", "0"),
        ("free_clients", "0"),
        ("used_clients", "2"),
        ("login_clients", "0"),
        ("free_servers", "0"),
        ("used_servers", "2"),
        ("dns_names", "0"),
        ("dns_zones", "0"),
        ("dns_queries", "0"),
        ("dns_pending", "0"),
    ]
