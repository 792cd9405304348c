"""RECONNECT [db]: servers are replaced, each as soon as its client lets it go."""

from pgpool_py.pooler import orders

from .databases import check_named
from .desk import Desk
from .result import Done


def run(desk: Desk, database: str) -> Done:
    """Reconnect a database, or all where ``database`` is empty.

    Raises:
        ConsoleError: there is no such database.
    """
    if database:
        check_named(desk, database, "reconnect")
    orders.reconnect(desk.pooler, database or None)
    return Done("RECONNECT")
