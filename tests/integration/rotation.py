"""A pooler in transaction mode that hands out another server after each transaction."""

import psycopg
import pytest
from psycopg.rows import TupleRow

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


def rotating_all(start_pooler: StartPooler) -> PoolerProcess:
    """Start one, and have all its servers opened."""
    pooler = rotating(start_pooler)
    with pooler.connect() as one, pooler.connect() as other, one.transaction():
        one.execute("SELECT 1")
        other.execute("SELECT 1")
    assert len(pooler.backends()) == SERVERS
    return pooler


def value(client: psycopg.Connection[TupleRow], query: str) -> object:
    """Run a Query; return the first column of its only row."""
    row = client.execute(query).fetchone()
    assert row is not None
    return row[0]


def error_of(client: psycopg.Connection[TupleRow], query: str) -> psycopg.Error:
    """Run a Query that fails; return its error."""
    with pytest.raises(psycopg.Error) as caught:
        client.execute(query)
    return caught.value
