"""SHOW DATABASES: one row per database."""

from typing import Final

from pgpool_py.pooler.database_views import DatabaseView

from .desk import Desk
from .result import Rows, Value, int4, text

COLUMNS: Final = (
    *text("name", "host"),
    *int4("port"),
    *text("database", "force_user"),
    *int4("pool_size", "min_pool_size", "reserve_pool_size", "server_lifetime"),
    *text("pool_mode", "load_balance_hosts"),
    *int4("max_connections", "current_connections"),
    *int4("max_client_connections", "current_client_connections"),
    *int4("paused", "disabled"),
)


def show(desk: Desk) -> Rows:
    """Give the rows, by name."""
    return Rows(tuple(_row(view) for view in desk.databases()))


def _row(view: DatabaseView) -> tuple[Value, ...]:
    return (
        view.name,
        view.host,
        view.port,
        view.dbname,
        view.force_user,
        view.pool_size,
        view.min_pool_size,
        view.reserve_pool_size,
        int(view.server_lifetime),
        view.pool_mode,
        view.load_balance_hosts,
        view.max_connections,
        view.current_connections,
        view.max_client_connections,
        view.current_client_connections,
        int(view.paused),
        int(view.disabled),
    )
