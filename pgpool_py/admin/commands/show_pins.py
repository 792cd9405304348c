"""SHOW PINS: the clients that keep a server past the transaction, and what for."""

from typing import Final

from pgpool_py.pooler.pin_views import PinView, pins

from .desk import Desk
from .named_client import NAMES, names
from .result import Rows, Value, int4, text

COLUMNS: Final = (
    *NAMES,
    *int4("remote_pid"),
    *text("holds", "fingerprint"),
    *int4("age"),
)


def show(desk: Desk) -> Rows:
    """Give the rows: by database and user, the one that pinned first in front."""
    return Rows(tuple(_row(view) for view in pins(desk.pooler)))


def _row(view: PinView) -> tuple[Value, ...]:
    return (
        *names(view),
        view.remote_pid,
        ", ".join(view.holds) or "in a transaction",
        view.fingerprint,
        int(view.age),
    )
