"""What multiplexing does in each pool, at one moment, as frozen data."""

from dataclasses import dataclass, replace

from pgpool_py.settings import Multiplex
from pgpool_py.statistics import MultiplexedCounts

from .pool import Pool
from .pooler import Pooler


@dataclass(frozen=True, slots=True)
class MultiplexingView:
    """One pool.

    Attributes:
        depth: how many exchanges may be in flight on one server now.
        servers: how many are shared.
        in_flight: exchanges on these.
        counts: what became of exchanges so far.
    """

    database: str
    user: str
    multiplexing: Multiplex
    depth: int
    servers: int
    in_flight: int
    counts: MultiplexedCounts


def multiplexing(pooler: Pooler) -> list[MultiplexingView]:
    """View all pools, by database and user."""
    return [_view(pool) for _, pool in sorted(pooler.pools.items())]


def _view(pool: Pool) -> MultiplexingView:
    shared = pool.multiplexing
    return MultiplexingView(
        database=pool.database,
        user=pool.user,
        multiplexing=Multiplex.AUTO if pool.shares else Multiplex.OFF,
        depth=shared.tempo.depth if pool.shares else 1,
        servers=len(shared.pipelines),
        in_flight=shared.in_flight,
        counts=replace(shared.counts),
    )
