"""WAIT_CLOSE [db]: answered when no server that RECONNECT replaces is left."""

from pgpool_py.pooler import orders

from .databases import check_named
from .desk import Desk
from .result import Waiting


def run(desk: Desk, database: str) -> Waiting:
    """Wait for a database, or for all where ``database`` is empty.

    Raises:
        ConsoleError: there is no such database.
    """
    if database:
        check_named(desk, database, "wait in")

    def ready() -> bool:
        return not orders.outdated_servers(desk.pooler, database or None)

    return Waiting("WAIT_CLOSE", ready, _undo_nothing)


def _undo_nothing() -> None:
    """The servers are still to be replaced when nobody waits for that."""
