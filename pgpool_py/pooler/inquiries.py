"""Looking up secrets by ``auth_query``: where, by whom, and each once at a time.

Nothing is remembered: a user that is dropped, or changes its password, is noticed at
its next login, as with PgBouncer. Logins of one user at the same time share one query.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from pgpool_py.errors import PoolerError
from pgpool_py.settings import DatabaseSettings, Settings

from .console_access import CONSOLE_DATABASE
from .context import Context
from .inquiry import Found, Inquiry, Outcome, UnusableError, as_told
from .pool import Pool

_log = logging.getLogger(__name__)

# Seconds, where ``client_login_timeout`` is off.
LIMIT: Final = 60.0

Then: TypeAlias = Callable[[Found | PoolerError], None]


class Pools(Protocol):
    """Where the servers come from."""

    def pool_of(self, database: str, user: str) -> Pool:
        """Give the pool whose servers log in as this user, whatever is forced there.

        Raises:
            LoginError: there is no such database.
        """


@dataclass(frozen=True, slots=True)
class Source:
    """Where to ask for a user's secret: a database, as whom, and how."""

    database: str
    auth_user: str
    query: str = field(repr=False)


def source_of(settings: Settings, database: str) -> Source | None:
    """Give where the secrets of a database's users are; None if nowhere.

    The console, and a database that does not exist, have those of ``auth_dbname``.
    """
    found = None
    if database != CONSOLE_DATABASE:
        found = settings.find_database(database)
    own = found or DatabaseSettings()
    auth_user = own.auth_user or settings.auth_user
    where = own.auth_dbname or settings.auth_dbname or (database if found else None)
    query = own.auth_query or settings.auth_query
    if not (auth_user and where and query):
        return None
    return Source(where, auth_user, query)


class Inquiries:
    """The look-ups under way."""

    def __init__(self, context: Context, pools: Pools) -> None:
        self._context = context
        self._pools = pools
        self._running: dict[tuple[Source, str], _Shared] = {}

    def __len__(self) -> int:
        return len(self._running)

    def ask(self, source: Source, user: str, then: Then) -> Callable[[], None]:
        """Look a secret up; ``then`` is called at once or later.

        Returns:
            What to call if nobody wants to know any more; ``then`` is not called then.
        """
        key = (source, user)
        shared = self._running.get(key)
        if shared is None:
            try:
                pool = self._pools.pool_of(source.database, source.auth_user)
            except PoolerError as error:
                _log.error("auth_query for user %r: %s", user, error)
                then(as_told(UnusableError(error.message)))
                return lambda: None
            shared = self._running[key] = _Shared(self._context.reactor.now)
            inquiry = Inquiry(
                pool,
                self._context.book.defaults,
                source.query,
                user,
                lambda outcome: self._on_outcome(key, outcome),
            )
            shared.inquiry = inquiry
            asking = shared.join(then)
            inquiry.start()
        else:
            asking = shared.join(then)
        return lambda: self._leave(key, asking)

    def maintain(self, now: float) -> None:
        """Give up what takes too long; called at every tick."""
        limit = self._context.settings.client_login_timeout or LIMIT
        late = [k for k, shared in self._running.items() if now - shared.since >= limit]
        for key in late:
            inquiry = self._running[key].inquiry
            if inquiry is not None:
                inquiry.give_up()
            self._on_outcome(key, UnusableError(f"no answer within {limit:g} s"))

    def _leave(self, key: tuple[Source, str], asking: object) -> None:
        shared = self._running.get(key)
        if shared is None or shared.waiting.pop(asking, None) is None:
            return
        if not shared.waiting:
            del self._running[key]
            if shared.inquiry is not None:
                shared.inquiry.give_up()

    def _on_outcome(self, key: tuple[Source, str], outcome: Outcome) -> None:
        shared = self._running.pop(key)
        told: Found | PoolerError
        if isinstance(outcome, Found):
            told = outcome
        else:
            _log.error("auth_query for user %r failed: %s", key[1], outcome)
            told = as_told(outcome)
        for then in list(shared.waiting.values()):
            then(told)


class _Shared:
    """One look-up, and all who wait for it."""

    __slots__ = ("inquiry", "since", "waiting")

    def __init__(self, now: float) -> None:
        self.inquiry: Inquiry | None = None
        self.since = now
        self.waiting: dict[object, Then] = {}

    def join(self, then: Then) -> object:
        asking = object()
        self.waiting[asking] = then
        return asking
