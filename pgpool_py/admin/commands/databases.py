"""The database that a command names."""

from .desk import ADMIN, Desk
from .refusals import admin_database, database_required, no_such_database


def check_named(desk: Desk, database: str, doing: str) -> None:
    """Refuse a name that ``doing`` something cannot be about.

    Raises:
        ConsoleError: there is no such database, or it is the console's own.
    """
    if database == ADMIN:
        raise admin_database(doing, database)
    if desk.pooler.settings.find_database(database) is None:
        raise no_such_database(database)


def check_required(desk: Desk, database: str, doing: str) -> None:
    """Refuse the lack of a name too.

    Raises:
        ConsoleError: there is none, no such database, or it is the console's own.
    """
    if not database:
        raise database_required()
    check_named(desk, database, doing)
