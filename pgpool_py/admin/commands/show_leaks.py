"""SHOW LEAKS: clients idle in transaction for ``leak_detection_threshold``."""

from typing import Final

from pgpool_py.pooler.holders import Holder, holders

from .desk import Desk
from .named_client import NAMES, names
from .result import Rows, Value, int4, text

COLUMNS: Final = (
    *NAMES,
    *int4("remote_pid", "idle", "transaction"),
    *text("fingerprint"),
)


def show(desk: Desk) -> Rows:
    """Give the rows: by pool, the longest first, a bounded number of each."""
    pooler = desk.pooler
    threshold = pooler.settings.leak_detection_threshold
    if not threshold:
        return Rows(())
    return Rows(
        tuple(
            _row(view)
            for _, pool in sorted(pooler.pools.items())
            for view in holders(pool, pooler.now, after=threshold)
        )
    )


def _row(view: Holder) -> tuple[Value, ...]:
    return (
        *names(view),
        view.remote_pid,
        int(view.idle),
        int(view.transaction),
        view.statement,
    )
