"""As whom the servers of a pool log in."""

from dataclasses import replace

from pgpool_py import errors
from pgpool_py.settings import PoolSettings, Settings


def settings_of(settings: Settings, database: str, user: str) -> PoolSettings:
    """Give what holds for a client's pool, whose servers may log in as another.

    Raises:
        LoginError: there is no such database.
    """
    try:
        return settings.for_pool(database, user)
    except KeyError:
        raise errors.no_such_database(database) from None


def as_user(settings: PoolSettings, user: str) -> PoolSettings:
    """Give the settings of a pool whose servers log in as this user.

    ``auth_user`` runs its query as itself where a database forces another user on its
    clients, whose password is none of its own.
    """
    target = settings.target
    if target.user == user:
        return settings
    return replace(settings, target=replace(target, user=user, password=None))
