"""Pools in which somebody waits, and whose shared limits have no room."""

import math
from collections.abc import Iterable
from operator import itemgetter
from typing import Final

from pgpool_py.pool.quota import Quota

from .context import Starved

# Seconds by which somebody must have waited longer for a server to be closed in favour
# of another pool: a login is dearer than a turn in the queue.
_LEAD: Final = 0.1


def grow_older(
    starved: Iterable[Starved], own_wait: float | None, quotas: tuple[Quota, ...]
) -> None:
    """Let pools grow in which somebody has waited longer, the longest first.

    Args:
        starved: all pools that want to grow.
        own_wait: since when somebody waits in the pool that yields; None: nobody does.
        quotas: the limits of that pool.
    """
    latest = math.inf if own_wait is None else own_wait - _LEAD
    older = [
        (since, pool)
        for pool in starved
        if (since := pool.oldest_wait) is not None
        and since < latest
        and any(quota.limit and quota in quotas for quota in pool.quotas)
    ]
    for _, pool in sorted(older, key=itemgetter(0)):
        pool.grow()
