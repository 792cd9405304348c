"""The cases, as one table: what runs, on which settings, and what is owed."""

from dataclasses import dataclass
from enum import Enum

from . import measures, transfer
from .measures import Measure
from .pgbench import Script
from .sample import Metric
from .targets import PoolerConfig, Stored

POOL_OF_4 = PoolerConfig()


class Basis(Enum):
    """What is held against a bound."""

    MEDIAN = "median of ours / PgBouncer"
    LOWER = "lower quartile of ours / PgBouncer"
    OURS = "our own median"


@dataclass(frozen=True, slots=True)
class Owed:
    """A bound on one metric: at least, or at most, `bound`."""

    metric: Metric
    relation: str
    bound: float
    basis: Basis = Basis.MEDIAN

    def met(self, value: float) -> bool:
        """Tell whether `value` keeps the bound."""
        return value >= self.bound if self.relation == "≥" else value <= self.bound


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table.

    `direct`: PostgreSQL itself takes part. `fresh`: poolers start anew for every
    run. `optional`: a pooler that cannot do it is noted, not counted as a failure.
    `most_runs`: more runs than these would tell nothing new. `clients` serves to
    compare the cases of one group.
    """

    name: str
    title: str
    measure: Measure
    clients: int
    owed: tuple[Owed, ...] = ()
    config: PoolerConfig = POOL_OF_4
    group: str = ""
    direct: bool = True
    fresh: bool = False
    optional: bool = False
    most_runs: int | None = None


TPS, VOLUME, CPU = Metric.THROUGHPUT, Metric.VOLUME, Metric.CPU
SHARED = (Owed(TPS, "≥", 1.5, Basis.LOWER), Owed(CPU, "≤", 0.7))
LOGINS = (Owed(TPS, "≥", 0.9), Owed(CPU, "≤", 3.0))
BULK = (Owed(VOLUME, "≥", 1.0),)
SCALING = (10, 100, 1000, 5000)
SCALING_RATE = 2000.0


def shared(protocol: str) -> Case:
    """Return the case of 64 clients on 4 servers in one of pgbench's protocols."""
    return Case(
        f"{protocol}64",
        f"64 clients, pool 4, -S {protocol}",
        measures.with_pgbench(Script(64, protocol=protocol)),
        64,
        SHARED,
        optional=protocol == "prepared",
    )


def equal(count: int) -> Case:
    """Return the case of as many clients as servers."""
    return Case(
        f"equal{count}",
        f"{count} clients, pool {count}, -S simple",
        measures.with_pgbench(Script(count)),
        count,
        (Owed(TPS, "≥", 0.9),),
        PoolerConfig(pool_size=count),
        group="equal",
    )


def connect(name: str, title: str, auth_type: str, stored: Stored) -> Case:
    """Return the case of a new connection for every transaction."""
    return Case(
        f"connect_{name}",
        f"8 clients, pool 4, -S -C, {title}",
        measures.with_pgbench(Script(8, reconnect=True)),
        8,
        LOGINS,
        PoolerConfig(auth_type=auth_type, stored=stored),
        group="connect",
    )


def scaling(count: int) -> Case:
    """Return the case of a constant load that ever more clients share."""
    return Case(
        f"scaling{count}",
        f"{count} clients, pool 4, {SCALING_RATE:.0f} queries/s in all",
        measures.idle_majority(count, SCALING_RATE),
        count,
        group="scaling",
        direct=False,
    )


CASES = (
    shared("simple"),
    shared("extended"),
    shared("prepared"),
    Case(
        "appnames64",
        "64 clients of 64 application_names, pool 4, simple queries",
        measures.busy_clients(64),
        64,
        SHARED,
    ),
    equal(4),
    equal(8),
    Case(
        "one",
        "1 client, pool 4, -S simple",
        measures.with_pgbench(Script(1)),
        1,
        (Owed(Metric.MEDIAN, "≤", 1.15), Owed(CPU, "≤", 2.0)),
    ),
    Case(
        "tls64",
        "64 clients over TLS, pool 4, -S simple",
        measures.with_pgbench(Script(64)),
        64,
        (Owed(TPS, "≥", 0.9),),
        PoolerConfig(tls=True),
        direct=False,
    ),
    connect("trust", "trust", "trust", Stored.SECRET),
    connect("scram", "SCRAM, secret stored", "scram-sha-256", Stored.SECRET),
    connect("plain", "SCRAM, password stored", "scram-sha-256", Stored.PLAIN),
    Case(
        "copy_out",
        "1 client, COPY TO STDOUT, rows of 1 kB",
        measures.bulk(transfer.copy_out),
        1,
        BULK,
    ),
    Case(
        "copy_in",
        "1 client, COPY FROM STDIN, messages of 8 kB",
        measures.bulk(transfer.copy_in),
        1,
        BULK,
    ),
    Case(
        "large_rows",
        "1 client, rows of 1 MB",
        measures.bulk(transfer.large_rows),
        1,
        BULK,
    ),
    Case(
        "idle",
        "5000 idle clients, pool 4",
        measures.idle_clients(5000),
        5000,
        (
            Owed(Metric.MEMORY_LOGIN, "≤", 3072, Basis.OURS),
            Owed(Metric.MEMORY_QUERY, "≤", 3072, Basis.OURS),
        ),
        direct=False,
        fresh=True,
        most_runs=3,
    ),
    *(scaling(count) for count in SCALING),
    # Last, for it leaves dead rows behind that slow the look-ups down.
    Case(
        "tpcb",
        "20 clients, pool 4, tpcb-like",
        measures.with_pgbench(Script(20, builtin="tpcb-like")),
        20,
        (Owed(TPS, "≥", 0.9),),
    ),
)


def select(names: list[str]) -> list[Case]:
    """Return the cases of these names or groups, all of them for none.

    Raises ValueError for a name that is neither.
    """
    known = {case.name for case in CASES} | {case.group for case in CASES if case.group}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"no case {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
    return [
        case for case in CASES if not names or case.name in names or case.group in names
    ]
