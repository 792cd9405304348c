"""A client in the plain case: one simple Query, one server for it, one answer.

Nearly all exchanges are that, so here it has a way of its own, from which all is left
out that can only be where something else came: a half-sent message, a held one, a
batch, a transaction that goes on. If more comes before the answer, it is the plain case
no longer, and :class:`~pgpool_py.client.session.ClientSession` does it the long way.
"""

from pgpool_py.net.reactor import Reactor
from pgpool_py.net.stream import Stream
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.parameters import ParameterSet
from pgpool_py.settings import PoolMode, PoolSettings
from pgpool_py.statistics import MOST_UNSORTED
from pgwire.requests import Requests

from .identity import ClientIdentity
from .lender import Lender
from .stateful import Stateful
from .timing import Timing


class Plain(Stateful):
    """See the module's text.

    Attributes:
        cancel_asked: whether a cancel request waits for its exchange to be the one
            that is being answered.
    """

    __slots__ = ("_alone", "_reactor", "cancel_asked")

    def __init__(
        self,
        reactor: Reactor,
        stream: Stream,
        lender: Lender,
        requests: Requests,
        *,
        identity: ClientIdentity,
        parameters: ParameterSet,
        limits: PoolSettings,
    ) -> None:
        super().__init__(
            stream,
            lender,
            requests,
            Timing(reactor.now),
            identity=identity,
            parameters=parameters,
            limits=limits,
        )
        self._reactor = reactor
        # Whether its server was lent, or is waited for, for one Query, behind which
        # nothing came; after an answer, of no meaning.
        self._alone = False
        self.cancel_asked = False

    def _send_alone(self, server: ServerConnection, query: bytes) -> None:
        """Send the Query that its server was just lent for."""
        lender = self.lender
        server.ledger.query()
        self._alone = lender.settings.pool_mode is not PoolMode.SESSION
        # Before anything is counted: the server need not wait for that.
        if not server.stream.write(query):
            self._regulate()
        server.sent = query
        lender.counters.lone_count += 1
        timing = self.timing
        timing.exchange_since = timing.transaction_since = self._reactor.now

    def _send_query(self, server: ServerConnection, query: bytes) -> None:
        """Send one simple Query of a client that has its server already."""
        server.ledger.query()
        if not self.timing.exchange_since:
            self.timing.begin_exchange(self._reactor.now, self.lender.counters)
        if not server.stream.write(query):
            self._regulate()

    @property
    def refuses_transactions(self) -> bool:
        """Whether the pool's mode is statement; see Owner."""
        return self.lender.settings.pool_mode is PoolMode.STATEMENT

    def look_at_end(self) -> None:
        """Have the end of the transaction looked at, whatever it brings."""
        self._alone = False
        self.requests.ties = True

    def on_query_answered(self, server: ServerConnection, data: memoryview) -> None:
        """Send the answer on, and let the server go; see Owner."""
        if self.waiting or not self._alone:
            self.deliver(data)
            self.on_answered(server)
            return
        sent = self.stream.write(data)
        exchanges = self.lender.counters.exchanges
        timing = self.timing
        now = self._reactor.now
        if timing.brought:
            timing.end_pieces(len(data), self.lender.counters)
        else:
            exchanges.brought.append(len(data))
        spent = exchanges.spent
        spent.append(now - timing.exchange_since)
        timing.since = now
        timing.exchange_since = timing.transaction_since = 0.0
        self.cancel_asked = False
        self.server = server.owner = None
        if not sent or self.stream.paused:
            self._regulate()
        self.lender.give_back(server)
        if len(spent) >= MOST_UNSORTED:
            self.lender.counters.settle()
