"""What the commands work with: the pooler, and the console's own clients and counts."""

import logging
from collections.abc import Callable
from typing import Final, Protocol

from pgpool_py.client.identity import ClientIdentity
from pgpool_py.errors import PoolerError
from pgpool_py.insight.advice import Advisor
from pgpool_py.pooler import (
    client_views,
    database_views,
    peer_views,
    user_views,
    views,
)
from pgpool_py.pooler.averages import Average, Averages, PoolKey
from pgpool_py.pooler.client_views import ClientStatus, ClientView
from pgpool_py.pooler.database_views import DatabaseView
from pgpool_py.pooler.ends import epoch_offset
from pgpool_py.pooler.peer_views import PeerPoolView
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.pooler.statement_counts import counted
from pgpool_py.pooler.user_views import UserView
from pgpool_py.pooler.views import PoolView, ServerView
from pgpool_py.reasons import Reason
from pgpool_py.settings import PoolMode
from pgpool_py.statistics import Counters, Snapshot

_log = logging.getLogger(__name__)

# PgBouncer's names and size for the console's database, user and pool.
ADMIN: Final = "pgbouncer"
ADMIN_POOL_SIZE: Final = 2


class Visitor(Protocol):
    """A console session, as SHOW sees it."""

    @property
    def identity(self) -> ClientIdentity:
        """Who it is."""

    @property
    def since(self) -> float:
        """When it last sent a command, by the reactor's clock."""

    def close(self, reason: Reason, error: PoolerError | None = None) -> None:
        """End it, with an error for the client if there is one."""


class Desk:
    """See the module's text.

    Attributes:
        pooler: what is looked at, and told what to do.
        reload: reads the configuration anew; raises ConfigError and changes nothing
            if it has faults.
        change: gives a setting, its name in lower case, the value that a text says;
            raises SettingError where it refuses.
        counters: of the console itself.
        visitors: the console sessions, by process id.
        advisor: advises on the sizes of pools.
        averages: of all pools, the console's own included.
        on_statistics: gets the line of each period that is over, if anything does.
    """

    __slots__ = (
        "advisor",
        "averages",
        "change",
        "counters",
        "on_statistics",
        "pooler",
        "reload",
        "visitors",
    )

    def __init__(
        self,
        pooler: Pooler,
        reload: Callable[[], None],
        change: Callable[[str, str], None],
        on_statistics: Callable[[str], None] | None = None,
        advisor: Advisor | None = None,
    ) -> None:
        self.pooler = pooler
        self.reload = reload
        self.change = change
        self.on_statistics = on_statistics
        self.counters = Counters()
        self.visitors: dict[int, Visitor] = {}
        self.averages = Averages(pooler.now)
        self.advisor = advisor or Advisor(pooler)

    # Views, with the console among them

    def pools(self) -> list[PoolView]:
        """View all pools, by database and user."""
        found = [*views.pools(self.pooler), self._own_pool()]
        return sorted(found, key=lambda view: (view.database, view.user))

    def _own_pool(self) -> PoolView:
        return PoolView(
            database=ADMIN,
            user=ADMIN,
            cl_active=len(self.visitors),
            cl_waiting=0,
            sv_active=0,
            sv_active_cancel=0,
            sv_being_canceled=0,
            sv_idle=0,
            sv_tested=0,
            sv_login=0,
            maxwait=0.0,
            pool_mode=PoolMode.STATEMENT,
            load_balance_hosts=None,
            paused=False,
            statistics=self.counters.snapshot(),
        )

    def clients(self) -> list[ClientView]:
        """View all clients, by pool."""
        offset = epoch_offset()
        own = [_own_client(visitor, offset) for visitor in self.visitors.values()]
        found = client_views.clients(self.pooler)
        before = [view for view in found if view.database < ADMIN]
        return [*before, *own, *found[len(before) :]]

    def servers(self) -> list[ServerView]:
        """View all servers, by pool and state."""
        return views.servers(self.pooler)

    def sockets(self) -> list[ClientView | ServerView]:
        """View all connections, by database; who logs in comes last."""
        found: list[ClientView | ServerView] = [*self.clients(), *self.servers()]
        found.sort(key=lambda view: view.database)
        return [*found, *client_views.arrivals(self.pooler)]

    def peer_pools(self) -> list[PeerPoolView]:
        """View the requests for each peer, by id."""
        return peer_views.peer_pools(self.pooler.gatehouse.peering.queues)

    def databases(self) -> list[DatabaseView]:
        """View all databases by name."""
        found = [*database_views.databases(self.pooler), self._own_database()]
        return sorted(found, key=lambda view: view.name)

    def _own_database(self) -> DatabaseView:
        settings = self.pooler.settings
        return DatabaseView(
            name=ADMIN,
            host=None,
            port=settings.listen_port,
            dbname=ADMIN,
            force_user=ADMIN,
            pool_size=ADMIN_POOL_SIZE,
            min_pool_size=settings.min_pool_size,
            reserve_pool_size=settings.reserve_pool_size,
            server_lifetime=settings.server_lifetime,
            pool_mode=PoolMode.STATEMENT,
            load_balance_hosts=None,
            max_connections=settings.max_db_connections,
            current_connections=0,
            max_client_connections=settings.max_db_client_connections,
            current_client_connections=len(self.visitors),
            paused=False,
            disabled=False,
        )

    def users(self) -> list[UserView]:
        """View all users by name."""
        visitors = (visitor.identity.user for visitor in self.visitors.values())
        found = user_views.users(self.pooler, visitors)
        if all(view.name != ADMIN for view in found):
            found.append(self._own_user())
        return sorted(found, key=lambda view: view.name)

    def _own_user(self) -> UserView:
        settings = self.pooler.settings
        return UserView(
            name=ADMIN,
            pool_size=None,
            reserve_pool_size=None,
            pool_mode=None,
            max_user_connections=settings.max_user_connections,
            current_connections=0,
            max_user_client_connections=settings.max_user_client_connections,
            current_client_connections=0,
        )

    # Statistics

    def totals(self) -> dict[PoolKey, Snapshot]:
        """Give what was counted since the start, by pool."""
        totals = {key: gone.snapshot() for key, gone in self.pooler.retired.items()}
        totals |= {key: counted(pool) for key, pool in self.pooler.pools.items()}
        totals[ADMIN, ADMIN] = self.counters.snapshot()
        return totals

    def average(self, totals: dict[PoolKey, Snapshot]) -> Average:
        """Give the averages of these pools together."""
        return self.averages.of(self.pooler.now, totals)

    def tick(self) -> None:
        """End a period of statistics when it is over; called by the pooler."""
        now, settings = self.pooler.now, self.pooler.settings
        if not self.averages.due(now, settings.stats_period):
            return
        totals = self.totals()
        self.averages.refresh(now, totals)
        line = f"stats: {self.average(totals)}"
        if self.on_statistics is not None:
            self.on_statistics(line)
        if settings.log_stats:
            _log.info("%s", line)


def _own_client(visitor: Visitor, offset: float) -> ClientView:
    identity = visitor.identity
    return ClientView(
        database=ADMIN,
        user=identity.user,
        # Without a server, and for PgBouncer that is idle, even for who asks.
        status=ClientStatus.IDLE,
        address=identity.visitor.address,
        port=identity.visitor.port,
        local_address=identity.visitor.local_address,
        local_port=identity.visitor.local_port,
        connected=identity.visitor.connected,
        requested=offset + visitor.since,
        wait=0.0,
        number=identity.number,
        server=None,
        remote_pid=0,
        application_name="",
        tls=identity.tls,
    )
