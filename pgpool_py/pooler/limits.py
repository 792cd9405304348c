"""How many clients are let in: in all, per database, and per user."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pgpool_py import errors
from pgpool_py.settings import PoolSettings

from .context import Context


@dataclass(slots=True)
class Census:
    """Counts clients from the moment they have proved who they are.

    Not before: strangers must not take the places of those whose names they know.

    Attributes:
        databases, users: how many each has; who has none is not in it.
    """

    databases: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)

    def check(self, limits: PoolSettings, database: str, user: str) -> None:
        """Refuse a client that would be one too many.

        Raises:
            LimitError: naming the limit.
        """
        most = limits.max_db_client_connections
        if most and self.databases.get(database, 0) >= most:
            raise errors.too_many_database_clients(database, most)
        most = limits.max_user_client_connections
        if most and self.users.get(user, 0) >= most:
            raise errors.too_many_user_clients(user, most)

    def add(self, database: str, user: str) -> None:
        """Count one more."""
        databases, users = self.databases, self.users
        databases[database] = databases.get(database, 0) + 1
        users[user] = users.get(user, 0) + 1

    def remove(self, database: str, user: str) -> None:
        """Count one less."""
        _strike(self.databases, database)
        _strike(self.users, user)


def _strike(counts: dict[str, int], name: str) -> None:
    left = counts[name] - 1
    if left:
        counts[name] = left
    else:
        del counts[name]


class Place:
    """The place of one client that logs in, until it is handed over or given back."""

    __slots__ = ("_census", "_database", "_limits", "_taken", "_user")

    def __init__(
        self,
        census: Census,
        limits: Callable[[str, str], PoolSettings],
        database: str,
        user: str,
    ) -> None:
        self._census = census
        self._limits = limits
        self._database = database
        self._user = user
        self._taken = False

    def take(self) -> None:
        """Count the client; others that log in with it may have been quicker.

        Raises:
            LimitError: naming the limit.
        """
        database, user = self._database, self._user
        self._census.check(self._limits(database, user), database, user)
        self._census.add(database, user)
        self._taken = True

    def hand_over(self) -> None:
        """Leave it to whoever the client has become to give it back."""
        self._taken = False

    def give_back(self) -> None:
        """Count the client no more, if it is counted and not handed over."""
        if self._taken:
            self._taken = False
            self._census.remove(self._database, self._user)


class Limits:
    """What holds for the clients of a user in a database, resolved once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[tuple[str, str], PoolSettings] = {}

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._known)

    def of(self, database: str, user: str) -> PoolSettings:
        """Give what holds for one that has proved who it is.

        Raises:
            KeyError: there is no such database.
        """
        key = (database, user)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._context.settings.for_pool(*key)
        return found

    def check(
        self, census: Census, connected: int, database: str, user: str
    ) -> PoolSettings | None:
        """Refuse a client that is one too many, before it has proved who it is.

        ``connected`` is how many clients there are, itself and those that log in
        included. Nothing is remembered: strangers can name as many users as they like.

        Returns:
            What holds for it; None if there is no such database.

        Raises:
            LimitError: naming the limit.
        """
        settings = self._context.settings
        if connected > settings.max_client_conn:
            raise errors.no_more_connections(settings.max_client_conn)
        limits = self._known.get((database, user))
        # An unknown database is told only to those who prove themselves.
        if limits is None and settings.find_database(database) is not None:
            limits = settings.for_pool(database, user)
        if limits is not None:
            census.check(limits, database, user)
        return limits

    def forget(self) -> None:
        """Resolve anew: settings have changed, or pools are gone."""
        self._known.clear()
