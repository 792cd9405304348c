"""The users of a pooler at one moment, as frozen data."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pgpool_py.settings import PoolMode, UserSettings

from .pooler import Pooler


@dataclass(frozen=True, slots=True)
class UserView:
    """One user, of clients or servers.

    Attributes:
        pool_size, reserve_pool_size, pool_mode: None where ``[users]`` does not say.
        current_connections: servers, those being opened included.
        current_client_connections: clients that have proved who they are, on the
            console too.
    """

    name: str
    pool_size: int | None
    reserve_pool_size: int | None
    pool_mode: PoolMode | None
    max_user_connections: int
    current_connections: int
    max_user_client_connections: int
    current_client_connections: int


def users(pooler: Pooler, visitors: Iterable[str]) -> list[UserView]:
    """View all users by name: of ``auth_file``, of ``[users]``, and whoever is here.

    Args:
        pooler: whose users they are.
        visitors: the user of each client that is on the console.
    """
    settings = pooler.settings
    servers: Counter[str] = Counter()
    for pool in pooler.pools.values():
        servers[pool.user] += pool.books.total
    for private in pooler.gatehouse.replications.privates.values():
        servers[private.pool.user] += 1
    clients = Counter(visitors)
    clients.update(pooler.gatehouse.census.users)
    names = {*pooler.context.secrets, *settings.users, *servers, *clients}
    found = []
    for name in sorted(names):
        own = settings.users.get(name, UserSettings())
        # As for pools: a limit of 0 is one that is not set.
        most, most_clients = own.max_user_connections, own.max_user_client_connections
        found.append(
            UserView(
                name=name,
                pool_size=own.pool_size,
                reserve_pool_size=own.reserve_pool_size,
                pool_mode=own.pool_mode,
                max_user_connections=most or settings.max_user_connections,
                current_connections=servers[name],
                max_user_client_connections=most_clients
                or settings.max_user_client_connections,
                current_client_connections=clients[name],
            )
        )
    return found
