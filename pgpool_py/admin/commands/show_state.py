"""SHOW STATE: whether the pooler is active, paused or suspended."""

from typing import Final

from .desk import Desk
from .result import Rows, text

COLUMNS: Final = text("key", "value")


def show(desk: Desk) -> Rows:
    """Give the rows; a pause of single databases counts for none of them."""
    paused = desk.pooler.paused
    states = {"active": not paused, "paused": paused, "suspended": False}
    return Rows(tuple((key, "yes" if on else "no") for key, on in states.items()))
