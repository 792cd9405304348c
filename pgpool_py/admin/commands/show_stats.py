"""SHOW STATS: totals and averages, one row per database."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from pgpool_py.pooler.averages import Average, microseconds
from pgpool_py.statistics import Snapshot

from .desk import Desk
from .result import Rows, numeric, text

COLUMNS: Final = (
    *text("database"),
    *numeric("total_server_assignment_count", "total_xact_count", "total_query_count"),
    *numeric("total_received", "total_sent"),
    *numeric("total_xact_time", "total_query_time", "total_wait_time"),
    *numeric("total_client_parse_count", "total_server_parse_count"),
    *numeric("total_bind_count", "total_client_login_count"),
    *numeric("avg_server_assignment_count", "avg_xact_count", "avg_query_count"),
    *numeric("avg_recv", "avg_sent"),
    *numeric("avg_xact_time", "avg_query_time", "avg_wait_time"),
    *numeric("avg_client_parse_count", "avg_server_parse_count"),
    *numeric("avg_bind_count", "avg_client_login_count"),
)


def show(desk: Desk) -> Rows:
    """Give the rows, by database; times are microseconds."""
    return Rows(
        tuple(
            (database, *total_values(total), *average_values(average))
            for database, total, average in by_database(desk)
        )
    )


def by_database(desk: Desk) -> Iterator[tuple[str, Snapshot, Average]]:
    """Give totals and averages of each database, by name."""
    by_pool = sorted(desk.totals().items())
    for database, pools in groupby(by_pool, key=lambda item: item[0][0]):
        totals = dict(pools)
        yield database, _sum(totals.values()), desk.average(totals)


def all_together(desk: Desk) -> tuple[Snapshot, Average]:
    """Give totals and averages of all databases together."""
    totals = desk.totals()
    return _sum(totals.values()), desk.average(totals)


def _sum(totals: Iterable[Snapshot]) -> Snapshot:
    total = Snapshot()
    for counted in totals:
        total = total.plus(counted)
    return total


def total_values(total: Snapshot) -> tuple[int, ...]:
    """Give the totals in the order of the columns."""
    return (
        total.server_assignment_count,
        total.xact_count,
        total.query_count,
        total.bytes_received,
        total.bytes_sent,
        microseconds(total.xact_time),
        microseconds(total.query_time),
        microseconds(total.wait_time),
        total.client_parse_count,
        total.server_parse_count,
        total.bind_count,
        total.client_login_count,
    )


def average_values(average: Average) -> tuple[int, ...]:
    """Give the averages in the order of the columns."""
    return (
        average.server_assignment_count,
        average.xact_count,
        average.query_count,
        average.bytes_received,
        average.bytes_sent,
        average.xact_time,
        average.query_time,
        average.wait_time,
        average.client_parse_count,
        average.server_parse_count,
        average.bind_count,
        average.client_login_count,
    )
