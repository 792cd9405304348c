"""Clients that replicate: each has a server of its own, in no pool's books.

They count to the limits of clients, and their servers to the limits that pools share.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pgpool_py.client.relay import Relay
from pgpool_py.client.replication import Replication
from pgpool_py.errors import PoolerError
from pgpool_py.log import about
from pgpool_py.net.address import origin_text
from pgpool_py.reasons import Reason
from pgpool_py.server.cancel import ServerCancel
from pgpool_py.server.opening import Opening
from pgwire.startup import CancelRequest

from .context import Context
from .limits import Census
from .pool import Pool

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Private:
    """One client with its server.

    Attributes:
        pool: whose settings, limits and counters hold for it.
    """

    relay: Relay
    pool: Pool
    kind: Replication

    def __str__(self) -> str:
        return f"S-0x{self.relay.number:x}: {self.pool}@{self.relay.server.destination}"


class Newcomer(Protocol):
    """A client that has proved itself, and waits for its server.

    Attributes:
        kind: which replication it asked for.
    """

    kind: Replication

    @property
    def pool(self) -> Pool | None:
        """Give the pool whose limits hold; None once it is in, or gone."""

    @property
    def opening(self) -> Opening | None:
        """Give the attempt that is under way for it."""

    def check(self, now: float) -> None:
        """Give up an attempt that takes too long, begin one where there was no room."""

    def refuse(self, reason: Reason, error: PoolerError) -> None:
        """Tell it that it may not come in."""


class Replications:
    """All of them.

    Attributes:
        privates: those that are in, by the client's process id.
        newcomers: those that wait for their server, the first one first.
        cancels: CancelRequests on their way.
    """

    def __init__(self, context: Context, census: Census) -> None:
        self._context = context
        self._census = census
        self.privates: dict[int, Private] = {}
        self.newcomers: dict[Newcomer, None] = {}
        self.cancels: set[ServerCancel] = set()

    @property
    def pools(self) -> set[Pool]:
        """Give the pools whose settings and limits hold for somebody here."""
        coming = (newcomer.pool for newcomer in self.newcomers)
        found = {private.pool for private in self.privates.values()}
        return found.union(pool for pool in coming if pool is not None)

    def of(self, pool: Pool) -> list[Private]:
        """Give those that are in, of one pool."""
        return [p for p in self.privates.values() if p.pool is pool]

    def openings(self, pool: Pool) -> Iterator[tuple[Opening, Replication]]:
        """Give the servers that are being opened, of one pool."""
        for newcomer in self.newcomers:
            if newcomer.pool is pool and newcomer.opening is not None:
                yield newcomer.opening, newcomer.kind

    def admit(self, private: Private) -> None:
        """Take one in; its place among the clients and servers is taken already."""
        identity = private.relay.identity
        self.privates[identity.pid] = private
        self._context.keys.add(identity)
        own = origin_text(private.relay.server.stream.socket)
        _log.info("new connection to server%s", own, extra=about(private))

    def on_closed(self, relay: Relay, reason: Reason) -> None:
        """Strike one out; called by its relay."""
        identity = relay.identity
        private = self.privates.pop(identity.pid)
        self._context.keys.remove(identity)
        self._census.remove(identity.database, identity.user)
        for quota in private.pool.quotas:
            quota.remove()
        private.pool.counters.tallies.servers_closed.note(reason)
        age = self._context.reactor.now - relay.opened
        _log.info("closing because: %s (age=%ds)", reason, age, extra=about(private))

    def cancel(self, pid: int) -> None:
        """Pass a cancel request on to the server of this client, if there is one."""
        private = self.privates.get(pid)
        if private is None or not private.relay.server.cancel_key:
            return
        server = private.relay.server
        cancel = ServerCancel(
            self._context.reactor,
            self._context.tcp_options,
            server.address,
            CancelRequest(server.pid, server.cancel_key),
            self._on_cancelled,
            tls=self._context.encryption.for_cancel(
                server.stream, server.destination.host
            ),
        )
        self.cancels.add(cancel)

    def _on_cancelled(self, cancel: ServerCancel, taken: bool) -> None:
        # If it did not arrive, the client may ask again: as with PostgreSQL itself.
        del taken
        self.cancels.discard(cancel)

    def maintain(self, now: float) -> None:
        """Look at everything that is limited in time."""
        for newcomer in list(self.newcomers):
            newcomer.check(now)
        for private in list(self.privates.values()):
            private.relay.check(now)
        for cancel in list(self.cancels):
            cancel.check_deadline(now, self._context.settings.cancel_wait_timeout)

    def close(
        self, reason: Reason, error: PoolerError, pool: Pool | None = None
    ) -> None:
        """Close those that are in, and those that wait, all or those of one pool."""
        for private in list(self.privates.values()):
            if pool in {None, private.pool}:
                private.relay.close(reason, error)
        for newcomer in list(self.newcomers):
            if pool in {None, newcomer.pool}:
                newcomer.refuse(reason, error)

    def stop(self, reason: Reason, error: PoolerError) -> None:
        """Close everything."""
        self.close(reason, error)
        for cancel in list(self.cancels):
            cancel.give_up()
