"""How many file descriptors this process may have, and how many it may need."""

import logging
import resource
from typing import Final

from pgpool_py.settings import Settings

_log = logging.getLogger(__name__)

# Log, listeners, name look-ups, consoles, a cancel or two.
OTHER_DESCRIPTORS: Final = 64


def raise_limit(settings: Settings) -> None:
    """Raise the soft limit to the hard one; warn if even that may not do."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    needed = settings.max_client_conn + _servers(settings) + OTHER_DESCRIPTORS
    if hard != resource.RLIM_INFINITY and needed > hard:
        _log.warning(
            "max_client_conn and all pool sizes may need %d file descriptors, but the "
            "limit is %d: raise it (ulimit -n, LimitNOFILE) or lower them",
            needed,
            hard,
        )


def _servers(settings: Settings) -> int:
    pools = [
        settings.for_pool(name, database.user or "")
        for name, database in settings.databases.items()
    ]
    return sum(pool.pool_size + pool.reserve_pool_size for pool in pools)
