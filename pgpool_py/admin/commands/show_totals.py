"""SHOW TOTALS: the statistics of all databases together, one row per figure."""

from typing import Final

from .desk import Desk
from .result import Rows, numeric, text
from .show_stats import all_together, average_values, total_values

COLUMNS: Final = (*text("name"), *numeric("value"))

_NAMES: Final = (
    "server_assignment_count",
    "xact_count",
    "query_count",
    "client_bytes",
    "server_bytes",
    "xact_time",
    "query_time",
    "wait_time",
    "ps_client_parse_count",
    "ps_server_parse_count",
    "ps_bind_count",
    "client_login_count",
)


def show(desk: Desk) -> Rows:
    """Give the rows: all totals, then all averages."""
    total, mean = all_together(desk)
    named = (("total", total_values(total)), ("avg", average_values(mean)))
    return Rows(
        tuple(
            (f"{kind}_{name}", value)
            for kind, values in named
            for name, value in zip(_NAMES, values, strict=True)
        )
    )
