"""What is kept in memory, by kind, under the names of PgBouncer's caches.

Nothing is kept in reserve: what is not used is free for the process as a whole. An
object's size is that of the classes it is made of, so the figures are lower bounds;
bytes that are held for connections are counted exactly. The shared receive buffer is
among the buffers; a statement that several clients or servers have counts once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pgpool_py.client.identity import ClientIdentity
from pgpool_py.client.session import ClientSession
from pgpool_py.client.timing import Timing
from pgpool_py.net.stream import Stream
from pgpool_py.pool.books import Books
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.parameters import ParameterSet
from pgpool_py.settings import (
    DatabaseSettings,
    PeerSettings,
    PoolSettings,
    UserSettings,
)
from pgpool_py.statistics import Counters
from pgwire.ledger import Ledger
from pgwire.requests import Requests
from pgwire.server_statements import ServerStatements
from pgwire.statement import Statement

from .aftercare import Aftercare
from .holdings import held_for_client, held_for_server
from .linking import Linking
from .peer_queue import PeerQueue
from .pool import Pool
from .pooler import Pooler
from .staffing import Staffing


@dataclass(frozen=True, slots=True)
class MemoryView:
    """One kind of thing: how many there are, and how many bytes all of them take."""

    name: str
    used: int
    total: int

    @property
    def size(self) -> int:
        """Give the bytes of one, of the average one where they differ; 0 if none."""
        return self.total // self.used if self.used else 0


def _size(*classes: type) -> int:
    return sum(one.__basicsize__ for one in classes)


_USER: Final = _size(UserSettings)
_DATABASE: Final = _size(DatabaseSettings)
_PEER: Final = _size(PeerSettings)
_PEER_POOL: Final = PeerQueue.__basicsize__
_POOL: Final = _size(Pool, Books, Staffing, Linking, Aftercare, PoolSettings, Counters)
_SERVER: Final = _size(ServerConnection, Stream, Ledger, ServerStatements)
_CLIENT: Final = _size(ClientSession, Stream, Requests, ClientIdentity, Timing)
_PARAMETERS: Final = _size(ParameterSet)
_STATEMENT: Final = _size(Statement)
# A place in a queue of small integers.
_REQUEST: Final = 8


def memory(pooler: Pooler) -> list[MemoryView]:
    """View all kinds, in PgBouncer's order."""
    settings, context, house = pooler.settings, pooler.context, pooler.gatehouse
    clients = house.sessions.values()
    servers = [
        server
        for pool in pooler.pools.values()
        for server in (*pool.books.idle, *pool.books.busy)
    ]
    secrets = [len(secret) for secret in context.secrets.values()]
    held = [*map(held_for_client, clients), *map(held_for_server, servers)]
    buffers = [one.received + one.unsent for one in held]
    buffers.append(len(context.scratch.buffer))
    owed = sum(server.ledger.outstanding for server in servers)
    statements = [_STATEMENT + size for size in context.statements.sizes()]
    users = {*context.secrets, *settings.users}
    return [
        _alike("user_cache", len(users), _USER),
        _sized("credentials_cache", secrets),
        _alike("db_cache", len(settings.databases), _DATABASE),
        _alike("peer_cache", len(settings.peers), _PEER),
        _alike("peer_pool_cache", len(house.peering.queues), _PEER_POOL),
        _alike("pool_cache", len(pooler.pools), _POOL),
        _alike("outstanding_request_cache", owed, _REQUEST),
        _alike("server_cache", len(servers), _SERVER),
        _alike("client_cache", len(clients) + len(house.consoles), _CLIENT),
        _sized("iobuf_cache", filter(None, buffers)),
        _alike("var_list_cache", len(context.book), _PARAMETERS),
        _sized("server_prepared_statement_cache", statements),
    ]


def _alike(name: str, count: int, size: int) -> MemoryView:
    return MemoryView(name, count, count * size)


def _sized(name: str, sizes: Iterable[int]) -> MemoryView:
    every = list(sizes)
    return MemoryView(name, len(every), sum(every))
