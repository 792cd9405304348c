"""Keeping the number of series in bounds: names may be the clients' to choose."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeVar

from pgpool_py.insight.snapshot import DatabaseSnapshot, PoolerSnapshot, PoolSnapshot
from pgpool_py.statistics import OTHER

T = TypeVar("T")

#: Pools that have series of their own, and databases.
MOST: Final = 100

_REST: Final = (OTHER, OTHER)


class Bounds:
    """Lets the first :data:`MOST` names have series of their own; sums up the rest.

    Who has one keeps it: a counter that went from one series to another would seem to
    begin anew. In any thread.
    """

    __slots__ = ("_databases", "_lock", "_pools")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: set[tuple[str, str]] = set()
        self._databases: set[str] = set()

    def apply(self, snapshot: PoolerSnapshot) -> PoolerSnapshot:
        """Give the snapshot with what has no series of its own as ``other``."""
        with self._lock:
            return replace(
                snapshot,
                pools=self._bound_pools(snapshot.pools),
                databases=self._bound_databases(snapshot.databases),
            )

    def _bound_pools(self, pools: Iterable[PoolSnapshot]) -> tuple[PoolSnapshot, ...]:
        kept, rest = [], None
        for pool in pools:
            key = (pool.database, pool.user)
            if key != _REST and _has_room(self._pools, key):
                kept.append(pool)
            else:
                rest = (rest or PoolSnapshot(*_REST)).plus(pool)
        return (*kept, rest) if rest is not None else tuple(kept)

    def _bound_databases(
        self, databases: Iterable[DatabaseSnapshot]
    ) -> tuple[DatabaseSnapshot, ...]:
        # What all others have together says nothing that those of pools do not.
        return tuple(d for d in databases if _has_room(self._databases, d.name))


def _has_room(known: set[T], key: T) -> bool:
    if key not in known and len(known) < MOST:
        known.add(key)
    return key in known
