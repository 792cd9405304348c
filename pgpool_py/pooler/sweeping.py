"""Finding pools that nobody uses: ``pool_idle_timeout``, ``autodb_idle_timeout``."""

import logging
from collections.abc import Container, Iterable

from pgpool_py.log import about
from pgpool_py.settings import Settings

from .pool import Pool

_log = logging.getLogger(__name__)


class Sweeping:
    """Remembers since when each pool has had neither clients nor servers."""

    __slots__ = ("_empty",)

    def __init__(self) -> None:
        self._empty: dict[Pool, float] = {}

    def find(
        self,
        pools: Iterable[Pool],
        used: Container[object],
        settings: Settings,
        now: float,
    ) -> list[Pool]:
        """Give the pools to be dropped, and say in the log why.

        Args:
            pools: all there are.
            used: those that have clients.
            settings: in force.
            now: by the reactor's clock.
        """
        everywhere = list(pools)
        before = self._empty
        self._empty = {
            pool: before.get(pool, now)
            for pool in everywhere
            if pool not in used and pool.empty
        }
        # A pool that nobody ever got into was opened for an invented name.
        found = [pool for pool in self._empty if pool.unused]
        found += self._of_idle_databases(everywhere, settings, now)
        found += self._idle(settings, now)
        return list(dict.fromkeys(found))

    def _of_idle_databases(
        self, pools: Iterable[Pool], settings: Settings, now: float
    ) -> list[Pool]:
        """Find the pools of databases registered by ``*``, where all are idle."""
        limit = settings.autodb_idle_timeout
        if not limit:
            return []
        by_database: dict[str, list[Pool]] = {}
        for pool in pools:
            if pool.database not in settings.databases:
                by_database.setdefault(pool.database, []).append(pool)
        found: list[Pool] = []
        for database, members in by_database.items():
            if all(self._is_idle(pool, limit, now) for pool in members):
                _log.warning(
                    "dropping database '%s' as it does not exist anymore or inactive "
                    "auto-database",
                    database,
                    extra=about(None, database=database),
                )
                found += members
        return found

    def _idle(self, settings: Settings, now: float) -> list[Pool]:
        limit = settings.pool_idle_timeout
        found = [p for p in self._empty if limit and self._is_idle(p, limit, now)]
        for pool in found:
            _log.info(
                "cleaning up idle pool for user %s on db %s because: pool idle timeout",
                pool.user,
                pool.database,
                extra=about(None, database=pool.database, user=pool.user),
            )
        return found

    def _is_idle(self, pool: Pool, limit: float, now: float) -> bool:
        since = self._empty.get(pool)
        return since is not None and not pool.paused and now - since >= limit
