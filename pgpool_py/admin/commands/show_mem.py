"""SHOW MEM: what is kept in memory, by kind."""

from typing import Final

from pgpool_py.pooler import memory_views
from pgpool_py.pooler.memory_views import MemoryView

from .desk import Desk
from .result import Rows, Value, int4, text

COLUMNS: Final = (*text("name"), *int4("size", "used", "free", "memtotal"))

_INT4_MAX: Final = 2**31 - 1


def show(desk: Desk) -> Rows:
    """Give the rows, in PgBouncer's order; sizes are bytes."""
    return Rows(tuple(_row(view) for view in memory_views.memory(desk.pooler)))


def _row(view: MemoryView) -> tuple[Value, ...]:
    # What is not used is not kept.
    return view.name, view.size, view.used, 0, min(view.total, _INT4_MAX)
