"""The servers of a pool when its settings change."""

from collections.abc import Callable
from dataclasses import replace

from pgpool_py.settings import PoolMode

from .postgres import Bench, server_of


def test_who_has_a_session_from_now_on_is_notified(
    set_up: Callable[..., Bench],
) -> None:
    bench = set_up(pool_mode=PoolMode.TRANSACTION)
    client, _ = bench.open()
    server = server_of(client)
    assert not server.ledger.notifies
    changed = replace(bench.pool.settings, pool_mode=PoolMode.SESSION)
    bench.pool.reconfigure(changed)
    assert server.ledger.notifies
