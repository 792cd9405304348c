"""Getting a pool the servers it needs: when to open one, where, and what if not."""

import logging
import math
import random
from collections.abc import Callable
from typing import Final

from pgpool_py import errors
from pgpool_py.client.lender import Borrower
from pgpool_py.errors import PoolerError
from pgpool_py.log import about
from pgpool_py.pool.backoff import Backoff
from pgpool_py.pool.books import Books
from pgpool_py.pool.lifetime import end_of_life
from pgpool_py.pool.quota import Quota
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import Keeper, ServerConnection
from pgpool_py.server.opening import Destination, Opened, Opening, OpeningFailed
from pgpool_py.server.parameters import tracked
from pgpool_py.settings import LoadBalanceHosts, PoolSettings
from pgwire.codes import Sqlstate
from pgwire.server_secret import ServerSecret

from .context import Context

_log = logging.getLogger(__name__)

_SCRAM_PREFIX: Final = "SCRAM-SHA-256$"


class Staffing:
    """Opens servers for one pool.

    Attributes:
        backoff: of failed attempts.
        openings: the attempts under way.
        failure: what to tell clients while no server can be had, or None.
        welcome: parameters as the first server reported them, those that its
            connect_query changed included; None before.
        defaults: those of them that can be set, names in lower case.
    """

    __slots__ = (
        "_books",
        "_context",
        "_failed_at",
        "_host",
        "_keeper",
        "_on_failed",
        "_on_opened",
        "_quotas",
        "backoff",
        "defaults",
        "failure",
        "openings",
        "settings",
        "welcome",
    )

    def __init__(
        self,
        context: Context,
        settings: PoolSettings,
        *,
        books: Books[ServerConnection, Borrower],
        quotas: tuple[Quota, ...],
        keeper: Keeper,
        on_opened: Callable[[ServerConnection], None],
        on_failed: Callable[[PoolerError, Reason], None],
    ) -> None:
        self._context = context
        self._books = books
        self._quotas = quotas
        self._keeper = keeper
        self._on_opened = on_opened
        self._on_failed = on_failed
        self._host = 0
        self._failed_at = -math.inf
        self.settings = settings
        self.backoff = Backoff(settings.server_login_retry)
        self.openings: set[Opening] = set()
        self.failure: PoolerError | None = None
        self.welcome: dict[str, str] | None = None
        self.defaults: dict[str, str] = {}

    @property
    def hopeless(self) -> bool:
        """Whether asking for a server now can only fail: no server, no attempt."""
        return (
            self.failure is not None
            and not self._books.total
            and not self.backoff.due(self._context.reactor.now)
        )

    def grow(self, at_least: int = 0) -> bool:
        """Open as many servers as are wanted and allowed now.

        Returns:
            False if somebody waits for one more, and a shared limit is full.
        """
        now = self._context.reactor.now
        if not self.backoff.due(now):
            return True
        # A minimum is no reason to take a server from another pool.
        awaited = bool(self._books.waiters or at_least)
        for _ in range(max(self._books.wanted(now), at_least)):
            if not self._has_room(may_evict=awaited):
                return not awaited
            self._open()
        return True

    def _has_room(self, *, may_evict: bool) -> bool:
        full = tuple(quota for quota in self._quotas if quota.full)
        return not full or (may_evict and self._context.evict(full))

    def _open(self) -> None:
        self._books.begin_opening()
        for quota in self._quotas:
            quota.add()
        opening = Opening(
            self._context.reactor,
            self._context.tcp_options,
            self.destination(),
            self._on_outcome,
        )
        self.openings.add(opening)
        opening.start(self._context.resolver)

    def destination(self) -> Destination:
        """Give where the next server is to be opened, and what is said there."""
        target = self.settings.target
        hosts = target.host
        host = hosts[self._host % len(hosts)]
        if target.load_balance_hosts is LoadBalanceHosts.ROUND_ROBIN:
            self._host += 1
        given = {
            "database": target.dbname,
            "client_encoding": target.client_encoding,
            "DateStyle": target.datestyle,
            "TimeZone": target.timezone,
            "application_name": target.application_name,
        }
        startup = {name: value for name, value in given.items() if value is not None}
        query = target.connect_query or ""
        secret = self._secret()
        return Destination(host, target.port, target.user, secret, startup, query)

    def _secret(self) -> ServerSecret:
        target = self.settings.target
        stored = target.password
        if stored is None:
            stored = self._context.secrets.get(target.user)
        if stored is None or stored.startswith(_SCRAM_PREFIX):
            # A stored SCRAM secret proves others to us, not us to others.
            return ServerSecret()
        return ServerSecret(password=stored)

    # Outcome

    def _on_outcome(self, opening: Opening, outcome: Opened | OpeningFailed) -> None:
        self.openings.discard(opening)
        if isinstance(outcome, OpeningFailed):
            self._failed(opening, outcome)
        else:
            self._succeeded(outcome)

    def _succeeded(self, opened: Opened) -> None:
        context = self._context
        self.backoff.succeeded()
        self.failure = None
        reported = {name.lower(): v for name, v in opened.reported.items()}
        if self.welcome is None:
            self.welcome = opened.reported
            self.defaults.clear()
            self.defaults.update((n, reported[n]) for n in tracked(opened.reported))
        differing = {
            name: reported[name]
            for name, default in self.defaults.items()
            if reported.get(name, default) != default
        }
        server = ServerConnection(
            context.reactor,
            context.scratch,
            self._keeper,
            opened,
            number=next(context.numbers),
            parameters=context.book.of(differing),
        )
        server.end_of_life = end_of_life(
            server.opened,
            self.settings.server_lifetime,
            random.random(),  # noqa: S311 - spreads closes, guards nothing
        )
        self._books.opened(server)
        _log.info("new connection to server", extra=about(self._subject(server)))
        self._on_opened(server)

    def _failed(self, opening: Opening, outcome: OpeningFailed) -> None:
        self._books.opening_failed()
        for quota in self._quotas:
            quota.remove()
        if outcome.reason is Reason.LOGIN_NOT_NEEDED:
            return
        target = self.settings.target
        if target.load_balance_hosts is LoadBalanceHosts.DISABLE:
            self._host += 1
        if opening.started > self._failed_at:
            # Attempts that were under way together fail once, not each.
            self.backoff.failed(self._context.reactor.now)
            self._failed_at = self._context.reactor.now
        _log.warning(
            "server login failed: %s", outcome.text, extra=about(self._subject(opening))
        )
        error = outcome.error
        if error is not None and error.sqlstate == Sqlstate.CANNOT_CONNECT_NOW:
            # It starts up or shuts down: worth waiting for.
            self.failure = None
            return
        self.failure = refusal(opening, outcome, self.backoff.pause)
        if not self._books.connected and not self.openings:
            self._on_failed(self.failure, outcome.reason)

    def _subject(self, what: ServerConnection | Opening) -> str:
        # As clients name the database, whatever it is called over there.
        pool = f"{self.settings.database}/{self.settings.target.user}"
        if isinstance(what, Opening):
            return f"S: {pool}@{what.destination}"
        return f"S-0x{what.id:x}: {pool}@{what.address}"

    # Upkeep

    def check_deadlines(self, now: float) -> None:
        """Give up attempts that take longer than ``server_connect_timeout``."""
        for opening in list(self.openings):
            opening.check_deadline(now, self.settings.server_connect_timeout)

    def forget(self) -> None:
        """Give up attempts, and tell nobody what servers reported: they are replaced.

        The defaults stay until the first of the new ones is there, for what clients
        set on the old ones meanwhile is followed by them.
        """
        self.stop()
        self.backoff.succeeded()
        self.failure = None
        self.welcome = None

    def stop(self) -> None:
        """Give up all attempts."""
        for opening in list(self.openings):
            opening.fail(Reason.LOGIN_NOT_NEEDED, "the pool is closed")


def refusal(opening: Opening, outcome: OpeningFailed, pause: float) -> PoolerError:
    """Give what a client is told: PostgreSQL's own words, if it said any."""
    error = outcome.error
    if error is None:
        where = str(opening.destination)
        return errors.server_login_failing(outcome.text, where, pause)
    fields = error.fields
    return errors.server_refused(
        error.message, error.sqlstate, fields.get("D"), fields.get("H")
    )
