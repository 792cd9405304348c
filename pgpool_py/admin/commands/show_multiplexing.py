"""SHOW MULTIPLEXING: how much exchanges of several clients share servers."""

from typing import Final

from pgpool_py.pooler.multiplexing_views import MultiplexingView, multiplexing

from .desk import Desk
from .result import Rows, Value, int4, int8, text

COLUMNS: Final = (
    *text("database", "user", "multiplexing"),
    *int4("depth", "servers", "in_flight", "deepest"),
    *int8(
        "shared",
        "taken_back",
        "impatient",
        "rerun",
        "refused",
        "alone",
        "slow",
        "no_room",
    ),
)


def show(desk: Desk) -> Rows:
    """Give the rows: by database and user."""
    return Rows(tuple(_row(view) for view in multiplexing(desk.pooler)))


def _row(view: MultiplexingView) -> tuple[Value, ...]:
    counts = view.counts
    return (
        view.database,
        view.user,
        view.multiplexing.value,
        view.depth,
        view.servers,
        view.in_flight,
        counts.deepest,
        counts.shared,
        counts.taken_back,
        counts.impatient,
        counts.rerun,
        counts.refused,
        counts.alone,
        counts.slow,
        counts.no_room,
    )
