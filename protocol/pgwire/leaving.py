"""What is owed when clients have left it: skipped, whatever becomes of it."""

from collections.abc import Sequence

from .exchange import ENDS_IN_READY, LEFT, SKIP


def end_of_exchange(owed: Sequence[int]) -> int:
    """Say how many entries belong to the exchange that is being answered.

    Those of ours in front of it do, up to a Sync of our own.
    """
    for place, entry in enumerate(owed):
        if entry & ENDS_IN_READY and not entry & SKIP:
            return place + 1
    return len(owed)


def left_from(owed: Sequence[int], start: int) -> list[int]:
    """Give what is owed, with all from ``start`` on for nobody."""
    return [*owed[:start], *(entry | SKIP | LEFT for entry in owed[start:])]
