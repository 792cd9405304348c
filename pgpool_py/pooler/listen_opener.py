"""Opening a server that listens: within the shared limits, and not too often."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from pgpool_py.errors import PoolerError
from pgpool_py.pool.backoff import Backoff
from pgpool_py.pool.hosts import Turn
from pgpool_py.pool.quota import Quota
from pgpool_py.reasons import Reason
from pgpool_py.server.opening import Destination, Opened, Opening, OpeningFailed
from pgpool_py.settings import PoolSettings

from .context import Context
from .destinations import Destinations


class Home(Protocol):
    """The pool that a server that listens belongs to."""

    @property
    def settings(self) -> PoolSettings:
        """Give the settings in force."""

    @property
    def quotas(self) -> tuple[Quota, ...]:
        """Give the shared limits to which its servers count."""

    @property
    def paused(self) -> bool:
        """Whether servers may neither be opened nor kept now."""


class ListenOpener:
    """See the module's text, and Starved.

    Args:
        encoding: its ``client_encoding``; empty for the pool's own.
        wanted_since: since when one is wanted, None if none is.
        on_opened: gets it; it counts to the limits from then on, until
            :meth:`give_back` is called.
        on_failed: is told why there is none; another attempt may follow.

    Attributes:
        opening: the attempt under way.
    """

    __slots__ = (
        "_backoff",
        "_context",
        "_destinations",
        "_encoding",
        "_home",
        "_on_failed",
        "_on_opened",
        "_wanted_since",
        "opening",
    )

    def __init__(
        self,
        context: Context,
        home: Home,
        destinations: Destinations,
        encoding: str,
        *,
        wanted_since: Callable[[], float | None],
        on_opened: Callable[[Opened], None],
        on_failed: Callable[[PoolerError], None],
    ) -> None:
        self._context = context
        self._home = home
        self._destinations = destinations
        self._encoding = encoding
        self._wanted_since = wanted_since
        self._on_opened = on_opened
        self._on_failed = on_failed
        self._backoff = Backoff(home.settings.server_login_retry)
        self.opening: Opening | None = None

    @property
    def quotas(self) -> tuple[Quota, ...]:
        """Give the shared limits to which it counts; see Starved."""
        return self._home.quotas

    @property
    def oldest_wait(self) -> float | None:
        """Give since when one is wanted, None if none is; see Starved."""
        return None if self.opening is not None else self._wanted_since()

    def grow(self) -> None:
        """Open one if it is wanted and may be opened now; see Starved."""
        starved = self._context.starved
        starved.pop(self, None)
        now = self._context.reactor.now
        hosts = self._destinations.hosts
        if (
            self.oldest_wait is None
            or self._home.paused
            or not self._backoff.due(now)
            or not hosts.due(now)
        ):
            return
        full = tuple(quota for quota in self.quotas if quota.full)
        if full and not self._context.evict(full):
            starved[self] = None
            return
        self._open(hosts.turn(now) or Turn(self._home.settings.target.host[0]))

    def _open(self, turn: Turn) -> None:
        for quota in self.quotas:
            quota.add()
        self.opening = Opening(
            self._context.reactor,
            self._context.tcp_options,
            self._destination(turn),
            lambda opening, outcome: self._on_outcome(turn, opening, outcome),
        )
        self.opening.start(self._context.resolver)

    def _destination(self, turn: Turn) -> Destination:
        usual = self._destinations.of(turn)
        if not self._encoding:
            return usual
        startup = {**usual.startup, "client_encoding": self._encoding}
        return replace(usual, startup=startup)

    def _on_outcome(
        self, turn: Turn, opening: Opening, outcome: Opened | OpeningFailed
    ) -> None:
        self.opening = None
        destinations = self._destinations
        if isinstance(outcome, Opened):
            destinations.note_success(turn, outcome)
            self._on_opened(outcome)
            return
        self.give_back()
        if outcome.reason is Reason.LOGIN_NOT_NEEDED:
            return
        destinations.note_failure(opening, outcome)
        if destinations.goes_on(outcome):
            self.grow()
            return
        self.pause(self._context.reactor.now, failed=True)
        if not destinations.starting_up:
            self._on_failed(destinations.refusal(opening, outcome))

    def give_back(self) -> None:
        """Count one less: it is closed."""
        for quota in self.quotas:
            quota.remove()

    def pause(self, now: float, *, failed: bool) -> None:
        """Wait before the next is opened, longer each time, if this one has failed."""
        backoff = self._backoff
        backoff.ceiling = self._home.settings.server_login_retry
        if failed:
            backoff.failed(now)
        else:
            backoff.succeeded()

    def check_deadline(self, now: float) -> None:
        """Give up an attempt that takes longer than ``server_connect_timeout``."""
        if self.opening is not None:
            self.opening.check_deadline(now, self._home.settings.server_connect_timeout)

    def stop(self, reason: Reason) -> None:
        """Give up the attempt, and wait for no room."""
        self._context.starved.pop(self, None)
        if self.opening is not None:
            self.opening.fail(Reason.LOGIN_NOT_NEEDED, str(reason))
