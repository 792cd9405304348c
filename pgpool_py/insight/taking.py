"""Taking a snapshot of a pooler; in its loop, at once."""

from collections import Counter
from dataclasses import fields, replace

from pgpool_py.pooler.client_views import by_pool, server_of
from pgpool_py.pooler.holders import holders, waiting
from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.pooler.views import PoolView, pools
from pgpool_py.settings import FALLBACK_DATABASE
from pgpool_py.statistics import MultiplexedCounts, Tallied

from .advice import Advisor
from .leaks import current
from .snapshot import DatabaseSnapshot, Multiplexed, PoolNow, PoolSnapshot


def take_pools(
    pooler: Pooler, advisor: Advisor | None = None
) -> tuple[PoolSnapshot, ...]:
    """Give all pools, and what those counted that are no more."""
    clients, now = by_pool(pooler), pooler.now
    threshold = pooler.settings.leak_detection_threshold
    found = [
        PoolSnapshot(
            *key,
            counted=gone.snapshot(),
            tallied=gone.tallies.snapshot(),
            multiplexed=_multiplexed(gone.multiplexed),
            exchanged=gone.exchanged(),
        )
        for key, gone in (*pooler.retired.items(), *pooler.retired.strangers())
    ]
    for view in pools(pooler):
        pool = pooler.pools[view.database, view.user]
        served = sum(server_of(client) is not None for client in clients.get(pool, ()))
        served += len(pooler.gatehouse.replications.of(pool))
        found.append(
            PoolSnapshot(
                view.database,
                view.user,
                replace(_now(pool, view, served), leaks=current(pool, threshold, now)),
                view.statistics,
                _tallied(pool),
                _multiplexed(pool.multiplexing.counts),
                exchanged=pool.counters.exchanged(),
                holders=tuple(holders(pool, now)),
                waiting=tuple(waiting(pool, now)),
                advice=None if advisor is None else advisor.of(pool),
            )
        )
    return tuple(sorted(found, key=lambda pool: (pool.database, pool.user)))


def _now(pool: Pool, view: PoolView, served: int) -> PoolNow:
    return PoolNow(
        clients_active=served,
        # PgBouncer's "active" are both.
        clients_idle=view.cl_active - served,
        clients_waiting=view.cl_waiting,
        clients_pinned=len(pool.pins.holders),
        servers_active=view.sv_active,
        servers_busy=view.sv_tested + view.sv_being_canceled,
        servers_idle=view.sv_idle,
        servers_opening=view.sv_login,
        limit=pool.settings.pool_size,
        oldest_wait=view.maxwait,
        shared=len(pool.multiplexing.pipelines),
        in_flight=pool.multiplexing.in_flight,
        paused=int(view.paused),
    )


def _tallied(pool: Pool) -> Tallied:
    """Give what was tallied, with what servers count that are still there."""
    tallied = pool.counters.tallies.snapshot()
    servers = (*pool.books.idle, *pool.books.busy)
    statements = [server.ledger.statements for server in servers]
    return replace(
        tallied,
        prepared_hits=tallied.prepared_hits + sum(one.hits for one in statements),
        prepared_misses=tallied.prepared_misses + sum(one.misses for one in statements),
    )


def _multiplexed(counts: MultiplexedCounts) -> Multiplexed:
    return Multiplexed(**{f.name: getattr(counts, f.name) for f in fields(Multiplexed)})


def take_databases(pooler: Pooler) -> tuple[DatabaseSnapshot, ...]:
    """Give all databases by name; those registered by ``*`` while they have pools."""
    settings, clients = pooler.settings, pooler.gatehouse.census.databases
    servers = Counter[str]()
    for pool in pooler.pools.values():
        servers[pool.database] += pool.books.total
    for private in pooler.gatehouse.replications.privates.values():
        servers[private.pool.database] += 1
    halted = pooler.paused_databases | pooler.disabled_databases
    names = {*settings.databases, *servers, *halted} - {FALLBACK_DATABASE}
    found = []
    for name in sorted(names):
        line = settings.find_database(name)
        if line is None:
            continue
        limits = settings.for_pool(name, line.user or "")
        found.append(
            DatabaseSnapshot(
                name=name,
                clients=clients.get(name, 0),
                max_clients=limits.max_db_client_connections,
                servers=servers[name],
                max_servers=limits.max_db_connections,
                paused=pooler.paused or name in pooler.paused_databases,
                disabled=name in pooler.disabled_databases,
            )
        )
    return tuple(found)
