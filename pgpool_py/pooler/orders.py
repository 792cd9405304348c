"""What an operator orders for databases and clients while everything goes on."""

from pgpool_py import errors
from pgpool_py.reasons import Reason

from .pool import Pool
from .pooler import Pooler


def reconnect(pooler: Pooler, database: str | None = None) -> None:
    """Replace all servers, of one database or of all."""
    for pool in _pools_of(pooler, database):
        pooler.reconnect(pool)


def kill(pooler: Pooler, database: str | None = None) -> None:
    """Close all clients and servers; who comes then waits for a resume.

    Without ``database`` this is about every database that has a pool.
    """
    pools = _pools_of(pooler, database)
    names = {pool.database for pool in pools} if database is None else {database}
    for name in names:
        pooler.pause(name)
    if database is None:
        pooler.killed |= names
    for pool in pools:
        error = errors.database_removed(pool.database)
        pooler.close_clients(pool, Reason.DATABASE_REMOVED, error)
        pool.clear(error, Reason.DATABASE_REMOVED)


def kill_client(pooler: Pooler, number: int) -> bool:
    """Close a client by its number; False if there is none."""
    house = pooler.gatehouse
    reason, error = Reason.ADMIN_DISCONNECT, errors.admin_disconnect()
    for session in house.sessions.values():
        if session.identity.number == number:
            session.close(reason, error)
            return True
    for private in house.replications.privates.values():
        if private.relay.identity.number == number:
            private.relay.close(reason, error)
            return True
    for arrival in house.arrivals:
        if arrival.entering and arrival.visitor.number == number:
            arrival.refuse(reason, error)
            return True
    return False


def outdated_servers(pooler: Pooler, database: str | None = None) -> int:
    """Count servers that are replaced when they come back, of one database or all."""
    return sum(
        server.close_needed
        for pool in _pools_of(pooler, database)
        for server in (*pool.books.busy, *pool.books.idle)
    )


def _pools_of(pooler: Pooler, database: str | None) -> list[Pool]:
    pools = pooler.pools.values()
    return [pool for pool in pools if database in {None, pool.database}]
