"""SHOW DNS_HOSTS: the names that are remembered, with their addresses."""

from typing import Final

from .desk import Desk
from .result import Rows, int8, text

COLUMNS: Final = (*text("hostname"), *int8("ttl"), *text("addrs"))


def show(desk: Desk) -> Rows:
    """Give the rows by name: whole seconds until it is forgotten, and its addresses.

    A name that could not be found has none.
    """
    names = sorted(desk.pooler.context.resolver.known(), key=lambda known: known.name)
    return Rows(
        tuple(
            (known.name, int(known.ttl), ",".join(map(_shown, known.addresses)))
            for known in names
        )
    )


def _shown(address: str) -> str:
    """Give an address as PgBouncer does, with a port that is none."""
    return f"[{address}]:0" if ":" in address else f"{address}:0"
