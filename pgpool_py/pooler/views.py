"""What there is in a pooler at one moment, as frozen data for people and metrics.

States and counts carry PgBouncer's names. Times are seconds since the epoch, lengths
of time are seconds.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pgpool_py.client.lender import Lender
from pgpool_py.client.replication import Replication
from pgpool_py.client.session import ClientSession
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.opening import Opening
from pgpool_py.server.state import ServerState
from pgpool_py.settings import LoadBalanceHosts, PoolMode
from pgpool_py.statistics import Snapshot

from .ends import UNIX, both_ends, name_of_application
from .pool import Pool
from .pooler import Pooler
from .replication import Private, Replications


class ClientStatus(StrEnum):
    """What a client does."""

    ACTIVE = "active"
    IDLE = "idle"
    WAITING = "waiting"


class ServerStatus(StrEnum):
    """What a server does; the console lists them in this order."""

    ACTIVE = "active"
    IDLE = "idle"
    TESTED = "tested"
    NEW = "new"
    BEING_CANCELED = "being_canceled"


_STATUSES: Final = {
    ServerState.ACTIVE: ServerStatus.ACTIVE,
    ServerState.IDLE: ServerStatus.IDLE,
    ServerState.TESTED: ServerStatus.TESTED,
    ServerState.ABANDONED: ServerStatus.TESTED,
    ServerState.BEING_CANCELED: ServerStatus.BEING_CANCELED,
}


@dataclass(frozen=True, slots=True)
class PoolView:
    """One pool.

    Attributes:
        cl_active: clients with a server, and clients that want none now.
        cl_waiting: clients that want a server and have none yet, at login too.
        sv_active_cancel: cancel requests on their way to servers.
        sv_tested: servers that are checked, reset, or cleared of a vanished client.
        sv_login: servers being opened.
        maxwait: for how long the client that waits longest has waited.
        load_balance_hosts: None where there is but one host.
        statistics: what was counted since the start.
    """

    database: str
    user: str
    cl_active: int
    cl_waiting: int
    sv_active: int
    sv_active_cancel: int
    sv_being_canceled: int
    sv_idle: int
    sv_tested: int
    sv_login: int
    maxwait: float
    pool_mode: PoolMode
    load_balance_hosts: LoadBalanceHosts | None
    paused: bool
    statistics: Snapshot


@dataclass(frozen=True, slots=True)
class ClientView:
    """One client.

    Attributes:
        connected: when it was accepted.
        requested: when it last asked for something, or was last answered.
        wait: for how long it has waited for a server, or for an answer.
        number: unique, as in the log; ``server`` is that of its server, None if none.
        remote_pid: 0 where it is not known.
    """

    database: str
    user: str
    status: ClientStatus
    address: str
    port: int
    local_address: str
    local_port: int
    connected: float
    requested: float
    wait: float
    number: int
    server: int | None
    remote_pid: int
    application_name: str
    replication: Replication = Replication.NONE


@dataclass(frozen=True, slots=True)
class ServerView:
    """One server.

    Attributes:
        connected: when it was logged in, or, of a new one, begun.
        requested: when it took on its present status.
        close_needed: whether it is closed as soon as nobody needs it.
        number: unique, as in the log, 0 for a new one; ``client`` is that of its
            client, None if none.
        remote_pid: of PostgreSQL's backend, 0 for a new one.
    """

    database: str
    user: str
    status: ServerStatus
    address: str
    port: int
    local_address: str
    local_port: int
    connected: float
    requested: float
    close_needed: bool
    number: int
    client: int | None
    remote_pid: int
    application_name: str
    replication: Replication = Replication.NONE


# Pools


def pools(pooler: Pooler) -> list[PoolView]:
    """View all pools, by database and user."""
    clients = _by_pool(pooler)
    now = pooler.now
    replications = pooler.gatehouse.replications
    return [
        _pool(pool, clients.get(pool, []), replications, now)
        for _, pool in sorted(pooler.pools.items())
    ]


def _pool(
    pool: Pool,
    clients: list[ClientSession],
    replications: Replications,
    now: float,
) -> PoolView:
    private = len(replications.of(pool))
    opening = list(replications.openings(pool))
    waiting = [client.timing.since for client in clients if _waits(client)]
    servers = Counter(_server_status(server) for server in _connected(pool))
    return PoolView(
        database=pool.database,
        user=pool.user,
        cl_active=len(clients) - len(waiting) + private,
        cl_waiting=len(waiting) + pool.guests,
        sv_active=servers[ServerStatus.ACTIVE] + private,
        sv_active_cancel=len(pool.aftercare.cancels),
        sv_being_canceled=servers[ServerStatus.BEING_CANCELED],
        sv_idle=servers[ServerStatus.IDLE],
        sv_tested=servers[ServerStatus.TESTED],
        sv_login=len(pool.staffing.openings) + len(opening),
        maxwait=now - min(waiting, default=now),
        pool_mode=pool.settings.pool_mode,
        load_balance_hosts=balance(
            pool.settings.target.host, pool.settings.target.load_balance_hosts
        ),
        paused=pool.paused,
        statistics=pool.counters.snapshot(),
    )


def _by_pool(pooler: Pooler) -> dict[Lender, list[ClientSession]]:
    grouped: dict[Lender, list[ClientSession]] = {}
    for client in pooler.gatehouse.sessions.values():
        grouped.setdefault(client.lender, []).append(client)
    return grouped


def _connected(pool: Pool) -> Iterable[ServerConnection]:
    yield from pool.books.idle
    yield from pool.books.busy


def balance(
    hosts: tuple[str, ...] | None, how: LoadBalanceHosts | None
) -> LoadBalanceHosts | None:
    """Give how the load is spread over several hosts, None for one host."""
    if hosts is None or len(hosts) < 2:
        return None
    return how or LoadBalanceHosts.ROUND_ROBIN


# Clients


def clients(pooler: Pooler) -> list[ClientView]:
    """View all clients that are logged in: by pool, those that wait last."""
    grouped = _by_pool(pooler)
    views = []
    offset = _epoch_offset()
    for _, pool in sorted(pooler.pools.items()):
        members = sorted(grouped.get(pool, []), key=_waits)
        views += [_client(client, pool, pooler.now, offset) for client in members]
        private = pooler.gatehouse.replications.of(pool)
        views += [_private_client(one, offset) for one in private]
    return views


def _client(client: ClientSession, pool: Pool, now: float, offset: float) -> ClientView:
    identity = client.identity
    waits = _waits(client)
    began = client.timing.since if waits else client.timing.exchange_since
    if waits:
        status = ClientStatus.WAITING
    elif client.server is not None:
        status = ClientStatus.ACTIVE
    else:
        status = ClientStatus.IDLE
    return ClientView(
        database=identity.database,
        user=identity.user,
        status=status,
        address=identity.address,
        port=identity.port,
        local_address=identity.local_address,
        local_port=identity.local_port,
        connected=identity.connected,
        requested=offset + (began or client.timing.since),
        wait=now - began if began else 0.0,
        number=identity.number,
        server=None if client.server is None else client.server.id,
        remote_pid=0,
        application_name=name_of_application(
            client.parameters.values, pool.staffing.defaults
        ),
    )


def _private_client(private: Private, offset: float) -> ClientView:
    identity, server = private.relay.identity, private.relay.server
    return ClientView(
        database=identity.database,
        user=identity.user,
        status=ClientStatus.ACTIVE,
        address=identity.address,
        port=identity.port,
        local_address=identity.local_address,
        local_port=identity.local_port,
        connected=identity.connected,
        requested=offset + private.relay.since,
        wait=0.0,
        number=identity.number,
        server=private.relay.number,
        remote_pid=0,
        application_name=name_of_application(server.reported),
        replication=private.kind,
    )


def _waits(client: ClientSession) -> bool:
    # With a server it holds back only until that server is ready again.
    return client.waiting and client.server is None


# Servers


def servers(pooler: Pooler) -> list[ServerView]:
    """View all servers, those being opened included: by pool and status."""
    order = list(ServerStatus)
    offset = _epoch_offset()
    views = []
    for _, pool in sorted(pooler.pools.items()):
        members = [_server(server, pool, offset) for server in _connected(pool)]
        members += [_opening(x, pool, offset) for x in pool.staffing.openings]
        replications = pooler.gatehouse.replications
        members += [_private_server(one, offset) for one in replications.of(pool)]
        members += [
            _opening(opening, pool, offset, kind)
            for opening, kind in replications.openings(pool)
        ]
        views += sorted(
            members, key=lambda view: (order.index(view.status), view.number)
        )
    return views


def _server(server: ServerConnection, pool: Pool, offset: float) -> ServerView:
    (address, port), (local_address, local_port) = both_ends(
        server.peer, server.stream, pool
    )
    owner = server.owner
    return ServerView(
        database=pool.database,
        user=pool.user,
        status=_server_status(server),
        address=address,
        port=port,
        local_address=local_address,
        local_port=local_port,
        connected=offset + server.opened,
        requested=offset + server.since,
        close_needed=server.close_needed,
        number=server.id,
        client=owner.identity.number if isinstance(owner, ClientSession) else None,
        remote_pid=server.pid,
        application_name=name_of_application(server.reported),
    )


def _private_server(private: Private, offset: float) -> ServerView:
    relay, pool, server = private.relay, private.pool, private.relay.server
    (address, port), (local_address, local_port) = both_ends(
        server.address, server.stream, pool
    )
    return ServerView(
        database=pool.database,
        user=pool.user,
        status=ServerStatus.ACTIVE,
        address=address,
        port=port,
        local_address=local_address,
        local_port=local_port,
        connected=offset + relay.opened,
        requested=offset + relay.since,
        close_needed=False,
        number=relay.number,
        client=relay.identity.number,
        remote_pid=server.pid,
        application_name=name_of_application(server.reported),
        replication=private.kind,
    )


def _opening(
    opening: Opening,
    pool: Pool,
    offset: float,
    kind: Replication = Replication.NONE,
) -> ServerView:
    destination = opening.destination
    unix = destination.host.startswith(("/", "@"))
    return ServerView(
        database=pool.database,
        user=pool.user,
        status=ServerStatus.NEW,
        address=UNIX if unix else destination.host,
        port=destination.port,
        local_address=UNIX if unix else "",
        local_port=destination.port if unix else 0,
        connected=offset + opening.started,
        requested=offset + opening.started,
        close_needed=False,
        number=0,
        client=None,
        remote_pid=0,
        application_name="",
        replication=kind,
    )


def _server_status(server: ServerConnection) -> ServerStatus:
    # A server may be checked while it is lent, before its client's first bytes.
    return ServerStatus.TESTED if server.on_errand else _STATUSES[server.state]


def _epoch_offset() -> float:
    """Give what turns the reactor's clock into seconds since the epoch."""
    return time.time() - time.monotonic()
