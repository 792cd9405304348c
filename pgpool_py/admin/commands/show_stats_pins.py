"""SHOW STATS_PINS: how many clients keep a server, and how often any began to.

PgBouncer keeps no session state, and so its SHOW STATS has no place for it.
"""

from collections import Counter
from typing import Final

from pgpool_py.pooler.pin_views import pins

from .desk import Desk
from .result import Rows, int8, numeric, text

COLUMNS: Final = (*text("database", "user"), *int8("cl_pinned"), *numeric("pin_count"))


def show(desk: Desk) -> Rows:
    """Give the rows, by pool; a client that may be pinned in a moment is not yet."""
    pinned = Counter(
        (view.database, view.user) for view in pins(desk.pooler) if view.holds
    )
    return Rows(
        tuple(
            (*key, pinned[key], total.pin_count)
            for key, total in sorted(desk.totals().items())
        )
    )
