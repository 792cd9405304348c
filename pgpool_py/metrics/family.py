"""A metric: its name, what it means, and how it is read from a snapshot."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pgpool_py.insight.snapshot import (
    DatabaseSnapshot,
    PoolerSnapshot,
    PoolSnapshot,
    ProcessSnapshot,
)
from pgpool_py.statistics import Distribution, Tallied


class Kind(StrEnum):
    """What Prometheus calls a type of metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


Value: TypeAlias = float | Distribution
# The values of the labels, and the metric's.
Sample: TypeAlias = tuple[tuple[str, ...], Value]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric, by Prometheus' conventions: base units, counters end in ``_total``.

    Attributes:
        labels: their names.
        samples: gives the samples of a snapshot.
    """

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...]
    samples: Callable[[PoolerSnapshot], Iterable[Sample]]


def of_pools(
    name: str, kind: Kind, meaning: str, read: Callable[[PoolSnapshot], Value]
) -> Family:
    """Give a metric that each pool has one of."""

    def samples(snapshot: PoolerSnapshot) -> Iterator[Sample]:
        for pool in snapshot.pools:
            yield (pool.database, pool.user), read(pool)

    return Family(name, kind, meaning, ("database", "user"), samples)


def of_pools_by(
    name: str,
    kind: Kind,
    meaning: str,
    label: str,
    read: Callable[[PoolSnapshot], Mapping[str, float]],
) -> Family:
    """Give a metric that each pool has several of, told apart by one more label."""

    def samples(snapshot: PoolerSnapshot) -> Iterator[Sample]:
        for pool in snapshot.pools:
            for key, value in read(pool).items():
                yield (pool.database, pool.user, key), value

    return Family(name, kind, meaning, ("database", "user", label), samples)


def of_everybody_by(
    name: str,
    meaning: str,
    label: str,
    read: Callable[[Tallied], Mapping[str, int]],
    always: Iterable[str] = (),
) -> Family:
    """Give a counter by name; of clients that are in no pool the labels are empty.

    What is ``always`` there begins with 0: Prometheus takes no notice of the first time
    where a series begins with 1.
    """
    zeros = dict.fromkeys(always, 0)

    def samples(snapshot: PoolerSnapshot) -> Iterator[Sample]:
        nobody = PoolSnapshot("", "", tallied=snapshot.process.nobodys)
        for pool in (nobody, *snapshot.pools):
            for key, value in (zeros | dict(read(pool.tallied))).items():
                yield (pool.database, pool.user, key), value

    return Family(name, Kind.COUNTER, meaning, ("database", "user", label), samples)


def of_databases(
    name: str, meaning: str, read: Callable[[DatabaseSnapshot], float]
) -> Family:
    """Give a gauge that each database has one of."""

    def samples(snapshot: PoolerSnapshot) -> Iterator[Sample]:
        for database in snapshot.databases:
            yield (database.name,), read(database)

    return Family(name, Kind.GAUGE, meaning, ("database",), samples)


def of_process(
    name: str, kind: Kind, meaning: str, read: Callable[[ProcessSnapshot], Value]
) -> Family:
    """Give a metric that there is one of."""

    def samples(snapshot: PoolerSnapshot) -> Iterator[Sample]:
        yield (), read(snapshot.process)

    return Family(name, kind, meaning, (), samples)
