"""All metrics, in the order in which they are shown."""

from collections import Counter
from typing import Final

from pgpool_py.insight.alerts import AlertKind
from pgpool_py.insight.condition import State
from pgpool_py.insight.snapshot import PoolerSnapshot

from . import pool_families
from .family import Family, Kind, Sample, of_databases, of_process


def _info(snapshot: PoolerSnapshot) -> list[Sample]:
    return [((snapshot.process.version, snapshot.process.python), 1)]


def _state(snapshot: PoolerSnapshot) -> list[Sample]:
    now = snapshot.condition.state
    return [((str(state),), int(state is now)) for state in State]


def _ready(snapshot: PoolerSnapshot) -> list[Sample]:
    return [((), int(snapshot.condition.is_ready))]


def _alerts(snapshot: PoolerSnapshot) -> list[Sample]:
    active = Counter(alert.kind for alert in snapshot.alerts)
    return [((str(kind),), active[kind]) for kind in AlertKind]


_PROCESS: Final = (
    Family(
        "pgpool_alerts",
        Kind.GAUGE,
        "Pools of which an alert has begun and not ended, by what is wrong.",
        ("kind",),
        _alerts,
    ),
    Family(
        "pgpool_info",
        Kind.GAUGE,
        "1; the labels tell the versions of pgpool_py and Python.",
        ("version", "python"),
        _info,
    ),
    Family(
        "pgpool_state",
        Kind.GAUGE,
        "1 for the state that the pooler is in, 0 for the others.",
        ("state",),
        _state,
    ),
    Family("pgpool_ready", Kind.GAUGE, "What /readyz says: 1 or 0.", (), _ready),
    of_process(
        "pgpool_connected_clients",
        Kind.GAUGE,
        "Clients, those that log in included, but for the console.",
        lambda process: process.clients,
    ),
    of_process(
        "pgpool_max_clients",
        Kind.GAUGE,
        "Clients that are let in (max_client_conn).",
        lambda process: process.max_clients,
    ),
    of_process(
        "pgpool_arriving_clients",
        Kind.GAUGE,
        "Clients that log in.",
        lambda process: process.arriving,
    ),
    of_process(
        "pgpool_console_sessions",
        Kind.GAUGE,
        "Sessions on the console.",
        lambda process: process.consoles,
    ),
    of_process(
        "pgpool_loop_lag_seconds",
        Kind.HISTOGRAM,
        "How late the loop was with a timer: for so long all answers wait.",
        lambda process: process.lag,
    ),
    of_process(
        "pgpool_config_last_reload_successful",
        Kind.GAUGE,
        "1 if the last reload of the configuration succeeded, 0 if it failed.",
        lambda process: int(process.reloaded.ok),
    ),
    of_process(
        "pgpool_config_last_reload_success_timestamp_seconds",
        Kind.GAUGE,
        "When the configuration in force was read, since the epoch.",
        lambda process: process.reloaded.taken_at,
    ),
    of_process(
        "pgpool_config_reload_failures_total",
        Kind.COUNTER,
        "Reloads that failed: the configuration in force was kept.",
        lambda process: process.reloaded.failures,
    ),
)

_DATABASES: Final = (
    of_databases(
        "pgpool_database_clients",
        "Clients of a database, of all its users.",
        lambda database: database.clients,
    ),
    of_databases(
        "pgpool_database_max_clients",
        "Clients that it may have (max_db_client_connections); 0 is unlimited.",
        lambda database: database.max_clients,
    ),
    of_databases(
        "pgpool_database_servers",
        "Servers of a database, of all its pools, those being opened included.",
        lambda database: database.servers,
    ),
    of_databases(
        "pgpool_database_max_servers",
        "Servers that it may have (max_db_connections); 0 is unlimited.",
        lambda database: database.max_servers,
    ),
    of_databases(
        "pgpool_database_paused",
        "1 while it is paused (PAUSE).",
        lambda database: int(database.paused),
    ),
    of_databases(
        "pgpool_database_disabled",
        "1 while it lets nobody in (DISABLE).",
        lambda database: int(database.disabled),
    ),
)

FAMILIES: Final[tuple[Family, ...]] = (
    *pool_families.NOW,
    *pool_families.WORK,
    *pool_families.ENDS,
    *_DATABASES,
    *_PROCESS,
)
