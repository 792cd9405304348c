"""Clients whose lone exchange came in this turn: it goes to a server at the turn's end.

Where much is shared, what has to be known is much the same for all of them, and so is
looked at once; and each server gets its share of them in one write. Whoever does not
fit in asks the pool, which may know more.
"""

from collections import deque
from typing import Protocol

from pgpool_py.client.lender import Borrower
from pgpool_py.client.lone_run import LoneRun
from pgpool_py.client.session import ClientSession
from pgpool_py.client.session_state import NOTHING
from pgpool_py.errors import PoolerError
from pgpool_py.net.reactor import Reactor
from pgpool_py.pool.books import Books
from pgpool_py.pool.tempo import Tempo
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.statistics import Counters

from .candidates import Candidates
from .pipeline import Pipeline
from .texts import Texts

# Who has come, with what it sent, the text of that as ALIKE makes it, and the batch.
Arrival = tuple[ClientSession, bytes, bytes, LoneRun | None]


class Home(Protocol):
    """The pool, as those that come see it.

    Attributes:
        books: servers and waiters.
        counters: what is counted.
        paused: whether nothing more is sent to servers.
        refusal: what clients that need a server are told while it shuts down.
    """

    books: Books[ServerConnection, Borrower]
    counters: Counters
    paused: bool
    refusal: tuple[PoolerError, Reason] | None

    def request(self, client: Borrower) -> None:
        """Lend a server, now or when one is there."""


class Arrivals:
    """See the module's text."""

    __slots__ = (
        "_books",
        "_candidates",
        "_counts",
        "_home",
        "_left",
        "_queue",
        "_reactor",
        "_tempo",
        "_texts",
    )

    def __init__(
        self,
        reactor: Reactor,
        home: Home,
        candidates: Candidates,
        texts: Texts,
        tempo: Tempo,
    ) -> None:
        self._reactor = reactor
        self._home = home
        self._books = home.books
        self._candidates = candidates
        self._texts = texts
        self._tempo = tempo
        self._counts = home.counters.multiplexed
        self._queue: deque[Arrival] = deque()
        # Those that may not share a server without the pool knowing more.
        self._left: deque[ClientSession] = deque()

    def add(
        self, client: Borrower, exchange: bytes, alike: bytes, run: LoneRun | None
    ) -> None:
        """Have a client wait with a lone exchange; see Lender.follow."""
        if not isinstance(client, ClientSession):
            raise AssertionError("only a session's exchange can be taken back")
        reactor, queue = self._reactor, self._queue
        client.requests.pending = exchange
        client.waiting = True
        client.timing.since = reactor.now
        if not queue:
            reactor.gather(self)
        queue.append((client, exchange, alike, run))

    def leave(self, client: Borrower) -> bool:
        """Strike a client out; False if it has not come."""
        if client in self._left:
            self._left = deque(one for one in self._left if one is not client)
            return True
        for arrival in self._queue:
            if arrival[0] is client:
                self._queue.remove(arrival)
                return True
        return False

    # The turn is over

    def flush(self) -> None:
        """Send what may share a server, and have the others ask; see Flushable."""
        queue = self._queue
        while queue and not self._is_open():
            self._home.request(queue.popleft()[0])
        if queue:
            self._share_out()
        while self._left:
            self._home.request(self._left.popleft())
        while queue:
            self._home.request(queue.popleft()[0])
        for pipeline in self._candidates.ring:
            # What was gathered by this would be late.
            pipeline.server.stream.flush()

    def on_fault(self, error: Exception) -> None:
        """End those that have come: it is not known who of them was served."""
        clients = [*self._left, *(arrival[0] for arrival in self._queue)]
        self._left.clear()
        self._queue.clear()
        for client in clients:
            client.on_fault(error)

    def _is_open(self) -> bool:
        """Whether all servers are shared, and nobody waits for one."""
        books, home, ring = self._books, self._home, self._candidates.ring
        return (
            len(ring) > 0
            and len(ring) == len(books.busy)
            and not books.idle
            and not books.waiters
            and not home.paused
            and home.refusal is None
            and books.grown
        )

    def _share_out(self) -> None:
        """Give each shared server as many as will leave all with about the same."""
        ring, queue, now = self._candidates.ring, self._queue, self._reactor.now
        depths = [self._candidates.depth_of(pipeline, now) for pipeline in ring]
        level = -(-(sum(depths) + len(queue)) // len(ring))
        most = min(level, self._tempo.depth)
        for pipeline, depth in zip(tuple(ring), depths, strict=True):
            if queue and 0 < depth < most:
                self._send(pipeline, most - depth)
        # The next turn begins with another.
        ring.rotate(-1)

    def _send(self, pipeline: Pipeline, room: int) -> None:
        """Send so many to a server."""
        queue, now, places = self._queue, self._reactor.now, pipeline.places
        server = pipeline.server
        core = server.parameters.core or server.parameters
        is_plain = self._texts.plain_at(now)
        pieces: list[bytes] = []
        queries = 0  # of them that are not written down yet
        try:
            while queue and len(pieces) < room:
                client, exchange, alike, run = queue.popleft()
                requests, own = client.requests, client.parameters
                sent: bytes | None = exchange
                if (
                    requests.pending is not exchange  # more has come
                    # As is_like and is_tied, without a call.
                    or (own.core or own) is not core
                    or requests.ties
                    or client.touched is not NOTHING
                    or client.listening is not None
                    or not is_plain(alike)
                ):
                    sent = None
                elif run is None:
                    queries += 1
                else:
                    if queries:
                        server.ledger.queries_behind(queries)
                        queries = 0
                    sent = run.send(requests, server)
                if sent is None:
                    self._left.append(client)
                    continue
                pieces.append(sent)
                places.append((client, len(exchange), now))
        finally:
            # What is written down in the ledger is sent.
            if queries:
                server.ledger.queries_behind(queries)
            self._counts.shared += len(pieces)
            server.stream.write(b"".join(pieces))
