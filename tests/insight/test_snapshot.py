"""What pools have together."""

from pgpool_py.insight.snapshot import Multiplexed, PoolNow, PoolSnapshot
from pgpool_py.statistics import Snapshot, Tallied


def test_pools_are_added_under_the_name_of_the_first() -> None:
    one = PoolSnapshot(
        "app",
        "ann",
        PoolNow(clients_active=1, limit=4, oldest_wait=2.0),
        Snapshot(query_count=3),
        Tallied(cancels=1),
        Multiplexed(shared=5),
    )
    two = PoolSnapshot(
        "blog",
        "bob",
        PoolNow(clients_active=2, limit=6, oldest_wait=1.0),
        Snapshot(query_count=4),
        Tallied(cancels=2),
        Multiplexed(shared=6),
    )
    assert one.plus(two) == PoolSnapshot(
        "app",
        "ann",
        # Of waits the longest.
        PoolNow(clients_active=3, limit=10, oldest_wait=2.0),
        Snapshot(query_count=7),
        Tallied(cancels=3),
        Multiplexed(shared=11),
    )


def test_what_is_lent_or_busy_is_used_and_without_a_limit_nothing_is_full() -> None:
    now = PoolNow(servers_active=2, servers_busy=1, servers_idle=1, limit=4)
    assert now.utilisation == 0.75
    assert PoolNow(servers_active=2).utilisation == 0.0
