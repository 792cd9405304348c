"""Multiplexing: what several clients ask is sent to one server, one behind the other.

Only where no server is idle and no more may be opened. Who may follow whom is decided
here; what becomes of it is a ``pipeline``'s.
"""

import math
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, Protocol

from pgpool_py.client.lender import Borrower
from pgpool_py.client.session import ClientSession
from pgpool_py.errors import PoolerError
from pgpool_py.pool.books import Books
from pgpool_py.pool.tempo import Tempo
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.settings import Multiplex, PoolSettings
from pgpool_py.statistics import Counters

from .arrivals import Arrivals
from .candidates import Candidates
from .context import Context
from .functions import Functions
from .pipeline import Pipeline
from .pipeline_home import Taken
from .texts import Texts, Verdict

# A round trip that was not seen yet is not taken for longer.
_LONGEST_ROUND_TRIP: Final = 1.0
_SECOND: Final = 1.0


class Home(Protocol):
    """The pool, as its multiplexing sees it.

    Attributes:
        books: servers and waiters.
        counters: what is counted.
        shares: whether exchanges may follow others.
        paused: whether nothing more is sent to servers.
        refusal: what clients that need a server are told while it shuts down.
    """

    books: Books[ServerConnection, Borrower]
    counters: Counters
    shares: bool
    paused: bool
    refusal: tuple[PoolerError, Reason] | None

    def request(self, client: Borrower) -> None:
        """Lend a server, now or when one is there."""

    def give_back(self, server: ServerConnection) -> None:
        """Take a server that owes nothing."""

    def abandon(self, server: ServerConnection) -> None:
        """Look after a server on which nothing that is owed is wanted."""

    def lend_idle(self) -> None:
        """Serve the queue from servers that are idle."""


