"""PAUSE [db]: answered when no server is in use any more."""

from pgpool_py.pooler.stopping import Stopping

from .databases import check_named
from .desk import Desk
from .refusals import already_paused, database_not_paused, not_paused
from .result import Waiting


def run(desk: Desk, database: str) -> Waiting:
    """Pause a database, or everything where ``database`` is empty.

    Raises:
        ConsoleError: everything is paused already, or there is no such database.
    """
    pooler = desk.pooler
    if pooler.paused or pooler.suspension is not None:
        raise already_paused()
    if not database:
        return _everything(desk)
    check_named(desk, database, "pause")
    return _one(desk, database)


def _everything(desk: Desk) -> Waiting:
    pooler = desk.pooler

    def ready() -> bool:
        if not pooler.paused:
            # By a RESUME on another console, or a signal.
            raise not_paused()
        return not pooler.active_servers()

    def cancelled() -> None:
        if pooler.stopping is Stopping.NO and pooler.paused:
            pooler.resume()

    pooler.pause()
    return Waiting("PAUSE", ready, cancelled)


def _one(desk: Desk, database: str) -> Waiting:
    pooler = desk.pooler

    def ready() -> bool:
        if database not in pooler.paused_databases:
            raise database_not_paused(database)
        return not pooler.active_servers(database)

    def cancelled() -> None:
        serving = pooler.stopping is Stopping.NO
        if serving and database in pooler.paused_databases:
            pooler.resume(database)

    pooler.pause(database)
    return Waiting("PAUSE", ready, cancelled)
