"""Limits on servers that several pools share, and who gives way at one that is full."""

from pgpool_py.pooler.quotas import Quotas, evict
from pgpool_py.settings import DatabaseSettings, Settings
from tests.pooler.staging import Stage


def test_pools_of_one_database_or_one_user_count_together() -> None:
    settings = Settings(
        databases={"shop": DatabaseSettings(), "blog": DatabaseSettings()},
        max_db_connections=7,
        max_user_connections=5,
    )
    quotas = Quotas()
    shop, ann = quotas.of(settings.for_pool("shop", "ann"))
    assert (shop.limit, ann.limit) == (7, 5)
    assert quotas.of(settings.for_pool("shop", "bea"))[0] is shop
    assert quotas.of(settings.for_pool("blog", "ann"))[1] is ann
    lowered = Settings(databases=settings.databases, max_db_connections=3)
    assert quotas.of(lowered.for_pool("shop", "ann")) == (shop, ann)
    assert (shop.limit, ann.limit) == (3, 0)


def test_what_no_pool_counts_to_is_forgotten(stage: Stage) -> None:
    settings = Settings(databases={"shop": DatabaseSettings()})
    quotas = Quotas()
    before = quotas.of(settings.for_pool("shop", "ann"))
    quotas.forget([stage.pool()])
    after = quotas.of(settings.for_pool("shop", "ann"))
    assert after[0] is not before[0]
    assert after[1] is not before[1]


def test_who_was_idle_longest_gives_way(stage: Stage) -> None:
    pool = stage.pool()
    younger, older = stage.server(pool), stage.server(pool)
    older.since -= 5.0
    assert evict([pool], pool.quotas[:1])
    assert (younger.closed, older.closed) == (False, True)


def test_one_server_makes_room_in_all_quotas_to_which_it_counts(stage: Stage) -> None:
    pool = stage.pool()
    servers = [stage.server(pool) for _ in range(2)]
    assert evict([pool], pool.quotas)
    assert sum(server.closed for server in servers) == 1


def test_nobody_gives_way_where_that_makes_no_room(stage: Stage) -> None:
    # Of the database somebody is idle; of the user nobody is.
    anns, beas = stage.pool(), stage.pool(user="bea")
    idle = stage.server(beas)
    stage.server(anns, stage.client(anns))
    assert not evict([anns, beas], anns.quotas)
    assert not idle.closed
