"""Limits on servers that pools share: per database and per user."""

from collections.abc import Iterable

from pgpool_py.pool.quota import Quota
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.settings import PoolSettings

from .pool import Pool


class Quotas:
    """Keeps one quota for each database and each servers' user."""

    def __init__(self) -> None:
        self._databases: dict[str, Quota] = {}
        self._users: dict[str, Quota] = {}

    def of(self, settings: PoolSettings) -> tuple[Quota, Quota]:
        """Give the quotas that a pool counts to, their limits brought up to date."""
        database = self._databases.setdefault(settings.database, Quota())
        user = self._users.setdefault(settings.target.user, Quota())
        database.limit = settings.max_db_connections
        user.limit = settings.max_user_connections
        return database, user

    def forget(self, pools: Iterable[Pool]) -> None:
        """Drop the quotas to which none of these pools counts."""
        used = {quota for pool in pools for quota in pool.quotas}
        for quotas in (self._databases, self._users):
            for name in [n for n, quota in quotas.items() if quota not in used]:
                del quotas[name]


def evict(pools: Iterable[Pool], full: tuple[Quota, ...]) -> bool:
    """Make room in each quota by closing the server that was idle longest.

    Returns:
        False, and nothing is done, if one of them has no idle server. One that
        listens, and nobody does any more, is idle.
    """
    candidates = list(pools)
    victims: set[ServerConnection] = set()
    for quota in full:
        idle = [
            server
            for pool in candidates
            if quota in pool.quotas
            for server in (*pool.books.idle, *pool.notifications.spare)
        ]
        if not idle:
            return False
        if not victims.intersection(idle):
            victims.add(min(idle, key=lambda server: server.since))
    for server in victims:
        server.close(Reason.EVICTED)
    return True
