"""Servers that count to limits which other pools share: when one may be opened."""

from collections.abc import Callable

from pgpool_py.pool.quota import Quota
from pgpool_py.reasons import Reason
from tests.fixtures.messages import fatal
from tests.pooler.postgres import Bench

SetUp = Callable[..., Bench]


def test_every_server_counts_to_the_quotas_until_it_is_gone(set_up: SetUp) -> None:
    quotas = (Quota(5), Quota())
    bench = set_up(quotas=quotas)
    _, wire = bench.open()
    bench.request()
    assert [quota.used for quota in quotas] == [2, 2]
    refused = bench.postgres.accept()
    refused.send(fatal("no", "53300"))
    bench.turn()
    assert [quota.used for quota in quotas] == [1, 1]
    wire.close()
    bench.turn()
    bench.pool.staffing.stop()
    assert [quota.used for quota in quotas] == [0, 0]


def test_a_full_quota_opens_nothing_unless_another_pool_gives_way(
    set_up: SetUp,
) -> None:
    quota = Quota(1)
    bench = set_up(quotas=(quota,))
    quota.add()
    client = bench.request()
    assert bench.postgres.waiting() == []
    asked = []

    def evict(full: tuple[Quota, ...]) -> bool:
        asked.append(full)
        quota.remove()
        return True

    bench.context.evict = evict
    bench.pool.grow()
    bench.turn()
    assert asked == [(quota,)]
    bench.log_in(bench.postgres.accept())
    assert client.calls == ["linked"]
    assert quota.used == 1


def test_room_is_asked_for_in_all_full_quotas_at_once(set_up: SetUp) -> None:
    quotas = (Quota(1), Quota(1))
    bench = set_up(quotas=quotas)
    for quota in quotas:
        quota.add()
    asked = []

    def evict(full: tuple[Quota, ...]) -> bool:
        asked.append(full)
        return False

    bench.context.evict = evict
    bench.request()
    assert asked == [quotas]
    assert bench.postgres.waiting() == []


def test_a_minimum_takes_no_server_from_another_pool(set_up: SetUp) -> None:
    quota = Quota(1)
    bench = set_up(quotas=(quota,), min_pool_size=1)
    quota.add()

    def evict(full: tuple[Quota, ...]) -> bool:
        raise AssertionError("nobody waits")

    bench.context.evict = evict
    bench.pool.grow()
    bench.turn()
    assert bench.postgres.waiting() == []
    quota.remove()
    bench.pool.grow()
    bench.turn()
    bench.log_in(bench.postgres.accept())
    assert bench.states() == ["idle"]


def test_a_server_that_was_evicted_is_not_replaced_at_once(set_up: SetUp) -> None:
    quota = Quota(1)
    bench = set_up(quotas=(quota,), min_pool_size=1)
    bench.pool.grow()
    bench.turn()
    bench.log_in(bench.postgres.accept())
    (server,) = bench.pool.books.idle
    server.close(Reason.EVICTED)
    bench.turn()
    assert bench.postgres.waiting() == []
    assert quota.used == 0
