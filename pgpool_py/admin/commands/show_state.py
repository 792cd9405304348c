"""SHOW STATE: whether the pooler is active, paused or suspended."""

from typing import Final

from .desk import Desk
from .result import Rows, text

COLUMNS: Final = text("key", "value")


def show(desk: Desk) -> Rows:
    """Give the rows; a pause of single databases counts for none of them."""
    paused, suspended = desk.pooler.paused, desk.pooler.suspension is not None
    active = not (paused or suspended)
    states = {"active": active, "paused": paused, "suspended": suspended}
    return Rows(tuple((key, "yes" if on else "no") for key, on in states.items()))
