"""SHOW POOLS: one row per pool."""

from typing import Final

from pgpool_py.pooler.averages import MICROSECONDS, microseconds
from pgpool_py.pooler.views import PoolView

from .desk import Desk
from .result import Rows, Value, int4, text

COLUMNS: Final = (
    *text("database", "user"),
    *int4("cl_active", "cl_waiting", "cl_active_cancel_req", "cl_waiting_cancel_req"),
    *int4("sv_active", "sv_active_cancel", "sv_being_canceled", "sv_idle", "sv_used"),
    *int4("sv_tested", "sv_login", "maxwait", "maxwait_us"),
    *text("pool_mode", "load_balance_hosts"),
)


def show(desk: Desk) -> Rows:
    """Give the rows, by database and user."""
    return Rows(tuple(_row(view) for view in desk.pools()))


def _row(view: PoolView) -> tuple[Value, ...]:
    # Cancel requests of clients are passed on and closed at once: none is seen. No
    # server is "used": it is checked when it is lent.
    return (
        view.database,
        view.user,
        view.cl_active,
        view.cl_waiting,
        0,
        0,
        view.sv_active,
        view.sv_active_cancel,
        view.sv_being_canceled,
        view.sv_idle,
        0,
        view.sv_tested,
        view.sv_login,
        *divmod(microseconds(view.maxwait), MICROSECONDS),
        view.pool_mode,
        view.load_balance_hosts,
    )
