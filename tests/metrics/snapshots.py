"""Snapshots as tests need them."""

from collections.abc import Iterable
from types import MappingProxyType

from pgpool_py.insight.condition import Condition, State
from pgpool_py.insight.reloads import Reloaded
from pgpool_py.insight.snapshot import (
    DatabaseSnapshot,
    PoolerSnapshot,
    PoolNow,
    PoolSnapshot,
    ProcessSnapshot,
)
from pgpool_py.statistics import Distribution, Snapshot, Tallied

READY = Condition(State.READY)
APP = PoolSnapshot(
    "app",
    "ann",
    PoolNow(clients_active=2, clients_waiting=3, servers_active=2, limit=4),
    Snapshot(query_count=7, server_assignment_count=5),
    Tallied(clients_closed=MappingProxyType({"evicted": 2})),
)


def database(name: str) -> DatabaseSnapshot:
    return DatabaseSnapshot(
        name,
        clients=5,
        max_clients=0,
        servers=2,
        max_servers=9,
        paused=False,
        disabled=True,
    )


def snapshot(
    *pools: PoolSnapshot,
    condition: Condition = READY,
    databases: Iterable[DatabaseSnapshot] = (database("app"),),
) -> PoolerSnapshot:
    """Return one of these pools, or of one that has seen a little."""
    process = ProcessSnapshot(
        version="1.2",
        python="3.11.2",
        pid=77,
        started=1000.0,
        cpu=1.5,
        lag=Distribution(),
        latest_lag=0.0,
        clients=5,
        max_clients=100,
        arriving=1,
        consoles=0,
        reloaded=Reloaded(1000.0),
        nobodys=Tallied(client_errors=MappingProxyType({"28P01": 4})),
    )
    return PoolerSnapshot(2000.0, condition, process, pools or (APP,), tuple(databases))
