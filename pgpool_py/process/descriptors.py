"""How many file descriptors this process may have, and how many it may need."""

import logging
import resource
from typing import Final

from pgpool_py.settings import Settings

_log = logging.getLogger(__name__)

# Log, listeners, name look-ups, consoles, HTTP, a cancel or two.
OTHER_DESCRIPTORS: Final = 64

# Where the hard limit is "unlimited" the system still takes no such number, macOS's
# setrlimit(2).
ENOUGH_DESCRIPTORS: Final = 65536


def raise_limit(settings: Settings) -> None:
    """Raise the soft limit to the hard one; warn if even that may not do.

    Where there is no hard limit, ENOUGH_DESCRIPTORS takes its place.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return
    limit = hard if hard != resource.RLIM_INFINITY else max(soft, ENOUGH_DESCRIPTORS)
    if soft != limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    needed = settings.max_client_conn + _servers(settings) + _peers(settings)
    needed += OTHER_DESCRIPTORS
    if needed > limit:
        _log.warning(
            "max_client_conn and all pool sizes may need %d file descriptors, but the "
            "limit is %d: raise it (ulimit -n, LimitNOFILE) or lower them",
            needed,
            limit,
        )


def _servers(settings: Settings) -> int:
    pools = [
        settings.for_pool(name, database.user or "")
        for name, database in settings.databases.items()
    ]
    return sum(pool.pool_size + pool.reserve_pool_size for pool in pools)


def _peers(settings: Settings) -> int:
    # Who asks for a cancel is held until the peer has the request.
    sizes = [
        settings.default_pool_size if peer.pool_size is None else peer.pool_size
        for peer in settings.peers.values()
    ]
    return 2 * sum(sizes) if settings.peer_id else 0
