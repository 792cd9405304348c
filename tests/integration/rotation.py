"""A pooler in transaction mode that hands out another server after each transaction."""

from tests.fixtures.pooling import PoolerProcess, StartPooler

SERVERS = 2


def rotating(
    start_pooler: StartPooler, *, max_prepared_statements: int = 200
) -> PoolerProcess:
    """Start one, with few servers."""
    return start_pooler(
        pool_mode="transaction",
        default_pool_size=SERVERS,
        debug_rotate_servers=1,
        max_prepared_statements=max_prepared_statements,
    )
