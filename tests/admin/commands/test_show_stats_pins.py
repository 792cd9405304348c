"""SHOW STATS_PINS."""

from tests.admin.dialogue import opened
from tests.pooler.staging import Stage
from tests.pooler.test_pin_views import pin


def test_it_is_told_by_pool_who_is_pinned_and_how_often_any_was(stage: Stage) -> None:
    ann, bob = stage.pool("shop", "ann"), stage.pool("shop", "bob")
    pin(stage, ann, 7.0, "advisory lock")
    pin(stage, ann, 5.0, "temporary object")
    # It may be in a moment.
    pin(stage, bob, 0.0)
    ann.counters.pin_count, bob.counters.pin_count = 9, 2
    assert opened(stage).ask("SHOW STATS_PINS").rows == [
        ("pgbouncer", "pgbouncer", "0", "0"),
        ("shop", "ann", "2", "9"),
        ("shop", "bob", "0", "2"),
    ]


def test_a_pool_that_was_dropped_is_counted_on(stage: Stage) -> None:
    pool = stage.pool()
    pool.counters.client_login_count, pool.counters.pin_count = 1, 3
    stage.pooler.retired.keep(("shop", "ann"), pool.counters)
    stage.pooler.pools.clear()
    found = opened(stage).ask("SHOW STATS_PINS").rows
    assert ("shop", "ann", "0", "3") in found
