"""KILL [db]: clients and servers are closed; who comes then waits for a RESUME."""

from pgpool_py.pooler import orders

from .databases import check_named
from .desk import Desk
from .refusals import already_paused
from .result import Done


def run(desk: Desk, database: str) -> Done:
    """Kill a database, or all where ``database`` is empty.

    Raises:
        ConsoleError: everything is paused already, or there is no such database.
    """
    if desk.pooler.paused or desk.pooler.suspension is not None:
        raise already_paused()
    if database:
        check_named(desk, database, "kill")
    orders.kill(desk.pooler, database or None)
    return Done("KILL")
