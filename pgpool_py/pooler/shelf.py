"""Where the idle servers of one pool are: how nearly all are lent, and come back.

What is ready goes to whoever asks, and what nobody waits for is put down, without a
call. All else is the pool's, which is one of these and more.
"""

from abc import ABC, abstractmethod
from typing import Final, Generic, TypeVar

from pgpool_py.client.lender import Borrower
from pgpool_py.errors import PoolerError
from pgpool_py.pool.books import Books
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.state import ServerState
from pgpool_py.settings import Multiplex, PoolMode, PoolSettings
from pgpool_py.statistics import Counters

from .aftercare import notifies, resets
from .context import Context
from .linking import check_delay
from .staffing import sizes_of

# Whoever waits to be told what servers are like.
G = TypeVar("G")

_ACTIVE: Final = ServerState.ACTIVE
_IDLE: Final = ServerState.IDLE


class Shelf(ABC, Generic[G]):
    """See the module's text.

    Attributes:
        settings: in force.
        counters: what is counted.
        books: servers and waiters.
        paused: whether no server is lent.
        shares: whether a server's exchange may be followed by others'.
        refusal: what clients that need a server are told while it shuts down.
    """

    def __init__(
        self, context: Context, settings: PoolSettings, counters: Counters | None
    ) -> None:
        self._context = context
        self._reactor = context.reactor
        self._starved = context.starved
        self._guests: dict[G, float] = {}
        self.counters = counters or Counters()
        self.books: Books[ServerConnection, Borrower] = Books(sizes_of(settings))
        self.paused = False
        self.refusal: tuple[PoolerError, Reason] | None = None
        Shelf.reconfigure(self, settings)

    def reconfigure(self, settings: PoolSettings) -> None:
        """Take over new settings."""
        self.settings = settings
        self.books.sizes = sizes_of(settings)
        self.books.round_robin = (
            settings.server_round_robin or settings.debug_rotate_servers
        )
        self.shares = (
            settings.multiplexing is Multiplex.AUTO
            and settings.pool_mode is not PoolMode.SESSION
            and not resets(settings)
        )
        if notifies(settings):
            for server in (*self.books.idle, *self.books.busy):
                server.ledger.notifies = True
        self._check_delay = check_delay(settings)
        self._resets = resets(settings)

    def take(self, client: Borrower) -> ServerConnection | None:
        """Lend a server that is ready for this client; see Lender."""
        books = self.books
        idle = books.idle
        if not idle or self.paused or self.refusal is not None:
            return None
        now = self._reactor.now
        end = 0 if books.round_robin else -1
        server = idle[end]
        if (
            client.parameters is not server.parameters
            or now - server.since >= self._check_delay
        ):
            return None
        # As books.take and linking.begin, without a call.
        del idle[end]
        books.busy.add(server)
        server.owner = client
        server.state = _ACTIVE
        server.since = now
        self.counters.server_assignment_count += 1
        return server

    def give_up(self, client: Borrower) -> bool:
        """Strike a client out that gets no server; False if it did not wait."""
        return self.note_unserved(self.books.leave(client))

    def note_unserved(self, since: float | None) -> bool:
        """Count a wait that ended without a server; None, and False: there was none."""
        if since is None:
            return False
        self.counters.tallies.unserved.observe(self._reactor.now - since)
        return True

    def refuse_all(self, error: PoolerError, reason: Reason) -> None:
        """Tell all that wait that they get no server."""
        waiters = self.books.waiters
        while waiters:
            client = next(iter(waiters))
            self.give_up(client)
            client.on_refused(error, reason)

    def insist(self, client: Borrower) -> None:
        """Let a client that waits follow nobody; see Lender."""
        self.books.willing.pop(client, None)

    def give_back(self, server: ServerConnection) -> None:
        """Take a server back; see Lender."""
        books = self.books
        now = self._reactor.now
        if server.must_reset or server.may_be_hit or self._resets:
            self._tend(server)
        elif (
            books.waiters
            or server.close_needed
            or now >= server.end_of_life
            or self.paused
            or self._starved
            or self._guests
        ):
            self._shelve(server)
        else:
            # As _shelve does where nobody wants it and nothing is against it.
            server.since = now
            server.state = _IDLE
            books.busy.remove(server)
            books.idle.append(server)

    @abstractmethod
    def _tend(self, server: ServerConnection) -> None:
        """Bring a server back to a state in which anybody may have it."""

    @abstractmethod
    def _shelve(self, server: ServerConnection) -> None:
        """Lend a server that anybody may have to the first in the queue, or keep it."""
