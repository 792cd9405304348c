"""DISABLE db: nobody new is let in; who is in stays."""

from .databases import check_required
from .desk import Desk
from .result import Done


def run(desk: Desk, database: str) -> Done:
    """Disable a database.

    Raises:
        ConsoleError: none is named, or there is no such database.
    """
    check_required(desk, database, "disable")
    desk.pooler.disabled_databases.add(database)
    return Done("DISABLE")
