"""The clients of a pooler at one moment, as frozen data; times as in ``views``."""

from dataclasses import dataclass
from enum import StrEnum

from pgpool_py.client.door import Visitor
from pgpool_py.client.lender import Lender
from pgpool_py.client.replication import Replication
from pgpool_py.client.session import ClientSession
from pgpool_py.server.connection import ServerConnection

from .ends import epoch_offset, name_of_application
from .holdings import NOTHING, Held, held_for_client
from .pool import Pool
from .pooler import Pooler
from .replication import Private


class ClientStatus(StrEnum):
    """What a client does; who logs in is not among those that are listed."""

    ACTIVE = "active"
    IDLE = "idle"
    WAITING = "waiting"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class ClientView:
    """One client.

    Attributes:
        connected: when it was accepted.
        requested: when it last asked for something, or was last answered.
        wait: for how long it has waited for a server, or for an answer.
        number: unique, as in the log; ``server`` is that of its server, None if none.
        remote_pid: 0 where it is not known.
        held: what is kept for it.
        tls: how it is encrypted, empty if it is not.
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
    held: Held = NOTHING
    tls: str = ""


def clients(pooler: Pooler) -> list[ClientView]:
    """View all clients that are logged in: by pool, those that wait last."""
    grouped = by_pool(pooler)
    views = []
    offset = epoch_offset()
    for _, pool in sorted(pooler.pools.items()):
        members = sorted(grouped.get(pool, []), key=is_waiting)
        views += [_client(client, pool, pooler.now, offset) for client in members]
        private = pooler.gatehouse.replications.of(pool)
        views += [_private_client(one, offset) for one in private]
    return views


def _client(client: ClientSession, pool: Pool, now: float, offset: float) -> ClientView:
    identity = client.identity
    server = server_of(client)
    waits = client.waiting and server is None
    began = client.timing.since if waits else client.timing.exchange_since
    if waits:
        status = ClientStatus.WAITING
    elif server is not None:
        status = ClientStatus.ACTIVE
    else:
        status = ClientStatus.IDLE
    return ClientView(
        database=identity.database,
        user=identity.user,
        status=status,
        address=identity.visitor.address,
        port=identity.visitor.port,
        local_address=identity.visitor.local_address,
        local_port=identity.visitor.local_port,
        connected=identity.visitor.connected,
        requested=offset + (began or client.timing.since),
        wait=now - began if began else 0.0,
        number=identity.number,
        server=None if server is None else server.id,
        remote_pid=0,
        application_name=application_of(client, pool),
        held=held_for_client(client),
        tls=identity.tls,
    )


def _private_client(private: Private, offset: float) -> ClientView:
    identity, server = private.relay.identity, private.relay.server
    return ClientView(
        database=identity.database,
        user=identity.user,
        status=ClientStatus.ACTIVE,
        address=identity.visitor.address,
        port=identity.visitor.port,
        local_address=identity.visitor.local_address,
        local_port=identity.visitor.local_port,
        connected=identity.visitor.connected,
        requested=offset + private.relay.since,
        wait=0.0,
        number=identity.number,
        server=private.relay.number,
        remote_pid=0,
        application_name=name_of_application(server.reported),
        replication=private.kind,
        tls=identity.tls,
    )


def arrivals(pooler: Pooler) -> list[ClientView]:
    """View all clients that have not logged in yet, the first one first."""
    return [_arrival(one.visitor) for one in pooler.gatehouse.arrivals]


def _arrival(visitor: Visitor) -> ClientView:
    return ClientView(
        database="(nodb)",
        user="(nouser)",
        status=ClientStatus.LOGIN,
        address=visitor.address,
        port=visitor.port,
        local_address=visitor.local_address,
        local_port=visitor.local_port,
        connected=visitor.connected,
        requested=visitor.connected,
        wait=0.0,
        number=visitor.number,
        server=None,
        remote_pid=0,
        application_name="",
    )


def is_waiting(client: ClientSession) -> bool:
    """Say whether a client waits for a server."""
    # With a server it holds back only until that server is ready again.
    return client.waiting and server_of(client) is None


def server_of(client: ClientSession) -> ServerConnection | None:
    """Give the server that a client has, or shares with others."""
    if client.server is None and client.waiting:
        return client.lender.shared_by(client)
    return client.server


def by_pool(pooler: Pooler) -> dict[Lender, list[ClientSession]]:
    """Give the clients that are logged in, by their pools."""
    grouped: dict[Lender, list[ClientSession]] = {}
    for client in pooler.gatehouse.sessions.values():
        grouped.setdefault(client.lender, []).append(client)
    return grouped


def application_of(client: ClientSession, pool: Pool) -> str:
    """Give the name of a client's application."""
    return name_of_application(client.parameters.values, pool.staffing.defaults)
