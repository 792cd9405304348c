"""ENABLE db: clients are let in again."""

from .databases import check_required
from .desk import Desk
from .result import Done


def run(desk: Desk, database: str) -> Done:
    """Enable a database, disabled or not.

    Raises:
        ConsoleError: none is named, or there is no such database.
    """
    check_required(desk, database, "enable")
    desk.pooler.disabled_databases.discard(database)
    return Done("ENABLE")
