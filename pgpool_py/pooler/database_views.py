"""The databases of a pooler at one moment, as frozen data."""

from dataclasses import dataclass

from pgpool_py.settings import (
    FALLBACK_DATABASE,
    DatabaseSettings,
    LoadBalanceHosts,
    PoolMode,
)

from .pooler import Pooler
from .views import balance


@dataclass(frozen=True, slots=True)
class DatabaseView:
    """One database, as configured or as registered by ``*``.

    Attributes:
        host: several are separated by commas; None for the default unix socket.
        dbname: at the servers.
        force_user, pool_mode: None where the database does not say.
        load_balance_hosts: None where there is but one host.
        paused: whether this database itself is paused.
    """

    name: str
    host: str | None
    port: int
    dbname: str
    force_user: str | None
    pool_size: int
    min_pool_size: int
    reserve_pool_size: int
    server_lifetime: float
    pool_mode: PoolMode | None
    load_balance_hosts: LoadBalanceHosts | None
    max_connections: int
    current_connections: int
    max_client_connections: int
    current_client_connections: int
    paused: bool
    disabled: bool


def databases(pooler: Pooler) -> list[DatabaseView]:
    """View all databases by name; those registered by ``*`` while they have pools."""
    names = {pool.database for pool in pooler.pools.values()}
    names.update(pooler.settings.databases)
    names.update(pooler.paused_databases, pooler.disabled_databases)
    names.discard(FALLBACK_DATABASE)
    find = pooler.settings.find_database
    known = sorted(name for name in names if find(name) is not None)
    return [_database(pooler, name) for name in known]


def _database(pooler: Pooler, name: str) -> DatabaseView:
    settings = pooler.settings
    line = settings.find_database(name) or DatabaseSettings()
    limits = settings.for_pool(name, line.user or "")
    pools_of = [pool for pool in pooler.pools.values() if pool.database == name]
    sessions = pooler.gatehouse.sessions.values()
    privates = pooler.gatehouse.replications.privates.values()
    private = sum(1 for one in privates if one.pool.database == name)
    return DatabaseView(
        name=name,
        host=",".join(line.host) if line.host else None,
        port=limits.target.port,
        dbname=limits.target.dbname,
        force_user=line.user,
        pool_size=_first(line.pool_size, settings.default_pool_size),
        min_pool_size=_first(line.min_pool_size, settings.min_pool_size),
        reserve_pool_size=_first(line.reserve_pool_size, settings.reserve_pool_size),
        server_lifetime=limits.server_lifetime,
        pool_mode=line.pool_mode,
        load_balance_hosts=balance(line.host, line.load_balance_hosts),
        max_connections=limits.max_db_connections,
        current_connections=private + sum(pool.books.total for pool in pools_of),
        max_client_connections=limits.max_db_client_connections,
        current_client_connections=private
        + sum(1 for session in sessions if session.identity.database == name),
        paused=name in pooler.paused_databases,
        disabled=name in pooler.disabled_databases,
    )


def _first(own: int | None, general: int) -> int:
    return general if own is None else own
