"""SHOW CLIENTS: one row per client that is logged in."""

from .desk import Desk
from .result import Rows
from .sockets import client_row


def show(desk: Desk) -> Rows:
    """Give the rows, by pool; those that wait for a server come last."""
    return Rows(tuple(client_row(view) for view in desk.clients()))
