"""Who holds the servers of a pool, who waits for one, and for how long."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice
from typing import Final

from pgpool_py.client.lender import Borrower
from pgpool_py.client.session import ClientSession
from pgpool_py.pool.books import Books
from pgpool_py.server.connection import ServerConnection

from .last_statement import last_statement
from .named_client import NamedClient, names_of
from .pool import Pool

#: Holders and waiting clients that a look at a pool tells of.
MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Holder(NamedClient):
    """A client that is idle in a transaction.

    Attributes:
        remote_pid: of the PostgreSQL backend.
        idle: seconds since it was last answered.
        transaction: seconds since its transaction began.
        statement: the fingerprint of its last statement; empty if that is not known.
    """

    remote_pid: int
    idle: float
    transaction: float
    statement: str


@dataclass(frozen=True, slots=True)
class Waiting(NamedClient):
    """A client that waits for a server.

    Attributes:
        waited: seconds.
        wants: what it waits for, in words.
    """

    waited: float
    wants: str


def idle_in_transaction(
    books: Books[ServerConnection, Borrower],
) -> Iterator[tuple[ClientSession, ServerConnection]]:
    """Give the clients of a pool that hold a server and ask nothing of it."""
    for server in books.busy:
        client = server.owner
        if (
            isinstance(client, ClientSession)
            and client.server is server
            and client.timing.transaction_since
            and not client.timing.exchange_since
            and not client.waiting
        ):
            yield client, server


def holders(pool: Pool, now: float, *, after: float = 0.0) -> list[Holder]:
    """Give the :data:`MOST` that are idle in transaction longest, the longest first.

    ``after``: only those that are so for as many seconds.
    """
    found = [
        (now - client.timing.since, client, server)
        for client, server in idle_in_transaction(pool.books)
        if now - client.timing.since >= after
    ]
    longest = nlargest(MOST, found, key=lambda one: one[0])
    return [holder(pool, client, server, now) for _, client, server in longest]


def holder(
    pool: Pool, client: ClientSession, server: ServerConnection, now: float
) -> Holder:
    """Give what is told of one that is idle in transaction."""
    text = last_statement(client, server)
    return Holder(
        *names_of(client, pool),
        remote_pid=server.pid,
        idle=now - client.timing.since,
        transaction=now - client.timing.transaction_since,
        statement="" if text is None else pool.pins.fingerprint(text),
    )


def waiting(pool: Pool, now: float) -> list[Waiting]:
    """Give the first :data:`MOST` of the queue, in its order."""
    return [
        Waiting(
            *names_of(client, pool),
            waited=now - since,
            wants=_wants(pool),
        )
        for client, since in islice(pool.books.waiters.items(), MOST)
        if isinstance(client, ClientSession)
    ]


def _wants(pool: Pool) -> str:
    if pool.paused:
        return "RESUME"
    return "a server being opened" if pool.books.opening else "a server"
