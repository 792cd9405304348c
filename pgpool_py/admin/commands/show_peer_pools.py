"""SHOW PEER_POOLS: the cancel requests for each peer."""

from typing import Final

from .desk import Desk
from .result import Rows, int4

COLUMNS: Final = (
    *int4("peer_id", "cl_active_cancel_req", "cl_waiting_cancel_req"),
    *int4("sv_active_cancel", "sv_login"),
)


def show(desk: Desk) -> Rows:
    """Give the rows, by id."""
    return Rows(
        tuple(
            (
                view.peer_id,
                view.cl_active_cancel_req,
                view.cl_waiting_cancel_req,
                view.sv_active_cancel,
                view.sv_login,
            )
            for view in desk.peer_pools()
        )
    )
