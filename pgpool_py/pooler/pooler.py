"""The one object that owns everything: pools, clients, listeners, timers.

start → serving ⇄ paused, suspended → stopping (``stopping``) → stopped
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from pgpool_py import errors
from pgpool_py.auth.rules import Policy
from pgpool_py.errors import PoolerError
from pgpool_py.net.loop import ReactorLoop
from pgpool_py.net.resolver import Resolver
from pgpool_py.reasons import Reason
from pgpool_py.settings import FALLBACK_DATABASE, PoolSettings, Settings

from .context import Context
from .destinations import place_of
from .gatehouse import Console, Gatehouse
from .limits import Limits
from .listening import Listening
from .outdating import looks_up_elsewhere
from .pool import Pool
from .quotas import Quotas, evict
from .retired import Retired
from .stopping import Stop, Stopping
from .suspension import Suspension
from .sweeping import Sweeping
from .targets import as_user, settings_of
from .upkeep import INTERVAL, check_idle_clients, close_abandoned, maintain

_log = logging.getLogger(__name__)

# Ticks between two rounds over all clients and pools.
SLOW_ROUND: Final = 10


class Pooler:
    """See the module's text; built, used and stopped in one loop's thread.

    Attributes:
        pools: by database and servers' user.
        gatehouse: the clients.
        retired: what pools counted that are no more.
        paused_databases, disabled_databases: by the console.
        killed: those paused databases that a plain resume resumes.
        suspension: while everything is suspended.
        stopped: set when it has stopped.
        started: by the reactor's clock.
    """

    def __init__(
        self,
        loop: ReactorLoop,
        settings: Settings,
        secrets: Mapping[str, str],
        console: Console,
        policy: Policy | None = None,
    ) -> None:
        self._loop = loop
        self.context = Context(
            reactor=loop.reactor,
            resolver=Resolver(loop, settings.dns_max_ttl, settings.dns_nxdomain_ttl),
            settings=settings,
            secrets=dict(secrets),
            evict=lambda full: evict(self.pools.values(), full),
            call_later=loop.call_later,
        )
        self.context.admit_by(policy)
        self._timer: asyncio.TimerHandle | None = None
        self._watchers: list[Callable[[], None]] = []
        self.gatehouse = Gatehouse(self.context, self, console, loop)
        self._listening = Listening(self.context.reactor, self.gatehouse.accept)
        self.context.resolver.on_gone = self._on_addresses_gone
        self.pools: dict[tuple[str, str], Pool] = {}
        self.paused_databases: set[str] = set()
        self.disabled_databases: set[str] = set()
        self.killed: set[str] = set()
        self.paused = False
        self.suspension: Suspension | None = None
        self._quotas = Quotas()
        self._limits = Limits(self.context)
        self._sweeping = Sweeping()
        self.retired = Retired()
        self._ticks = 0
        self._stop = Stop(self)
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

    def start(self, inherited: Sequence[socket.socket] = ()) -> None:
        """Listen, and open what ``min_pool_size`` asks for.

        ``inherited`` sockets listen already, and take the place of the settings'.

        Raises:
            OSError: an address cannot be listened on.
            LookupError: there is no such ``unix_socket_group``.
        """
        self._listening.open(self.settings, inherited)
        self._open_forced_pools()
        self._tick()

    @property
    def addresses(self) -> list[str]:
        """Give what is listened on, as text."""
        return self._listening.addresses

    def _open_forced_pools(self) -> None:
        for name, database in self.settings.databases.items():
            closed = name in {FALLBACK_DATABASE, *self.disabled_databases}
            if database.user and not closed:
                self.pool_for(name, database.user).grow()

    # Pools

    def pool_for(self, database: str, user: str) -> Pool:
        """Give the pool in which this client belongs, a new one if need be.

        Raises:
            LoginError: there is no such database, or it is disabled.
        """
        try:
            limits = self._limits.of(database, user)
        except KeyError:
            raise errors.no_such_database(database) from None
        return self.pool_of(database, limits.target.user)

    def pool_of(self, database: str, user: str) -> Pool:
        """Give the pool whose servers log in as this user; see House."""
        if database in self.disabled_databases:
            raise errors.database_disabled(database)
        key = (database, user)
        pool = self.pools.get(key)
        if pool is None:
            # What holds for a pool follows its servers' user; see limits_for.
            settings = as_user(settings_of(self.settings, database, user), user)
            if database not in self.settings.databases:
                _log.info("registered new auto-database: %s", database)
            quotas = self._quotas.of(settings)
            pool = Pool(self.context, settings, quotas, self.retired.take(key))
            pool.paused = self.paused or database in self.paused_databases
            self._stop.refuse_in(pool)
            self.pools[key] = pool
        return pool

    def limits_for(self, database: str, user: str) -> PoolSettings:
        """Give what holds for this user's own clients; see House.

        Raises:
            KeyError: there is no such database.
        """
        return self._limits.of(database, user)

    def check_open(self, database: str, user: str) -> PoolSettings | None:
        """Refuse a client that is one too many; see House.

        Raises:
            PoolerError: naming the limit.
        """
        if not self._stop.lets_in:
            raise errors.shutting_down_at_login()
        house = self.gatehouse
        return self._limits.check(house.census, house.connected, database, user)

    def _on_addresses_gone(self, host: str, gone: frozenset[str]) -> None:
        for pool in self.pools.values():
            pool.staffing.leave_addresses(host, gone)

    # Time

    def _tick(self) -> None:
        self._timer = self._loop.call_later(INTERVAL, self._tick)
        now = self.now
        self._ticks += 1
        suspension = self.suspension
        self._guard(suspension.check if suspension else self._listening.resume)
        if suspension is None or not suspension.complete:
            self._maintain(now)
        self._guard(self._stop.check)
        for watcher in list(self._watchers):
            self._guard(watcher)

    def _maintain(self, now: float) -> None:
        for pool in list(self.pools.values()):
            self._guard(partial(maintain, pool, now))
        self._guard(partial(self.gatehouse.refuse_late, now))
        self._guard(partial(self.gatehouse.replications.maintain, now))
        self._guard(partial(self.gatehouse.peering.maintain, now))
        if not self._ticks % SLOW_ROUND:
            self._guard(self._look_after_the_idle)

    def _guard(self, duty: Callable[[], None]) -> None:
        """Let no defect of one duty keep the others from being done."""
        try:
            duty()
        except Exception as error:
            self.context.reactor.on_fault(error)

    def _look_after_the_idle(self) -> None:
        """Do what looks at every client or pool, once a second."""
        sessions = self.gatehouse.sessions.values()
        check_idle_clients(sessions, self.now)
        close_abandoned(sessions)
        self.context.log_wishes.repeats.maintain()
        used = {session.lender for session in sessions}
        used |= self.gatehouse.replications.pools
        pools = self.pools.values()
        idle = self._sweeping.find(pools, used, self.settings, self.now)
        for pool in idle:
            self._drop((pool.database, pool.user), pool)
        if idle:
            self._quotas.forget(self.pools.values())
            self._limits.forget()

    def _drop(self, key: tuple[str, str], pool: Pool) -> None:
        """Forget a pool, but not what it has counted."""
        del self.pools[key]
        self.retired.keep(key, pool.counters)

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call ``watcher`` at every tick, until the function returned is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    # Pause and resume

    def active_servers(self, database: str | None = None) -> int:
        """Count servers that are not idle, of one database or of all."""
        replications = self.gatehouse.replications
        return sum(
            len(pool.books.busy) + len(replications.of(pool))
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
            pool.pause()

    def resume(self, database: str | None = None) -> None:
        """Lend servers again, except where the other kind of pause still holds."""
        if database is None:
            self.paused = False
            self.paused_databases -= self.killed
            self.killed.clear()
            self._end_suspension()
        else:
            self.paused_databases.discard(database)
            self.killed.discard(database)
        for pool in self._pools_of(database):
            pool.paused = self.paused or pool.database in self.paused_databases
            pool.grow()

    def _pools_of(self, database: str | None) -> list[Pool]:
        return [p for p in self.pools.values() if database in {None, p.database}]

    def suspend(self) -> Suspension:
        """Accept nobody and read nobody, until resumed; give how far that has got."""
        self._listening.suspend()
        self.suspension = Suspension(self)
        return self.suspension

    def _end_suspension(self) -> None:
        suspension, self.suspension = self.suspension, None
        if suspension is not None:
            suspension.end()
            self._listening.resume()

    # Reload

    def reload(
        self,
        settings: Settings,
        secrets: Mapping[str, str],
        policy: Policy | None = None,
    ) -> None:
        """Take over new settings, all at once.

        Pools whose servers go elsewhere now get new servers as theirs come back;
        databases that are gone lose their clients.
        """
        old = self.context.settings
        encrypts_alike = self.context.follow(settings)
        self.context.admit_by(policy)
        self.context.secrets = dict(secrets)
        self._limits.forget()
        for names in (self.paused_databases, self.disabled_databases, self.killed):
            names -= {x for x in names if settings.find_database(x) is None}
        self.gatehouse.reconfigure()
        for key, pool in list(self.pools.items()):
            before, after = (s.find_database(pool.database) for s in (old, settings))
            if after is None:
                self._end(key, pool, errors.database_removed(pool.database))
            elif before is not None and before.user != after.user:
                # Clients belong into other pools now.
                self._end(key, pool, errors.database_reconfigured(pool.database))
            else:
                self._reconfigure(pool)
                if looks_up_elsewhere(before, after) or not encrypts_alike:
                    self.reconnect(pool)
        self.retired.forget(lambda name: settings.find_database(name) is None)
        self.gatehouse.renew_limits()
        self._listening.tune(settings)
        self._open_forced_pools()

    def _reconfigure(self, pool: Pool) -> None:
        before = pool.settings.target
        fresh = as_user(self.settings.for_pool(pool.database, pool.user), pool.user)
        self._quotas.of(fresh)
        pool.reconfigure(fresh)
        if place_of(before) != place_of(fresh.target):
            self.reconnect(pool)

    def reconnect(self, pool: Pool) -> None:
        """Replace every server of a pool, each when it is given back.

        Those that replicate never are: they are closed with their clients.
        """
        error = errors.database_reconfigured(pool.database)
        reason = Reason.DATABASE_CONFIGURATION_CHANGED
        self.gatehouse.replications.close(reason, error, pool)
        for server in pool.books.busy:
            server.close_needed = True
        for server in list(pool.books.idle):
            server.close(Reason.CONNECT_STRING_CHANGED)
        pool.notifications.close(Reason.CONNECT_STRING_CHANGED)
        pool.staffing.forget()
        pool.grow()

    def _end(self, key: tuple[str, str], pool: Pool, error: PoolerError) -> None:
        """End a pool that must not go on, its clients and its servers."""
        reason = Reason(error.message)
        self.close_clients(pool, reason, error)
        pool.end(error, reason)
        self._drop(key, pool)

    def close_clients(self, pool: Pool, reason: Reason, error: PoolerError) -> None:
        """Close all clients of a pool; it may have waiting ones at the door still."""
        for session in list(self.gatehouse.sessions.values()):
            if session.lender is pool:
                session.close(reason, error)
        self.gatehouse.replications.close(reason, error, pool)

    # Stop

    @property
    def stopping(self) -> Stopping:
        """Whether it was asked to stop, and what it waits for."""
        return self._stop.what

    def shut_down(self, how: Stopping) -> None:
        """Stop: at once, or when all servers or all clients are done."""
        # Of clients that are not read nobody would notice that they are gone.
        self._end_suspension()
        self._stop.begin(how)

    def listen_no_more(self) -> None:
        """Close the TCP listeners; the console stays reachable by its socket."""
        self._listening.close_tcp()

    def close(self) -> None:
        """Close everything; clients are told why. Called once, at the end of a stop."""
        if self._timer is not None:
            self._timer.cancel()
        self._listening.close()
        ending = errors.shutting_down()
        for arrival in list(self.gatehouse.arrivals):
            arrival.refuse(Reason.POOLER_SHUTTING_DOWN, ending)
        for session in list(self.gatehouse.sessions.values()):
            session.close(Reason.POOLER_SHUTTING_DOWN, ending)
        self.gatehouse.replications.stop(Reason.POOLER_SHUTTING_DOWN, ending)
        self.gatehouse.peering.stop()
        for console in list(self.gatehouse.consoles.values()):
            console.close(Reason.POOLER_SHUTTING_DOWN)
        for pool in self.pools.values():
            pool.stop()
        self.context.resolver.close()
        self.stopped.set()
