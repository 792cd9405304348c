"""The cases, as one table."""

from collections.abc import Callable

from . import measures, mixture, tails, transfer, watching
from .case import Basis, Case, Owed
from .contest import KEEPING_STATE, UNDER_WATCH, WITH_ITSELF
from .disturbance import Disturbance
from .pgbench import Script
from .sample import Metric
from .statements import Statements
from .targets import PoolerConfig, Stored

TPS, VOLUME, CPU = Metric.THROUGHPUT, Metric.VOLUME, Metric.CPU
SHARED = (Owed(TPS, "≥", 1.5, Basis.LOWER), Owed(CPU, "≤", 0.7))
LOGINS = (Owed(TPS, "≥", 0.9), Owed(CPU, "≤", 3.0))
BULK = (Owed(VOLUME, "≥", 1.0),)
SCALING = (10, 100, 1000, 5000, 10_000)
SCALING_RATE = 2000.0
MULTIPLEXED = PoolerConfig(multiplexing="auto")


def shared(protocol: str) -> Case:
    """Return the case of 64 clients on 4 servers in one of pgbench's protocols."""
    return Case(
        f"{protocol}64",
        f"64 clients, pool 4, -S {protocol}",
        measures.with_pgbench(Script(64, protocol=protocol)),
        64,
        SHARED,
        MULTIPLEXED,
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
        config=PoolerConfig(max_client_conn=count + 1000),
        group="scaling",
        direct=False,
    )


def tail(
    letter: str,
    title: str,
    asked: Callable[[], list[Statements]],
    disturbance: Disturbance | None = None,
) -> Case:
    """Return a case of few that are slow beside many that are fast."""
    return Case(
        f"tail_{letter}",
        f"64 clients, pool 4, {title}",
        tails.tail(asked, disturbance),
        tails.CLIENTS,
        (Owed(Metric.P99, "≤", 1.1),),
        group="tail",
        contest=WITH_ITSELF,
        direct=False,
        enough=5,
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
        MULTIPLEXED,
    ),
    Case(
        "delay64",
        "64 clients, pool 4, -S simple, PostgreSQL 5 ms away",
        measures.with_pgbench(Script(64)),
        64,
        (Owed(TPS, "≥", 6.0),),
        MULTIPLEXED,
        round_trip=0.005,
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
        enough=3,
    ),
    *(scaling(count) for count in SCALING),
    tail("a", "1 of 100 statements sleeps 100 ms", tails.slow_texts),
    tail("b", "1 of 100 parameters of one text sleeps 100 ms", tails.slow_parameters),
    tail(
        "c",
        "2 want a row that is locked for 200 ms again and again",
        tails.row_lock,
        tails.ROW_LOCK,
    ),
    tail(
        "d",
        "1 of 20 statements reads a table that is locked for 200 ms, twice a second",
        tails.table_lock,
        tails.TABLE_LOCK,
    ),
    Case(
        "stateless",
        "64 clients, pool 4, -S simple, none of which sets anything",
        measures.with_pgbench(Script(64)),
        64,
        (Owed(TPS, "≥", 0.95), Owed(CPU, "≤", 1.05)),
        contest=KEEPING_STATE,
        direct=False,
    ),
    Case(
        "watched",
        "64 clients, pool 4, -S simple, scraped and looked at each second",
        watching.watched(measures.with_pgbench(Script(64))),
        64,
        (Owed(CPU, "≤", 1.05), Owed(Metric.P99, "≤", 1.1)),
        contest=UNDER_WATCH,
        direct=False,
    ),
    # Last, for they leave dead rows behind that slow the look-ups down.
    Case(
        "tpcb",
        "20 clients, pool 4, tpcb-like",
        measures.with_pgbench(Script(20, builtin="tpcb-like")),
        20,
        (Owed(TPS, "≥", 0.9),),
    ),
    Case(
        "mix",
        "32 clients tpcb-like beside 32 of -S, pool 4",
        mixture.writes_beside_reads(32),
        64,
        (Owed(TPS, "≥", 0.95), Owed(Metric.LONGEST, "≤", 10, Basis.WORST)),
        contest=WITH_ITSELF,
        direct=False,
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
