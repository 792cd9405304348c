"""How many clients are let in: in all, per database, and per user."""

from pgpool_py import errors
from pgpool_py.settings import Settings

from .gatehouse import Gatehouse


def check_limits(
    settings: Settings, gatehouse: Gatehouse, database: str, user: str
) -> None:
    """Refuse a client that is one too many.

    The client itself counts among those that log in.

    Raises:
        LimitError: naming the limit.
    """
    most = settings.max_client_conn
    if len(gatehouse.sessions) + len(gatehouse.arrivals) > most:
        raise errors.no_more_connections(most)
    if settings.find_database(database) is None:
        # Told only to those who prove themselves.
        return
    limits = settings.for_pool(database, user)
    most = limits.max_db_client_connections
    if most and _count(gatehouse, database=database) >= most:
        raise errors.too_many_database_clients(database, most)
    most = limits.max_user_client_connections
    if most and _count(gatehouse, user=user) >= most:
        raise errors.too_many_user_clients(user, most)


def _count(
    gatehouse: Gatehouse, *, database: str | None = None, user: str | None = None
) -> int:
    return sum(
        1
        for session in gatehouse.sessions.values()
        if database in {None, session.identity.database}
        and user in {None, session.identity.user}
    )
