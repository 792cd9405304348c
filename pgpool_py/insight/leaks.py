"""Leaks: clients idle in transaction too long, which keep a server for nothing."""

import logging
from weakref import WeakKeyDictionary

from pgpool_py.client.session import ClientSession
from pgpool_py.log import about
from pgpool_py.pooler.holders import holder, idle_in_transaction
from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.server.connection import ServerConnection

from .events import EventKind, Events

_log = logging.getLogger(__name__)


class Leaks:
    """Finds each once."""

    __slots__ = ("_events", "_found", "_pooler")

    def __init__(self, pooler: Pooler, events: Events) -> None:
        self._pooler = pooler
        self._events = events
        # By when its idleness began: after another statement it may be found anew.
        self._found: WeakKeyDictionary[ClientSession, float] = WeakKeyDictionary()

    def tick(self) -> None:
        """Report who is idle too long; called once a second."""
        threshold = self._pooler.settings.leak_detection_threshold
        now = self._pooler.now
        if not threshold:
            return
        for pool in self._pooler.pools.values():
            for client, server in idle_in_transaction(pool.books):
                since = client.timing.since
                if now - since >= threshold and self._found.get(client) != since:
                    self._found[client] = since
                    self._report(pool, client, server, now)

    def _report(
        self, pool: Pool, client: ClientSession, server: ServerConnection, now: float
    ) -> None:
        pool.counters.tallies.leaks += 1
        found = holder(pool, client, server, now)
        text = (
            f'leak: application "{found.application_name}" has been idle in '
            f"transaction for {found.idle:.0f} s, its transaction is "
            f"{found.transaction:.0f} s old (backend {found.remote_pid}), last "
            f"statement: {found.statement or 'not known'}"
        )
        _log.warning("%s", text, extra=about(client))
        self._events.note(EventKind.LEAK, f"{client} {text}")


def current(pool: Pool, threshold: float, now: float) -> int:
    """Count those of a pool; none where the threshold is 0."""
    if not threshold:
        return 0
    clients = idle_in_transaction(pool.books)
    return sum(now - client.timing.since >= threshold for client, _ in clients)
