"""A server that several clients share: one exchange is answered, others are behind it.

It is the server's owner as long as that lasts, and hands each client its own replies.
An exchange may only be behind another if it can be run again unseen: it is kept by its
client, and its answer is held until it is all there. So whatever goes wrong in front of
it, it can be taken back and run elsewhere.

    shared ──► the last one is answered: the server is nobody's
       ├─────► dissolved: the server is the first one's own, the others are taken back
       └─────► the server is gone: all but the first are taken back
"""

from collections import deque
from typing import Final

from pgpool_py.client.session import ClientSession
from pgpool_py.errors import PoolerError
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.scratch import Scratch
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.statistics import MOST_UNSORTED
from pgwire.exchange import StatementEvent

from .pipeline_home import Home, Taken

# A client that has left is None. The size is that of the exchange where its client has
# kept it; the time is that of its request.
Place = tuple[ClientSession | None, int, float]


class Pipeline:
    """See the module's text.

    Attributes:
        server: the one that is shared.
        places: whose exchanges are in flight, the one being answered first.
        heard: when bytes came from the server, or the first exchange was sent.
        asked: when the client asked whose exchange was answered last.
    """

    __slots__ = (
        "_answered",
        "_began",
        "_begun",
        "_ends",
        "_event",
        "_exchanges",
        "_held",
        "_home",
        "_kept",
        "_over",
        "_query",
        "_reactor",
        "asked",
        "heard",
        "places",
        "server",
    )

    # A transaction ends the sharing first.
    refuses_transactions: Final = False

    def __init__(
        self,
        reactor: Reactor,
        home: Home["Pipeline"],
        server: ServerConnection,
        first: ClientSession,
    ) -> None:
        self._reactor = reactor
        self._home = home
        # What came of the answer to the first exchange, if that is kept.
        self._held = bytearray()
        self._kept = self._over = self._ends = False
        self._event: StatementEvent | None = None
        # Whether it is noted who is first, and since when.
        self._begun = True
        self._began = server.since
        # Of one turn: how many exchanges that followed others were answered.
        self._answered = 0
        self._exchanges = home.counters.exchanges
        self.server = server
        self.places: deque[Place] = deque(((first, 0, server.since),))
        self.heard = self.asked = server.since
        self._query = server.sent
        first.share()
        server.ledger.shared = True
        server.sent = None
        server.owner = server.sharing = self

    @property
    def first(self) -> ClientSession | None:
        """Give whose exchange is being answered."""
        return self.places[0][0] if self.places else None

    @property
    def text(self) -> bytes:
        """Give the text of what is being answered; empty if nobody knows it."""
        if not self.places:
            return b""
        client, size, _ = self.places[0]
        if client is None:
            return b""
        exchange = client.kept(size) if self._kept else self._query
        return (client.text_of(exchange) if exchange else None) or b""

    # What comes

    def account(self, scratch: Scratch, end: int) -> None:
        """Account for ``scratch.buffer[:end]``; see Sharing."""
        server = self.server
        ledger = server.ledger
        server.carry = b""
        self.heard = self._reactor.now
        self._home.note_depth(len(self.places))
        start = 0
        while self.places and start < end:
            start = self._hand_out(scratch, start, end)
            if start == end or not self.places:
                break
            if not self._begun:
                self._begin()
            ended = ledger.ended
            server.account(scratch, start, end)
            if server.closed:
                self._count()
                return
            carry, server.carry = server.carry, b""
            start = end - len(carry)
            is_answered = ledger.ended != ended
            if self._is_to_end(answered=is_answered):
                self.dissolve(answered=is_answered or self._event is not None)
            elif is_answered:
                self._answer(b"")
            else:
                server.carry = carry
                break
        self._count()
        if not self._over:
            if not self._begun:
                self._begin()
            self._home.on_turn(self)
        elif start < end and not server.closed:
            # Of nobody's exchange; if the server is nobody's, it is given back then.
            server.account(scratch, start, end)
        elif not self._ends:
            self._home.give_back(server)

    def _hand_out(self, scratch: Scratch, start: int, end: int) -> int:
        """Give each plain answer that is all there to its client; say how far."""
        answers, view = self.server.ledger.answers, scratch.view
        if self._begun:
            first = answers(scratch.buffer, start, end, one=True)
            if not first:
                return start
            self._answer(view[start : first[0]])
            start = first[0]
            if self._over:
                return start
        ends = answers(scratch.buffer, start, end)
        if not ends:
            return start
        places, now, exchanges = self.places, self.heard, self._exchanges
        brought, waited = exchanges.brought.append, exchanges.waited.append
        before = len(exchanges.waited)
        more: list[ClientSession] = []
        for following in ends:
            client, size, asked = places.popleft()
            if client is not None:
                if client.take_whole(view[start:following], size, now):
                    more.append(client)
                brought(following - start)
                waited(now - asked)
            start = following
        self.asked = asked
        count = len(exchanges.waited) - before
        exchanges.spent += [0.0] * count
        self._answered += count
        if not places:
            self._end()
        # Not before: what they ask for may be put behind what is answered here.
        for client in more:
            client.consider()
        return start

    def _is_to_end(self, *, answered: bool) -> bool:
        """Whether something came that only a client with a server of its own may see.

        Or more than is to be held, or than its client takes.
        """
        if self._ends or (answered and not self.server.ledger.status_is_idle):
            return True
        first = self.first
        return not answered and (
            len(self._held) > self._home.reply_limit
            or (first is not None and first.stream.backlog > first.lender.buffer_limit)
        )

    def _answer(self, data: memoryview | bytes | bytearray) -> None:
        """Give the first client what is left of its answer; the next one is first."""
        client, size, self.asked = self.places.popleft()
        if client is not None:
            if self._held:
                held, self._held = self._held, bytearray()
                held += data
                data = held
            client.answer(data, size, self.heard)
            if size:
                began = self._began if self._begun else self.heard
                self._answered += 1
                self._exchanges.waited.append(began - self.asked)
        self._begun = not self.places
        self._kept = True
        if not self.places:
            self._end()

    def _begin(self) -> None:
        """Take note that another exchange is the first one now, and not answered."""
        self._begun = True
        self._began = self.heard
        client, size, _ = self.places[0]
        ledger = self.server.ledger
        ledger.repeatable = None
        if client is not None:
            client.begin(self.server, size, self.heard)
            if ledger.may_be_stale:
                ledger.repeatable = client.kept(size)

    def _count(self) -> None:
        """Count what was answered now; the first one counts its own time."""
        counters = self._home.counters
        counters.lone_count += self._answered
        self._answered = 0
        if len(self._exchanges.spent) >= MOST_UNSORTED:
            counters.settle()

    def _end(self) -> None:
        server = self.server
        self._over = True
        server.ledger.shared = False
        server.sharing = server.owner = None
        self._home.on_over(self)

    # Sharing ends

    def dissolve(self, *, answered: bool = False) -> None:
        """Let the server be the first client's own, and take the others back.

        Args:
            answered: the exchange of the first client is over.
        """
        server = self.server
        self._over = self._ends = True
        client, size, _ = self.places.popleft()
        taken = self._rest()
        server.ledger.leave(behind=not answered)
        server.sharing = None
        server.owner = client
        self._home.on_over(self)
        if client is None:
            self._home.abandon(server)
        else:
            held, self._held = self._held, bytearray()
            client.own(server, size, held)
            self._tell(client)
        self._home.put_back(taken, lost=False)

    def _tell(self, client: ClientSession) -> None:
        """Tell the client whose own the server is now what has come to that."""
        server = self.server
        ledger = server.ledger
        if client.closed:
            return
        if self._event is not None:
            client.on_event(server, self._event)
        elif ledger.answered:
            client.on_answered(server)
        elif ledger.copies_in:
            client.on_copy_in(server)
        elif ledger.is_left:
            client.on_left(server)

    def _rest(self) -> list[Taken]:
        rest = [(client, since) for client, _, since in self.places if client]
        self.places.clear()
        return rest

    def leave(self, client: ClientSession) -> bool:
        """Strike a client out, and whatever it asked for; False if it is not here."""
        for index, (one, _, since) in enumerate(self.places):
            if one is client:
                self.places[index] = (None, 0, since)
                if index == 0:
                    self._held.clear()
                if not any(one for one, _, _ in self.places):
                    self.dissolve()
                return True
        return False

    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        """Run the others elsewhere: the server is gone; see Owner."""
        self._over = True
        self.server.sharing = None
        client, _, since = self.places.popleft()
        taken = self._rest()
        held, self._held = self._held, bytearray()
        self._home.on_over(self)
        if client is not None:
            if self._kept and self.server.fatal is None:
                client.take_back()
                taken.insert(0, (client, since))
            else:
                client.lose(error, reason, held)
        self._home.put_back(taken, lost=True)

    # See Owner: what is no whole plain answer is the first client's

    def deliver(self, data: memoryview) -> None:
        """Hold replies, or send them on; see Owner."""
        first = self.first
        if first is None:
            return
        if self._kept:
            self._held += data
        else:
            first.deliver(data)

    def in_own_names(self, error: bytes, *, altered: bool) -> bytes:
        """See Owner."""
        first = self.first
        return error if first is None else first.in_own_names(error, altered=altered)

    def on_parameter(self, name: str, value: str) -> bytes | None:
        """Share no longer if the session is not what it was; see Owner."""
        del value
        first = self.first
        is_its_own = first is not None and first.parameters is self.server.parameters
        if is_its_own and not self._kept:
            # It was set for the first client, in front of its exchange.
            return None
        self._ends = True
        return None if first is None else first.follow(name, self.server)

    def on_event(self, server: ServerConnection, event: StatementEvent) -> None:
        """Share no longer: an exchange has to be run again; see Owner."""
        del server
        self._ends = True
        self._event = event

    def on_copy_in(self, server: ServerConnection) -> None:
        """Share no longer: copy data are to come; see Owner."""
        del server
        self._ends = True

    def on_answered(self, server: ServerConnection) -> None:
        """See Owner; what that means is found out once all is accounted for."""

    def on_query_answered(self, server: ServerConnection, data: memoryview) -> None:
        """See Owner; never called of a shared server."""

    def on_linked(self, server: ServerConnection) -> None:
        """See Owner; nothing of its own is kept back."""

    def on_transaction(self, server: ServerConnection, *, ready: bool) -> None:
        """See Owner; it refuses none."""

    def on_rolled_back(self, server: ServerConnection) -> None:
        """See Owner; it has none rolled back."""

    def on_server_drained(self) -> None:
        """See Owner; what is behind others is bounded, and so is not held up."""
