"""What a console says at one moment, and what came between two of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

# A row of the console, by its columns.
Row = Mapping[str, Any]

_SECOND = 1_000_000
# As the page says it.
_STATES: Final = {
    "paused": "all databases are paused: clients wait until RESUME",
    "suspended": "all is suspended: nobody is heard until RESUME",
}


@dataclass(frozen=True, slots=True)
class Look:
    """Rows of SHOW commands, all asked at once.

    Attributes:
        taken: seconds of a monotonic clock.
        pools, databases, stats: of SHOW POOLS, DATABASES and STATS.
        lists: SHOW LISTS, by name.
        waiting: of SHOW CLIENTS those that wait for a server, the longest first.
        holding: while some wait, those that have one, the last of whose requests is
            oldest first.
        more: rows of SHOW commands that not every version has, by name.
    """

    taken: float
    pools: Sequence[Row]
    databases: Sequence[Row]
    stats: Sequence[Row]
    lists: Mapping[str, int]
    waiting: Sequence[Row] = ()
    holding: Sequence[Row] = ()
    more: Mapping[str, Sequence[Row]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One pool; ``limit`` of 0 is unlimited, ``longest`` is a wait in seconds."""

    database: str
    user: str
    active: int
    busy: int
    idle: int
    opening: int
    limit: int
    waiting: int
    longest: float


@dataclass(frozen=True, slots=True)
class DatabaseLine:
    """Of one database the last seconds; lengths of time are seconds."""

    database: str
    queries: float
    transactions: float
    query_time: float
    wait_time: float


def pool_lines(look: Look) -> list[PoolLine]:
    """Give the pools but the console's, those in trouble first."""
    limits = {row["name"]: int(row["pool_size"]) for row in look.databases}
    lines = [
        PoolLine(
            database=row["database"],
            user=row["user"],
            active=int(row["sv_active"]),
            busy=int(row["sv_tested"]) + int(row["sv_being_canceled"]),
            idle=int(row["sv_idle"]) + int(row["sv_used"]),
            opening=int(row["sv_login"]),
            limit=limits.get(row["database"], 0),
            waiting=int(row["cl_waiting"]),
            longest=wait_of(row, "maxwait"),
        )
        for row in look.pools
        if row["database"] != "pgbouncer"
    ]
    return sorted(lines, key=_calm)


def _calm(line: PoolLine) -> tuple[bool, float, float, str, str]:
    used = (line.active + line.busy) / line.limit if line.limit else 0.0
    return (not line.waiting, -line.longest, -used, line.database, line.user)


def halts(look: Look) -> list[str]:
    """Say what does not serve because somebody said so, and what ends that."""
    states = {row["key"] for row in look.more.get("STATE", ()) if row["value"] == "yes"}
    said = [text for state, text in _STATES.items() if state in states]
    for row in look.databases:
        name = row["name"]
        if row.get("paused"):
            said.append(f"{name} is paused: its clients wait until RESUME {name}")
        if row.get("disabled"):
            said.append(f"{name} is disabled: nobody is let in until ENABLE {name}")
    return said


def wait_of(row: Row, name: str) -> float:
    """Give the seconds of a pair of columns like ``wait`` and ``wait_us``."""
    return int(row[name]) + int(row[f"{name}_us"]) / _SECOND


def database_lines(look: Look, before: Look | None) -> list[DatabaseLine]:
    """Give what each database did since the look before.

    Without one these are the averages of the console, over its ``stats_period``.
    """
    earlier = {row["database"]: row for row in before.stats} if before else {}
    lines = []
    for row in look.stats:
        name = row["database"]
        if name == "pgbouncer":
            continue
        was = earlier.get(name)
        if before is None or was is None or was["total_query_count"] > _queries(row):
            lines.append(_average(name, row))
        else:
            lines.append(_since(name, row, was, look.taken - before.taken))
    return sorted(lines, key=lambda line: (-line.queries, line.database))


def _queries(row: Row) -> int:
    return int(row["total_query_count"])


def _average(name: str, row: Row) -> DatabaseLine:
    per_second = float(row["avg_xact_count"])
    return DatabaseLine(
        name,
        float(row["avg_query_count"]),
        per_second,
        float(row["avg_query_time"]) / _SECOND,
        float(row["avg_wait_time"]) / _SECOND / max(per_second, 1.0),
    )


def _since(name: str, row: Row, was: Row, seconds: float) -> DatabaseLine:
    def grown(column: str) -> float:
        return float(row[column]) - float(was[column])

    queries, lent = grown("total_query_count"), grown("total_server_assignment_count")
    return DatabaseLine(
        name,
        queries / seconds,
        grown("total_xact_count") / seconds,
        grown("total_query_time") / _SECOND / max(queries, 1.0),
        grown("total_wait_time") / _SECOND / max(lent, 1.0),
    )
