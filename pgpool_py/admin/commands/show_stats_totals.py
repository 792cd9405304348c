"""SHOW STATS_TOTALS: the totals of SHOW STATS, one row per database."""

from typing import Final

from .desk import Desk
from .result import Rows, numeric, text
from .show_stats import by_database, total_values

COLUMNS: Final = (
    *text("database"),
    *numeric("server_assignment_count", "xact_count", "query_count"),
    *numeric("bytes_received", "bytes_sent"),
    *numeric("xact_time", "query_time", "wait_time"),
    *numeric("client_parse_count", "server_parse_count"),
    *numeric("bind_count", "client_login_count"),
)


def show(desk: Desk) -> Rows:
    """Give the rows, by database; times are microseconds."""
    return Rows(
        tuple((name, *total_values(total)) for name, total, _ in by_database(desk))
    )
