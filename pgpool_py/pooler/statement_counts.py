"""What a pool has counted, with what the ledgers of its servers count of statements.

Prepared statements are counted where messages are looked at, by the ledger of the
server that they are for; its pool takes that over when somebody looks, or the server is
closed.
"""

from pgpool_py.statistics import Snapshot

from .pool import Pool


def counted(pool: Pool) -> Snapshot:
    """Copy what a pool has counted so far."""
    for server in (*pool.books.idle, *pool.books.busy):
        pool.counters.collect(server.ledger.statements)
    return pool.counters.snapshot()
