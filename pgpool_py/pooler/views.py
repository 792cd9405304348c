"""The pools and servers of a pooler at one moment, as frozen data for all who look.

States and counts carry PgBouncer's names. Times are seconds since the epoch, lengths
of time are seconds.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pgpool_py.client.replication import Replication
from pgpool_py.client.session import ClientSession
from pgpool_py.server.cancel import ServerCancel
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.opening import Opening
from pgpool_py.server.state import ServerState
from pgpool_py.settings import LoadBalanceHosts, PoolMode
from pgpool_py.statistics import Snapshot

from .client_views import by_pool, is_waiting
from .ends import UNIX, both_ends, epoch_offset, name_of_application
from .holdings import NOTHING, Held, held_for_server
from .pipeline import Pipeline
from .pool import Pool
from .pooler import Pooler
from .replication import Private, Replications
from .statement_counts import counted


class ServerStatus(StrEnum):
    """What a server does; the console lists them in this order."""

    ACTIVE = "active"
    IDLE = "idle"
    TESTED = "tested"
    NEW = "new"
    ACTIVE_CANCEL = "active_cancel"
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
class ServerView:
    """One server, or one CancelRequest on its way to a server (``active_cancel``).

    Attributes:
        connected: when it was logged in, or, of a new one, begun.
        requested: when it took on its present status.
        close_needed: whether it is closed as soon as nobody needs it.
        number: unique, as in the log, 0 for a new one and a CancelRequest; ``client``
            is that of its client, None if none.
        remote_pid: of PostgreSQL's backend, 0 for a new one.
        held: what is kept for it.
        tls: how it is encrypted, empty if it is not.
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
    held: Held = NOTHING
    tls: str = ""


# Pools


def pools(pooler: Pooler) -> list[PoolView]:
    """View all pools, by database and user."""
    clients = by_pool(pooler)
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
    listening = pool.notifications
    opening = len(list(replications.openings(pool))) + len(listening.openings)
    waiting = [client.timing.since for client in clients if is_waiting(client)]
    servers = Counter(
        _server_status(server) for server in (*_connected(pool), *listening.servers)
    )
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
        sv_login=len(pool.staffing.openings) + opening,
        maxwait=now - min(waiting, default=now),
        pool_mode=pool.settings.pool_mode,
        load_balance_hosts=balance(
            pool.settings.target.host, pool.settings.target.load_balance_hosts
        ),
        paused=pool.paused,
        statistics=counted(pool),
    )


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


# Servers


def servers(pooler: Pooler) -> list[ServerView]:
    """View all servers, those being opened included: by pool and status."""
    order = list(ServerStatus)
    offset = epoch_offset()
    views = []
    for _, pool in sorted(pooler.pools.items()):
        listening = pool.notifications
        members = [
            _server(server, pool, offset)
            for server in (*_connected(pool), *listening.servers)
        ]
        openings = (*pool.staffing.openings, *listening.openings)
        members += [_opening(opening, pool, offset) for opening in openings]
        cancels = pool.aftercare.cancels.items()
        members += [_cancel(cancel, to, pool, offset) for cancel, to in cancels]
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
    client = owner.first if isinstance(owner, Pipeline) else owner
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
        client=client.identity.number if isinstance(client, ClientSession) else None,
        remote_pid=server.pid,
        application_name=name_of_application(server.reported),
        held=held_for_server(server),
        tls=server.stream.encryption,
    )


def _cancel(
    cancel: ServerCancel, server: ServerConnection, pool: Pool, offset: float
) -> ServerView:
    (address, port), _ = both_ends(server.peer, server.stream, pool)
    return ServerView(
        database=pool.database,
        user=pool.user,
        status=ServerStatus.ACTIVE_CANCEL,
        address=address,
        port=port,
        local_address="",
        local_port=0,
        connected=offset + cancel.began,
        requested=offset + cancel.began,
        close_needed=False,
        number=0,
        client=None,
        remote_pid=server.pid,
        application_name="",
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
        tls=server.stream.encryption,
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
