"""SHOW SERVERS: one row per server."""

from .desk import Desk
from .result import Rows
from .sockets import server_row


def show(desk: Desk) -> Rows:
    """Give the rows, by pool and state."""
    return Rows(tuple(server_row(view) for view in desk.servers()))
