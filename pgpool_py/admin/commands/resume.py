"""RESUME [db]: servers are lent again."""

from pgpool_py.pooler.stopping import Stopping

from .desk import ADMIN, Desk
from .refusals import database_not_paused, no_such_database, not_paused, shutting_down
from .result import Done


def run(desk: Desk, database: str) -> Done:
    """Resume a database, or everything where ``database`` is empty.

    Raises:
        ConsoleError: it is not paused, there is no such database, or the pooler is
            shutting down.
    """
    pooler = desk.pooler
    if database:
        known = pooler.settings.find_database(database) is not None
        if not known and database != ADMIN:
            raise no_such_database(database)
        if database not in pooler.paused_databases:
            raise database_not_paused(database)
        pooler.resume(database)
    elif pooler.stopping is not Stopping.NO:
        raise shutting_down()
    elif pooler.paused or pooler.killed or pooler.suspension is not None:
        pooler.resume()
    else:
        raise not_paused()
    return Done("RESUME")
