"""SHOW PEERS: one row per line of ``[peers]``."""

from typing import Final

from pgpool_py.pooler import peer_views

from .desk import Desk
from .result import Rows, int4, text

COLUMNS: Final = (*int4("peer_id"), *text("host"), *int4("port", "pool_size"))


def show(desk: Desk) -> Rows:
    """Give the rows, by id."""
    found = peer_views.peers(desk.pooler.settings)
    return Rows(tuple((v.peer_id, v.host, v.port, v.pool_size) for v in found))
