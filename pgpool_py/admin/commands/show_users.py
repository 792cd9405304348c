"""SHOW USERS: one row per user."""

from typing import Final

from pgpool_py.pooler.user_views import UserView

from .desk import Desk
from .result import Rows, Value, int4, text

COLUMNS: Final = (
    *text("name", "pool_size", "reserve_pool_size", "pool_mode"),
    *int4("max_user_connections", "current_connections"),
    *int4("max_user_client_connections", "current_client_connections"),
)


def show(desk: Desk) -> Rows:
    """Give the rows, by name."""
    return Rows(tuple(_row(view) for view in desk.users()))


def _row(view: UserView) -> tuple[Value, ...]:
    return (
        view.name,
        _own(view.pool_size),
        _own(view.reserve_pool_size),
        view.pool_mode,
        view.max_user_connections,
        view.current_connections,
        view.max_user_client_connections,
        view.current_client_connections,
    )


def _own(size: int | None) -> str:
    """Give a size as PgBouncer does in these columns of type text: with %9d."""
    return "" if size is None else f"{size:9d}"
