"""SHOW STATS_AVERAGES: the averages of SHOW STATS, one row per database."""

from typing import Final

from .desk import Desk
from .result import Rows, numeric, text
from .show_stats import average_values, by_database

# Four of the names begin with avg_, the others do not.
COLUMNS: Final = (
    *text("database"),
    *numeric("server_assignment_count", "xact_count", "query_count"),
    *numeric("bytes_received", "bytes_sent"),
    *numeric("xact_time", "query_time", "wait_time"),
    *numeric("avg_client_parse_count", "avg_server_parse_count"),
    *numeric("avg_bind_count", "avg_client_login_count"),
)


def show(desk: Desk) -> Rows:
    """Give the rows, by database; see ``averages`` for the units."""
    return Rows(
        tuple((name, *average_values(mean)) for name, _, mean in by_database(desk))
    )
