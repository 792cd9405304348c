"""The one object that owns everything: pools, clients, listeners, timers.

start → serving ⇄ paused → stopping → stopped
"""

import asyncio
import logging
import resource
import socket
from collections.abc import Callable, Mapping
from enum import StrEnum

from pgpool_py import errors
from pgpool_py.net.listener import Listener, listen_tcp, listen_unix
from pgpool_py.net.loop import ReactorLoop
from pgpool_py.net.resolver import Resolver
from pgpool_py.pool.quota import Quota
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.settings import FALLBACK_DATABASE, PoolSettings, Settings

from .context import Context
from .gatehouse import Console, Gatehouse
from .limits import check_limits
from .pool import Pool
from .upkeep import INTERVAL, check_idle_clients, maintain

_log = logging.getLogger(__name__)


class Stopping(StrEnum):
    """How far the pooler has gone towards its end, and what it waits for."""

    NO = "no"
    WAIT_FOR_SERVERS = "wait_for_servers"
    WAIT_FOR_CLIENTS = "wait_for_clients"
    NOW = "now"


class Pooler:
    """See the module's text; built, used and stopped in one loop's thread.

    Attributes:
        pools: by database and servers' user.
        gatehouse: the clients.
        stopping: how it is stopping.
        stopped: set when it has stopped.
        started: by the reactor's clock.
    """

    def __init__(
        self,
        loop: ReactorLoop,
        settings: Settings,
        secrets: Mapping[str, str],
        console: Console,
    ) -> None:
        self._loop = loop
        self.context = Context(
            reactor=loop.reactor,
            resolver=Resolver(loop, settings.dns_max_ttl),
            settings=settings,
            secrets=dict(secrets),
            evict=self._evict,
        )
        self._database_quotas: dict[str, Quota] = {}
        self._user_quotas: dict[str, Quota] = {}
        self._listeners: list[Listener] = []
        self._unix_listeners: list[Listener] = []
        self._timer: asyncio.TimerHandle | None = None
        self._watchers: list[Callable[[], None]] = []
        self.gatehouse = Gatehouse(self.context, self, console)
        self.pools: dict[tuple[str, str], Pool] = {}
        self.paused_databases: set[str] = set()
        self.paused = False
        self._exhausted = False
        self.stopping = Stopping.NO
        self.stopped = asyncio.Event()
        self.started = loop.reactor.now

    @property
    def settings(self) -> Settings:
        """Give the settings in force."""
        return self.context.settings

    @property
    def now(self) -> float:
        """Give the reactor's clock."""
        return self.context.reactor.now

    # Start

    def start(self) -> None:
        """Listen, and open what ``min_pool_size`` asks for.

        Raises:
            OSError: an address cannot be listened on.
        """
        try:
            self._listen()
        except OSError:
            self._close_listeners()
            raise
        self._open_forced_pools()
        self._tick()

    def _listen(self) -> None:
        settings = self.settings
        for address in settings.listen_addr:
            for sock in listen_tcp(
                address,
                settings.listen_port,
                settings.listen_backlog,
                reuse_port=settings.so_reuseport,
            ):
                self._listeners.append(self._listener(sock))
        if settings.unix_socket_dir:
            sock = listen_unix(
                settings.unix_socket_dir,
                settings.listen_port,
                settings.unix_socket_mode,
                settings.listen_backlog,
            )
            self._unix_listeners.append(self._listener(sock))

    def _listener(self, listening: socket.socket) -> Listener:
        listener = Listener(
            self.context.reactor,
            listening,
            self.gatehouse.accept,
            self._on_exhausted,
        )
        _log.info("listening on %s", listener.address)
        return listener

    def _on_exhausted(self, error: OSError) -> None:
        if not self._exhausted:
            self._exhausted = True
            soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
            _log.error(
                "cannot accept more clients: %s; the limit is %d descriptors: raise "
                "it (ulimit -n, LimitNOFILE) or lower max_client_conn",
                error.strerror,
                soft,
            )

    @property
    def addresses(self) -> list[str]:
        """Give what is listened on, as text."""
        return [x.address for x in (*self._listeners, *self._unix_listeners)]

    def _open_forced_pools(self) -> None:
        for name, database in self.settings.databases.items():
            if database.user and name != FALLBACK_DATABASE:
                self.pool_for(name, database.user).grow()

    def _close_listeners(self) -> None:
        for listener in (*self._listeners, *self._unix_listeners):
            listener.close()
        self._listeners.clear()
        self._unix_listeners.clear()

    # Pools

    def pool_for(self, database: str, user: str) -> Pool:
        """Give the pool in which this client belongs, a new one if need be.

        Raises:
            LoginError: there is no such database.
        """
        try:
            settings = self.settings.for_pool(database, user)
        except KeyError:
            raise errors.no_such_database(database) from None
        key = (database, settings.target.user)
        pool = self.pools.get(key)
        if pool is None:
            if database not in self.settings.databases:
                _log.info("registered new auto-database: %s", database)
            pool = Pool(self.context, settings, self._quotas(settings))
            pool.paused = self.paused or database in self.paused_databases
            self._refuse_if_stopping(pool)
            self.pools[key] = pool
        return pool

    def _quotas(self, settings: PoolSettings) -> tuple[Quota, ...]:
        by_database = self._database_quotas.setdefault(settings.database, Quota())
        by_user = self._user_quotas.setdefault(settings.target.user, Quota())
        by_database.limit = settings.max_db_connections
        by_user.limit = settings.max_user_connections
        return by_database, by_user

    def _evict(self, quota: Quota) -> bool:
        """Close the server that was idle longest among those of a quota."""
        idle: list[ServerConnection] = [
            server
            for pool in self.pools.values()
            if quota in pool.quotas
            for server in pool.books.idle
        ]
        if not idle:
            return False
        min(idle, key=lambda server: server.since).close(Reason.EVICTED)
        return True

    # Clients

    def check_open(self, database: str, user: str) -> None:
        """Refuse a client that is one too many; see House.

        Raises:
            PoolerError: naming the limit.
        """
        if self.stopping is not Stopping.NO:
            raise errors.shutting_down_at_login()
        check_limits(self.settings, self.gatehouse, database, user)

    # Time

    def _tick(self) -> None:
        self._timer = self._loop.call_later(INTERVAL, self._tick)
        now = self.now
        for pool in list(self.pools.values()):
            maintain(pool, now)
        self.gatehouse.refuse_late(now)
        check_idle_clients(list(self.gatehouse.sessions.values()), now)
        for listener in self._listeners:
            if not listener.accepting:
                listener.resume()
        self._check_stopped()
        for watcher in list(self._watchers):
            watcher()

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call ``watcher`` at every tick, until the function returned is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    # Pause and resume

    def active_servers(self, database: str | None = None) -> int:
        """Count servers that are not idle, of one database or of all."""
        return sum(
            len(pool.books.busy)
            for pool in self.pools.values()
            if database in {None, pool.database}
        )

    def pause(self, database: str | None = None) -> None:
        """Lend no servers any more; idle ones are closed at once."""
        if database is None:
            self.paused = True
        else:
            self.paused_databases.add(database)
        for pool in self._pools_of(database):
            pool.paused = True
            for server in list(pool.books.idle):
                server.close(Reason.PAUSE_MODE)

    def resume(self, database: str | None = None) -> None:
        """Lend servers again, except where the other kind of pause still holds."""
        if database is None:
            self.paused = False
        else:
            self.paused_databases.discard(database)
        for pool in self._pools_of(database):
            pool.paused = self.paused or pool.database in self.paused_databases
            pool.grow()

    def _pools_of(self, database: str | None) -> list[Pool]:
        return [p for p in self.pools.values() if database in {None, p.database}]

    # Reload

    def reload(self, settings: Settings, secrets: Mapping[str, str]) -> None:
        """Take over new settings, all at once.

        Pools whose servers go elsewhere now get new servers as theirs come back;
        databases that are gone lose their clients.
        """
        self.context.settings = settings
        self.context.secrets = dict(secrets)
        self.gatehouse.admission.forget()
        for key, pool in list(self.pools.items()):
            if settings.find_database(pool.database) is None:
                self._remove(key, pool)
                continue
            self._reconfigure(pool)
        self._open_forced_pools()

    def _reconfigure(self, pool: Pool) -> None:
        before = pool.settings.target
        # Limits of a pool follow its servers' user; a client's own limits are asked
        # for at its login.
        fresh = self.settings.for_pool(pool.database, pool.user)
        self._quotas(fresh)
        pool.reconfigure(fresh)
        after = fresh.target
        if (before.dbname, before.host, before.port, before.connect_query) != (
            after.dbname,
            after.host,
            after.port,
            after.connect_query,
        ):
            self.reconnect(pool)

    def reconnect(self, pool: Pool) -> None:
        """Replace every server of a pool, each when it is given back."""
        for server in pool.books.busy:
            server.close_needed = True
        for server in list(pool.books.idle):
            server.close(Reason.CONNECT_STRING_CHANGED)

    def _remove(self, key: tuple[str, str], pool: Pool) -> None:
        error = errors.database_removed(pool.database)
        for session in list(self.gatehouse.sessions.values()):
            if session.lender is pool:
                session.close(Reason.DATABASE_REMOVED, error)
        pool.end(error, Reason.DATABASE_REMOVED)
        del self.pools[key]

    # Stop

    def shut_down(self, how: Stopping) -> None:
        """Stop: at once, or when all servers or all clients are done."""
        self.stopping = how
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        if how is Stopping.WAIT_FOR_SERVERS:
            for pool in self.pools.values():
                self._refuse_if_stopping(pool)
            self.pause()
        if how is Stopping.NOW:
            self._stop()
        else:
            self._check_stopped()

    def _refuse_if_stopping(self, pool: Pool) -> None:
        if self.stopping is not Stopping.WAIT_FOR_SERVERS:
            return
        error = errors.server_shutting_down()
        pool.refusal = (error, Reason.SERVER_SHUTTING_DOWN)
        while (waiter := pool.books.next_waiter()) is not None:
            waiter[0].on_refused(error, Reason.SERVER_SHUTTING_DOWN)

    def _check_stopped(self) -> None:
        house = self.gatehouse
        if self.stopping is Stopping.WAIT_FOR_SERVERS:
            if not self.active_servers():
                self._stop()
        elif self.stopping is Stopping.WAIT_FOR_CLIENTS and not (
            house.sessions or house.arrivals or house.consoles
        ):
            self._stop()

    def _stop(self) -> None:
        """Close everything; clients are told why."""
        if self.stopped.is_set():
            return
        self.stopping = Stopping.NOW
        if self._timer is not None:
            self._timer.cancel()
        self._close_listeners()
        ending = errors.shutting_down()
        for arrival in list(self.gatehouse.arrivals):
            arrival.refuse(Reason.POOLER_SHUTTING_DOWN, ending)
        for session in list(self.gatehouse.sessions.values()):
            session.close(Reason.POOLER_SHUTTING_DOWN, ending)
        for console in list(self.gatehouse.consoles.values()):
            console.close(Reason.POOLER_SHUTTING_DOWN)
        for pool in self.pools.values():
            pool.paused = True
            pool.staffing.stop()
            for server in (*pool.books.idle, *pool.books.busy):
                server.close(Reason.POOLER_SHUTTING_DOWN)
            for cancel in list(pool.aftercare.cancels):
                cancel.give_up()
        self.context.resolver.close()
        self.stopped.set()