class Multiplexing:
    """See the module's text.

    Attributes:
        pipelines: the servers that are shared.
        functions: which of them may be run twice.
        reply_limit: bytes that are held of an answer.
        tempo: how deep it goes.
        arrivals: who came in this turn.
        counts: what became of exchanges.
    """

    def __init__(
        self,
        context: Context,
        settings: PoolSettings,
        books: Books[ServerConnection, Borrower],
        home: Home,
        functions: Functions,
    ) -> None:
        self.functions = functions
        self._context = context
        self._reactor = context.reactor
        self._books = books
        self._home = home
        self.counters = home.counters
        self.give_back: Callable[[ServerConnection], None] = home.give_back
        self.abandon: Callable[[ServerConnection], None] = home.abandon
        self.pipelines: dict[Pipeline, None] = {}
        self._texts = Texts(context.classify, functions.allows)
        self._candidates = Candidates(self._reactor, books, self._texts)
        # A pool of this name may have counted before.
        self.counts = counts = home.counters.multiplexed
        self.tempo = Tempo(
            settings.multiplexing_depth,
            self._reactor.now,
            counts.shared,
            counts.impatient,
        )
        self._ticks = False
        self.arrivals = Arrivals(
            self._reactor, home, self._candidates, self._texts, self.tempo
        )
        # The least time an answer took: in this second, and in the last one.
        self._least = self._least_before = math.inf
        self._since = self._reactor.now
        self.reconfigure(settings)

    def reconfigure(self, settings: PoolSettings) -> None:
        """Take over new settings."""
        self.functions.wanted = settings.multiplexing is Multiplex.AUTO
        self.tempo.limit(settings.multiplexing_depth)
        self.patience = settings.multiplexing_patience
        self._follow_round_trip()
        self.reply_limit = settings.multiplexing_reply_limit

    @property
    def in_flight(self) -> int:
        """Count the exchanges on shared servers."""
        return sum(len(pipeline.places) for pipeline in self.pipelines)

    # Who may follow

    def may_follow(self, client: Borrower) -> bool:
        """Tell whether what a client asks may be run twice, and so behind others."""
        text = client.follows if isinstance(client, ClientSession) else None
        if text is None:
            self.counts.alone += 1
            return False
        verdict = self._texts.may_follow(text, self._reactor.now)
        if verdict is Verdict.REFUSED:
            self.counts.refused += 1
        elif verdict is Verdict.SLOW:
            self.counts.slow += 1
        return verdict is Verdict.YES

    # Placing

    def place(self, client: Borrower) -> bool:
        """Send what a client asks behind others, if there is room for it now."""
        waiting = self._books.waiters
        alone = len(waiting) - len(self._books.willing)
        if len(waiting) != alone or not isinstance(client, ClientSession):
            # Others that could follow have waited longer.
            return False
        server = self._candidates.choose(client, self.tempo.depth, alone)
        if server is None:
            self.counts.no_room += 1
            return False
        self._follow(server, client, self._reactor.now)
        return True

    def fill(self) -> None:
        """Send what waits behind others as far as there is room."""
        books = self._books
        while books.willing:
            client = next(iter(books.willing))
            alone = len(books.waiters) - len(books.willing)
            if not isinstance(client, ClientSession):
                return
            server = self._candidates.choose(client, self.tempo.depth, alone)
            if server is None:
                return
            since = books.waiters[client]
            books.leave(client)
            self._follow(server, client, since)

    def _follow(
        self, server: ServerConnection, client: ClientSession, since: float
    ) -> None:
        pipeline = server.sharing
        if not isinstance(pipeline, Pipeline):
            owner = server.owner
            if not isinstance(owner, ClientSession):
                raise AssertionError("a server is shared that nobody has")
            pipeline = Pipeline(self._reactor, self, server, owner)
            self.pipelines[pipeline] = None
            self._candidates.ring.append(pipeline)
            self._watch()
        pipeline.places.append((client, client.send_behind(server), since))
        self.counts.shared += 1

    # What pipelines say

    def note_depth(self, depth: int) -> None:
        """Take note of how many exchanges were in flight on one server."""
        self.counts.deepest = max(self.counts.deepest, depth)

    def on_turn(self, pipeline: Pipeline) -> None:
        """Take note of a round trip, and fill the room that there is."""
        self._least = min(self._least, pipeline.heard - pipeline.asked)
        home = self._home
        if self._books.willing and home.shares and not home.paused:
            self.fill()

    def on_over(self, pipeline: Pipeline) -> None:
        """Forget a server that is shared no longer."""
        del self.pipelines[pipeline]
        self._candidates.ring.remove(pipeline)
        took = pipeline.heard - pipeline.asked
        if 0 < took < self._least:
            self._least = took

    def put_back(self, taken: Sequence[Taken], *, lost: bool) -> None:
        """Let these wait again, in front of all others and each for a server alone."""
        if lost:
            self.counts.rerun += len(taken)
        else:
            self.counts.taken_back += len(taken)
        for client, since in reversed(taken):
            self._books.wait_first(client, since)
        self._home.lend_idle()

    # Clients

    def of(self, client: Borrower) -> Pipeline | None:
        """Find where a client's exchange is in flight."""
        for pipeline in self.pipelines:
            if any(one is client for one, _, _ in pipeline.places):
                return pipeline
        return None

    def leave(self, client: Borrower) -> bool:
        """Strike a client out; False if its exchange is in flight nowhere."""
        if self.arrivals.leave(client):
            return True
        pipeline = self.of(client)
        return (
            pipeline is not None
            and isinstance(client, ClientSession)
            and pipeline.leave(client)
        )

    def claim(self, client: Borrower) -> None:
        """Let a client have the server that answers its exchange."""
        pipeline = self.of(client)
        if pipeline is not None and pipeline.first is client:
            pipeline.dissolve()

    # Impatience

    def _watch(self) -> None:
        if not self._ticks:
            self._ticks = True
            self._context.call_later(self.patience / 2, self._tick)

    def maintain(self, now: float) -> None:
        """Do what is due from time to time, whether anything is shared or not."""
        self.functions.maintain(now)
        self.tempo.tick(now, self.counts.shared, self.counts.impatient)

    def _tick(self) -> None:
        self._ticks = False
        if self.pipelines:
            self._watch()
        now = self._reactor.now
        self.tempo.tick(now, self.counts.shared, self.counts.impatient)
        if now - self._since >= _SECOND:
            self._since = now
            self._least_before, self._least = self._least, math.inf
        self._follow_round_trip()
        for pipeline in list(self.pipelines):
            if self._keeps_waiting(pipeline):
                # What can be read now was not silence, but our own delay.
                self._read(pipeline.server)
                if pipeline in self.pipelines and self._keeps_waiting(pipeline):
                    self._texts.note_slow(pipeline.text, now)
                    self._take_back(pipeline)
        if self._books.idle:
            self._spread(now)

    def _read(self, server: ServerConnection) -> None:
        try:
            server.on_readable()
        except Exception as error:
            # As the reactor does, which has not called it.
            server.stream.on_fault(error)
            raise

    def _follow_round_trip(self) -> None:
        """Take the least time that an answer took lately for the network's."""
        round_trip = min(self._least, self._least_before, _LONGEST_ROUND_TRIP)
        self._candidates.silence = self.patience + round_trip

    def _spread(self, now: float) -> None:
        """Take back who has waited long behind others while a server is idle."""
        for pipeline in list(self.pipelines):
            waits = [since for one, _, since in islice(pipeline.places, 1, None) if one]
            if waits and now - waits[0] >= self.patience and self._books.idle:
                self._take_back(pipeline)

    def _keeps_waiting(self, pipeline: Pipeline) -> bool:
        """Whether somebody is behind others on a server that is silent for long."""
        silent = self._reactor.now - pipeline.heard >= self._candidates.silence
        return silent and len(pipeline.places) > 1

    def _take_back(self, pipeline: Pipeline) -> None:
        self.counts.impatient += len(pipeline.places) - 1
        pipeline.dissolve()
