"""The server of a pool that listens for all its clients: told, kept, closed.

    nobody listens ──► opening ──► told to LISTEN ──► complete
                          ▲                              │ lost
                          └── a pause, longer each time ─┘

It is in no books, so never lent, but counts to the shared limits. When it is lost,
another one is opened and told everything; the log says for how long nothing was heard.
It does not end with ``server_lifetime``: what is sent meanwhile would be lost.
"""

import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from pgpool_py import errors
from pgpool_py.errors import PoolerError
from pgpool_py.listen.askers import Asker, Askers, Then
from pgpool_py.listen.hearer import Hearer
from pgpool_py.listen.hub import Hub
from pgpool_py.listen.senders import Senders
from pgpool_py.listen.subscription import ListenLimits, Recipient, Subscription
from pgpool_py.log import about
from pgpool_py.net.address import origin_text
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.errand import Errand
from pgpool_py.server.opening import Opened
from pgpool_py.server.state import ServerState
from pgpool_py.wording import counted
from pgwire.backend import NotificationResponse
from pgwire.diagnostics import ErrorResponse
from pgwire.exchange import QUERY
from pgwire.frontend import Query

from .context import Context
from .destinations import Destinations
from .listen_opener import Home, ListenOpener
from .starving import grow_older

_log = logging.getLogger(__name__)

_EMPTY_QUERY: Final = Query(b"").encode()
# Seconds between two checks, where server_check_delay is shorter.
_SHORTEST_CHECK: Final = 1.0
# Not losses: the next one may be opened at once.
_INTENDED: Final = frozenset(
    {
        Reason.PAUSE_MODE,
        Reason.RECONNECT,
        Reason.CONNECT_STRING_CHANGED,
        Reason.EVICTED,
        Reason.SERVER_IDLE_TIMEOUT,
    }
)


