"""Who holds the servers of a pool, in words: for who waits for one, and for the log."""

from collections.abc import Callable
from heapq import nlargest
from typing import Final

from pgpool_py import errors
from pgpool_py.client.lender import Borrower
from pgpool_py.client.session import ClientSession
from pgpool_py.errors import PoolerError
from pgpool_py.log import application_shown
from pgpool_py.pool.books import Books
from pgpool_py.server.connection import ServerConnection

_MOST: Final = 3


def named_holders(
    books: Books[ServerConnection, Borrower], asking: Borrower, now: float
) -> str:
    """Name the clients that have had their server longest, at most three.

    Of another user than who asks, whose servers may have the same one, no more is told
    than what it does.
    """
    user = asking.identity.user if isinstance(asking, ClientSession) else None

    def named(client: ClientSession) -> str:
        if client.identity.user != user:
            return "a client of another user"
        return f"client {_place_of(client)}"

    return _in_words(books, now, named)


def numbered_holders(books: Books[ServerConnection, Borrower], now: float) -> str:
    """Name them with their numbers, by which the console knows them and closes them."""

    def named(client: ClientSession) -> str:
        return f"client {client.identity.number} at {_place_of(client)}"

    return _in_words(books, now, named)


def _in_words(
    books: Books[ServerConnection, Borrower],
    now: float,
    named: Callable[[ClientSession], str],
) -> str:
    owners = (server.owner for server in books.busy)
    clients = [one for one in owners if isinstance(one, ClientSession)]
    longest = nlargest(_MOST, clients, key=lambda one: now - _since(one))
    return ", ".join(f"{named(one)} {_does(one, now)}" for one in longest)


def queue_full(
    books: Books[ServerConnection, Borrower], most: int, asking: Borrower, now: float
) -> PoolerError:
    """Refuse one client more, for so many wait."""
    return errors.wait_queue_full(most, named_holders(books, asking, now))


def _since(client: ClientSession) -> float:
    return client.timing.exchange_since or client.timing.since


def _does(client: ClientSession, now: float) -> str:
    timing = client.timing
    if timing.exchange_since:
        does = "running a statement"
    elif timing.transaction_since:
        does = "idle in transaction"
    else:
        does = "idle with a server of its own"
    seconds = max(0.0, now - _since(client))
    return f"{does} for {seconds:.0f} s"


def _place_of(client: ClientSession) -> str:
    visitor = client.identity.visitor
    name = application_shown(client.parameters.values.get("application_name"))
    application = f' (application "{name}")' if name else ""
    return f"{visitor.address}:{visitor.port}{application}"
