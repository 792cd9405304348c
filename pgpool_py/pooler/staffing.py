"""Getting a pool the servers it needs: when to open one, and what if that fails."""

import logging
import random
from collections.abc import Callable, Mapping

from pgpool_py.client.lender import Borrower
from pgpool_py.errors import PoolerError
from pgpool_py.log import about
from pgpool_py.net.address import origin_text
from pgpool_py.pool.books import Books, Sizes
from pgpool_py.pool.hosts import Turn
from pgpool_py.pool.lifetime import end_of_life
from pgpool_py.pool.quota import Quota
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.keeper import Keeper
from pgpool_py.server.opening import Opened, Opening, OpeningFailed
from pgpool_py.server.parameters import ParameterSet, tracked
from pgpool_py.settings import PoolSettings
from pgpool_py.statistics import Tallies
from pgwire.server_secret import ServerSecret

from .aftercare import notifies
from .context import Context
from .destinations import Destinations
from .greeting import Greeting

_log = logging.getLogger(__name__)


class Staffing:
    """Opens servers for one pool.

    Attributes:
        destinations: where to.
        openings: the attempts under way.
        failure: what to tell clients while no server can be had, or None.
        welcome: parameters as the first server reported them, those that its
            connect_query changed included; None before.
        greeting: them as the messages that clients get.
        defaults: those of them that can be set, names in lower case.
    """

    __slots__ = (
        "_books",
        "_context",
        "_growing",
        "_keeper",
        "_last",
        "_on_failed",
        "_on_opened",
        "_on_other_host",
        "_quotas",
        "_said_to_wait",
        "defaults",
        "destinations",
        "failure",
        "greeting",
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
        tallies: Tallies,
        keeper: Keeper[ServerConnection],
        on_opened: Callable[[ServerConnection], None],
        on_failed: Callable[[PoolerError, Reason], None],
        on_other_host: Callable[[], None],
    ) -> None:
        self._context = context
        self._books = books
        self._quotas = quotas
        self._keeper = keeper
        self._on_opened = on_opened
        self._on_failed = on_failed
        self._on_other_host = on_other_host
        self._growing = False
        self._said_to_wait = False
        self.settings = settings
        self.destinations = Destinations(
            context, settings, quotas, tallies, self._leave_host
        )
        self.openings: dict[Opening, Turn] = {}
        self.failure: PoolerError | None = None
        self.welcome: dict[str, str] | None = None
        self.greeting = Greeting({})
        self.defaults: dict[str, str] = {}
        self._last: tuple[object, ParameterSet] = (None, context.book.defaults)

    @property
    def hopeless(self) -> bool:
        """Whether asking for a server now can only fail: no server, no attempt."""
        return (
            self.failure is not None
            and not self._books.total
            and not self.destinations.hosts.due(self._context.reactor.now)
        )

    def reconfigure(self, settings: PoolSettings) -> None:
        """Take over new settings."""
        self.settings = settings
        self.destinations.reconfigure(settings)

    def grow(self, at_least: int = 0) -> bool:
        """Open as many servers as are wanted and allowed now.

        Returns:
            False if somebody waits for one more, and a shared limit is full.
        """
        if self._growing:
            # Asked again by an attempt that failed at once: who opens it goes on.
            return True
        self._growing = True
        try:
            return self._grow(at_least)
        finally:
            self._growing = False

    def _grow(self, at_least: int) -> bool:
        now = self._context.reactor.now
        books = self._books
        # A minimum is no reason to take a server from another pool.
        awaited = bool(books.waiters or at_least)
        opened = False
        wanted = bool(books.wanted(now))
        if wanted and not awaited and self._waits_for_client():
            return True
        while max(books.wanted(now), at_least - books.total) > 0:
            if not self.destinations.hosts.due(now):
                break
            if not self._has_room(may_evict=awaited):
                return not awaited
            turn = self.destinations.hosts.turn(now)
            if turn is None:
                break
            self._open(turn)
            opened = True
        if opened:
            self.destinations.look_around()
        return True

    def _has_room(self, *, may_evict: bool) -> bool:
        full = tuple(quota for quota in self._quotas if quota.full)
        return not full or (may_evict and self._context.evict(full))

    def _open(self, turn: Turn) -> None:
        self._books.begin_opening()
        for quota in self._quotas:
            quota.add()
        opening = Opening(
            self._context.reactor,
            self._context.tcp_options,
            self.destinations.of(turn),
            self._on_outcome,
        )
        self.openings[opening] = turn
        opening.start(self._context.resolver)

    def learn(self, shown: ServerSecret) -> None:
        """Log in with what a client of the servers' user has shown, where needed."""
        credentials = self.destinations.credentials
        if not self._books.total and credentials.is_new(shown):
            # What failed without it may succeed now.
            self.destinations.hosts.forget()
            self.failure = None
        credentials.learn(shown)

    def _waits_for_client(self) -> bool:
        """Whether to open none for a minimum alone: it could not log in yet."""
        lacks = self.destinations.credentials.lack(self.settings.target)
        if lacks and not self._said_to_wait:
            database, user = self.settings.database, self.settings.target.user
            _log.info(
                "no password is known for servers: the first is opened when a client "
                "of this user has logged in",
                extra=about(f"S: {database}/{user}", database=database, user=user),
            )
        self._said_to_wait = lacks
        return lacks

    # Outcome

    def _on_outcome(self, opening: Opening, outcome: Opened | OpeningFailed) -> None:
        turn = self.openings.pop(opening)
        if isinstance(outcome, OpeningFailed):
            self._failed(opening, outcome)
        else:
            self.destinations.note_success(turn, outcome)
            self._succeeded(outcome)

    def _succeeded(self, opened: Opened) -> None:
        context = self._context
        self.failure = None
        reported = {name.lower(): v for name, v in opened.reported.items()}
        if self.welcome is None:
            self.welcome = opened.reported
            self.greeting = Greeting(opened.reported)
            self.defaults.clear()
            self.defaults.update((n, reported[n]) for n in tracked(opened.reported))
            self._last = (None, context.book.defaults)
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
        server.ledger.notifies = notifies(self.settings)
        server.end_of_life = end_of_life(
            server.opened,
            self.settings.server_lifetime,
            random.random(),  # noqa: S311 - spreads closes, guards nothing
        )
        self._books.opened(server)
        subject = self.destinations.subject(server)
        own = origin_text(opened.stream.socket)
        _log.info("new connection to server%s", own, extra=about(subject))
        self._on_opened(server)

    def _failed(self, opening: Opening, outcome: OpeningFailed) -> None:
        self._books.opening_failed()
        for quota in self._quotas:
            quota.remove()
        if outcome.reason is Reason.LOGIN_NOT_NEEDED:
            return
        destinations = self.destinations
        destinations.note_failure(opening, outcome)
        if destinations.goes_on(outcome):
            self._on_other_host()
        elif destinations.starting_up:
            self.failure = None
        else:
            self.failure = destinations.refusal(opening, outcome)
            if not self._books.connected and not self.openings:
                self._on_failed(self.failure, outcome.reason)

    def differing(self, asked: Mapping[str, str]) -> ParameterSet:
        """Give what of these parameters differs from the defaults.

        ``asked`` never changes; most clients ask for the same as the one before.
        """
        before, found = self._last
        if asked is not before:
            get = self.defaults.get
            own = {name: value for name, value in asked.items() if get(name) != value}
            found = self._context.book.of(own)
            self._last = (asked, found)
        return found

    # Upkeep

    def check_deadlines(self, now: float) -> None:
        """Give up attempts that take longer than ``server_connect_timeout``."""
        limit = self.settings.server_connect_timeout
        for opening in (*self.openings, *self.destinations.lookouts.openings()):
            opening.check_deadline(now, limit)

    def _leave_host(self, host: str) -> None:
        """Replace the servers at a host that is not what is wanted any more."""
        for server in self._books.busy:
            if server.host == host:
                server.close_needed = True
        for server in list(self._books.idle):
            if server.host == host:
                server.close(Reason.HOST_UNFIT)

    def leave_addresses(self, host: str, gone: frozenset[str]) -> None:
        """Replace the servers at addresses that a host has no longer."""
        for server in (*self._books.idle, *self._books.busy):
            peer = server.peer
            if server.host == host and not isinstance(peer, str) and peer[0] in gone:
                server.close_needed = True

    def forget(self) -> None:
        """Give up attempts, and tell nobody what servers reported: they are replaced.

        The defaults stay until the first of the new ones is there, for what clients
        set on the old ones meanwhile is followed by them.
        """
        self.stop()
        self.destinations.hosts.forget()
        self.failure = None
        self.welcome = None

    def stop(self) -> None:
        """Give up all attempts."""
        for opening in (*self.openings, *self.destinations.lookouts.openings()):
            opening.fail(Reason.LOGIN_NOT_NEEDED, "the pool is closed")


def sizes_of(settings: PoolSettings) -> Sizes:
    """Give how many servers these settings want."""
    return Sizes(
        settings.pool_size,
        settings.min_pool_size,
        settings.reserve_pool_size,
        settings.reserve_pool_timeout,
    )
