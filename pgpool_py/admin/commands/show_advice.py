"""SHOW ADVICE: how many servers each pool should have, and why."""

from typing import Final

from pgpool_py.insight.advice import Advice

from .desk import Desk
from .result import Rows, Value, int4, text

COLUMNS: Final = (
    *text("database", "user"),
    *int4("pool_size", "recommended"),
    # They have fractions, which a numeric of the console has not.
    *text("links_per_second", "held_ms", "mean_wait_ms", "p99_wait_ms", "why"),
)


def show(desk: Desk) -> Rows:
    """Give the rows: by database and user."""
    return Rows(tuple(_row(advice) for advice in desk.advisor.all()))


def _row(advice: Advice) -> tuple[Value, ...]:
    return (
        advice.database,
        advice.user,
        advice.configured,
        advice.recommended,
        f"{advice.links:.2f}",
        f"{advice.held * 1e3:.3f}",
        f"{advice.mean_wait * 1e3:.3f}",
        f"{advice.p99_wait * 1e3:.3f}",
        advice.why,
    )