class ListenServer:
    """See the module's text, Source and Keeper.

    Args:
        encoding: of its clients, as the value of ``client_encoding``; empty for the
            pool's own.

    Attributes:
        opener: opens it.
        server: while there is one.
    """

    __slots__ = (
        "_askers",
        "_checked",
        "_context",
        "_destinations",
        "_home",
        "_hub",
        "_lost_since",
        "_members",
        "_retry_at",
        "_senders",
        "_told",
        "_unused_since",
        "opener",
        "server",
    )

    def __init__(
        self,
        context: Context,
        home: Home,
        destinations: Destinations,
        encoding: str = "",
    ) -> None:
        self._context = context
        self._home = home
        self._destinations = destinations
        self._hub: Hub[Subscription] = Hub()
        self._askers: Askers[Subscription] = Askers()
        self._members = self._told = 0
        # Since when channels are wanted and not heard, none is wanted, all was well.
        self._lost_since: float | None = None
        self._unused_since = self._checked = context.reactor.now
        self._retry_at = math.inf
        self._senders = Senders()
        self.server: ServerConnection | None = None
        self.opener = ListenOpener(
            context,
            home,
            destinations,
            encoding,
            wanted_since=lambda: self._wanted_since,
            on_opened=self._on_opened,
            on_failed=lambda error: self._refuse(lambda _: True, error),
        )

    @property
    def unused(self) -> bool:
        """Whether no client can ever ask it, and no server is there or to come."""
        nothing = self.server is None and self.opener.opening is None
        return nothing and not self._members

    @property
    def spare(self) -> ServerConnection | None:
        """Give the server if nobody listens any more."""
        return self.server if self._hub.unused else None

    @property
    def _wanted_since(self) -> float | None:
        if self.server is not None or self._hub.unused:
            return None
        waits = (self._lost_since, self._askers.oldest_wait)
        return min((since for since in waits if since is not None), default=None)

    # What clients want

    def subscribe(self, client: Recipient, limits: ListenLimits) -> Subscription:
        """Give a client what it listens by, which it must end."""
        self._members += 1
        return Subscription(client, self, limits)

    def ask(self, who: Subscription, names: frozenset[bytes], then: Then) -> None:
        """Hear these channels, then say so; see Source."""
        self._hub.want(who, sorted(names))
        if self._home.paused:
            # Nobody else's transaction begins before it is over.
            self.want(who, names)
            then(None)
            return
        now = self._context.reactor.now
        self._askers.wait(Asker(who, names, then, now, self._told))
        self._go_on()

    def want(self, who: Subscription, names: Iterable[bytes]) -> None:
        """See Source."""
        self._hub.want(who, names)
        if self.server is None and not self._hub.unused and self._lost_since is None:
            self._lost_since = self._context.reactor.now
        self._go_on()

    def forgo(self, who: Subscription, names: Iterable[bytes]) -> None:
        """See Source."""
        used = not self._hub.unused
        self._askers.take(lambda a: a.who is who and not a.names.isdisjoint(names))
        self._hub.forgo(who, names)
        if used and self._hub.unused:
            self._unused_since = self._context.reactor.now
            self._lost_since = None
        self._go_on()

    def leave(self, who: Subscription) -> None:
        """See Source."""
        self._members -= 1
        self.forgo(who, sorted(who.channels | who.tentative))

    def claim(self, server_pid: int, pid: int) -> None:
        """See Source."""
        self._senders.claim(server_pid, pid)

    def disclaim(self, server_pid: int, then: Callable[[], None]) -> None:
        """See Source."""
        self._senders.disclaim(server_pid, then)
        if self.server is None:
            self._senders.lost()
        else:
            self._say(self.server)

    def _refuse(
        self, which: Callable[[Asker[Subscription]], bool], error: PoolerError
    ) -> None:
        refused = self._askers.take(which)
        for asker in refused:
            self._hub.forgo(asker.who, asker.names)
        for asker in refused:
            asker.then(errors.listen_refused(error))

    # What it is told

    def _go_on(self) -> None:
        if self.server is None:
            self.opener.grow()
        else:
            self._say(self.server)

    def _on_opened(self, opened: Opened) -> None:
        context = self._context
        server = self.server = ServerConnection(
            context.reactor,
            context.scratch,
            self,
            opened,
            number=next(context.numbers),
            parameters=context.book.defaults,
        )
        server.state = ServerState.ACTIVE
        Hearer(server, self._on_notification)
        own = origin_text(opened.stream.socket)
        _log.info(
            "new connection to server%s, which listens",
            own,
            extra=about(self._destinations.subject(server)),
        )
        if self._home.paused:
            server.close(Reason.PAUSE_MODE)
        else:
            self._say(server)

    def _say(self, server: ServerConnection) -> None:
        """Tell it what has changed; one order at a time."""
        if server.on_errand:
            return
        order = self._hub.order()
        if order is not None:
            self._run(server, Query(order.text).encode(), Reason.LISTEN_TIMEOUT)
        elif self._senders.waiting or self._askers.has(self._hub.hears):
            self._run(server, _EMPTY_QUERY, Reason.CHECK_FAILED)
        elif self._lost_since is not None and self._hub.complete:
            self._note_complete(server, self._lost_since)

    def _run(self, server: ServerConnection, data: bytes, late: Reason) -> None:
        self._checked = self._context.reactor.now
        self._told += 1
        self._senders.asked()
        limit = self._context.settings.server_drain_timeout
        then = self._checked_out if late is Reason.CHECK_FAILED else self._said
        server.run(Errand(then, limit, late), data, QUERY)

    def _said(self, server: ServerConnection, error: ErrorResponse | None) -> None:
        if not server.ledger.settled:
            server.close(Reason.UNCLEAN_SERVER)
            return
        if error is None:
            self._hub.carried_out()
        else:
            self._refused(server, error)
        self._answered(server)

    def _answered(self, server: ServerConnection) -> None:
        """Let those go on who have waited for what is answered now."""
        self._senders.answered()
        # What was sent on a channel before somebody asked for it has come, too.
        heard = self._askers.take(
            lambda asker: asker.behind < self._told and self._hub.hears(asker.names)
        )
        if self.server is server:
            self._say(server)
        for asker in heard:
            asker.then(None)

    def _refused(self, server: ServerConnection, error: ErrorResponse) -> None:
        refused = frozenset(self._hub.refuse())
        if not refused:
            return
        told = errors.server_refused(error)
        self._refuse(lambda asker: not refused.isdisjoint(asker.names), told)
        if any(self._hub.wanting(name) for name in refused):
            # Of clients that listen to them since another server let them.
            self._retry_at = (
                self._context.reactor.now + self._home.settings.server_login_retry
            )
            subject = self._destinations.subject(server)
            _log.warning("LISTEN is refused: %s", told, extra=about(subject))

    def _note_complete(self, server: ServerConnection, since: float) -> None:
        self._lost_since = None
        _log.warning(
            "listening again: what was sent in %.1f s on %s may be lost",
            *(self._context.reactor.now - since, counted(len(self._hub), "channel")),
            extra=about(self._destinations.subject(server)),
        )

    # What it says

    def _on_notification(self, read: NotificationResponse, message: bytes) -> None:
        sender = self._senders.of(read.pid)
        if sender is not None:
            message = replace(read, pid=sender).encode()
        for subscription in self._hub.wanting(read.channel):
            subscription.notify(read.channel, message)

    # Time

    def maintain(self, now: float) -> None:
        """Open it, check it, close it, refuse who waits for too long."""
        self._refuse_late(now)
        server = self.server
        if server is None:
            self.opener.check_deadline(now)
            self.opener.grow()
        elif self._home.paused:
            server.close(Reason.PAUSE_MODE)
        elif self._is_unfit(server):
            server.close(Reason.HOST_UNFIT)
        elif server.on_errand:
            server.check_deadline(now)
        elif not server.stream.held:
            self._maintain_idle(server, now)

    def _maintain_idle(self, server: ServerConnection, now: float) -> None:
        settings = self._home.settings
        idle_limit = settings.server_idle_timeout
        if now >= self._retry_at:
            self._retry_at = math.inf
            self._hub.retry()
            self._say(server)
        elif self._hub.unused and idle_limit and now - self._unused_since >= idle_limit:
            server.close(Reason.SERVER_IDLE_TIMEOUT)
        elif now - self._checked >= max(settings.server_check_delay, _SHORTEST_CHECK):
            # It may be gone without a word, and nobody else would ever notice.
            self._run(server, _EMPTY_QUERY, Reason.CHECK_FAILED)

    def _checked_out(
        self, server: ServerConnection, error: ErrorResponse | None
    ) -> None:
        if error is None and server.ledger.settled:
            self._answered(server)
        else:
            server.close(Reason.CHECK_FAILED)

    def _is_unfit(self, server: ServerConnection) -> bool:
        hosts = self._destinations.hosts
        return server.close_needed or not (hosts.works(server.host) or hosts.failing)

    def _refuse_late(self, now: float) -> None:
        settings = self._home.settings
        limits = (settings.query_wait_timeout, settings.server_connect_timeout)
        limit = min((limit for limit in limits if limit), default=math.inf)
        oldest = self._askers.oldest_wait
        if oldest is not None and now - oldest >= limit:
            full = any(quota.full for quota in self._home.quotas)
            error = errors.no_server_for_listen(limit, full=full)
            self._refuse(lambda asker: now - asker.since >= limit, error)

    # End

    def close(self, reason: Reason) -> None:
        """Close it; where servers may be, another is opened if somebody listens."""
        self.opener.stop(reason)
        if self.server is not None:
            self.server.close(reason)
        if self._home.paused:
            for asker in self._askers.take(lambda _: True):
                self.want(asker.who, asker.names)
                asker.then(None)

    def on_server_closed(self, server: ServerConnection, reason: Reason) -> None:
        """Note the loss; see Keeper."""
        now = self._context.reactor.now
        self.server = server.owner = None
        self._retry_at = math.inf
        self._hub.lost()
        self.opener.give_back()
        # What fails as soon as it is there is not opened ten times a second.
        age = now - server.opened
        short = age < self._home.settings.server_login_retry
        self.opener.pause(now, failed=short and reason not in _INTENDED)
        self._destinations.note_close(server, reason)
        if not self._hub.unused and self._lost_since is None:
            self._lost_since = now
            subject = about(self._destinations.subject(server))
            channels = counted(len(self._hub), "channel")
            _log.warning("nobody listens to %s for now", channels, extra=subject)
        self._senders.lost()
        if reason is not Reason.EVICTED:
            # Who evicted it opens one in its place.
            grow_older(self._context.starved, self._wanted_since, self._home.quotas)

    def on_parameter(self, server: ServerConnection, name: str, value: str) -> None:
        """See Keeper; nothing depends on it here."""

    def on_error(self, server: ServerConnection, sqlstate: str) -> None:
        """See Keeper; no client is told of it."""

    def on_abandoned_answered(self, server: ServerConnection) -> None:
        """See Keeper; it always has an owner."""

    def on_left(self, server: ServerConnection) -> None:
        """See Keeper; it is never shared."""
