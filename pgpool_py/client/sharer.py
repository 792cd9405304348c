"""A client whose exchange may share a server with those of others.

While it does it is like one that waits: it has no server, what it sends is kept, and
its exchange, unless it was the first there, is the beginning of what is pending. So it
can be taken back at any time and run elsewhere.

    waiting ──► behind others ──► first, being answered ──► answered
       ▲              │                   │
       └──────────────┘ taken back        └──► the server is its own, as when linked
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.statistics import MOST_UNSORTED
from pgwire.codes import Frontend
from pgwire.framing import HEADER_SIZE
from pgwire.glance import harmless_at_a_glance
from pgwire.sole import prepared_run, sole_statement, unnamed_run
from pgwire.statement import Statement

from .lone_run import LonePreparedRun, LoneRun, LoneUnnamedRun
from .plain import Plain
from .session_state import NOTHING

#: Bytes of an exchange that may follow another, for it is kept.
MOST_FOLLOWING: Final = 16 * 1024

# Where in the Parse of an unnamed statement its text begins.
_TEXT: Final = HEADER_SIZE + 1


class Sharer(Plain, ABC):
    """See the module's text; a ClientSession is one."""

    __slots__ = ()

    @property
    def is_tied(self) -> bool:
        """Whether anything of its session ties what it sends to a server."""
        return (
            self.requests.ties
            or self.touched is not NOTHING
            or self.listening is not None
        )

    @property
    def follows(self) -> bytes | None:
        """Give the text that it would run behind others; None if it may not.

        That is the one statement of the exchange that is pending, if nothing else is,
        and nothing ties it to a server.
        """
        requests = self.requests
        pending = requests.pending
        if pending is None or len(pending) > MOST_FOLLOWING or self.is_tied:
            return None
        if self._alone and requests.glances:
            return bytes(pending[HEADER_SIZE:-1])
        return self.text_of(pending)

    def text_of(self, exchange: bytes | bytearray) -> bytes | None:
        """Give the text of the one statement of an exchange, if it is harmless."""
        if exchange[0] == Frontend.QUERY:
            if not self._alone or harmless_at_a_glance(exchange, HEADER_SIZE) is None:
                return None
            return bytes(exchange[HEADER_SIZE:-1])
        found = sole_statement(bytes(exchange))
        if found is None:
            return None
        text, name = found
        return self._text_of_statement(name) if text is None else _harmless(text)

    def _text_of_statement(self, name: bytes) -> bytes | None:
        if not name:
            unnamed = self.requests.unnamed
            if type(unnamed) is not bytes:
                return None
            return _harmless(unnamed[_TEXT : unnamed.find(0, _TEXT)])
        statement = self.requests.names.get(name)
        if statement is None or not self._is_harmless(statement):
            return None
        return statement.text

    def _is_harmless(self, statement: Statement) -> bool:
        # Of another, what is set in front of its Parse would be reported to somebody.
        is_read_alike = statement.context in {None, self.parameters.parsing}
        return statement.harmless and not statement.drops and is_read_alike

    @property
    def is_alone(self) -> bool:
        """Whether its one exchange was sent whole, and nothing behind it."""
        requests = self.requests
        return not (
            self.waiting
            or requests.pending is not None
            or requests.half_sent
            or requests.terminated
            or requests.ties
        )

    # Its exchange shares a server

    def share(self) -> None:
        """Have others follow the exchange that it has sent."""
        self.server = None
        self.waiting = True

    def lone_run(self, data: memoryview) -> LoneRun | None:
        """Give the batch that ``data`` is, if it is one that can be sent in one step.

        That is, if it runs once what its client has prepared, or a text, and touches
        nothing.
        """
        requests = self.requests
        if len(data) > MOST_FOLLOWING or not requests.between_messages:
            return None
        batch = bytes(data)
        if batch[0] == Frontend.PARSE:
            unnamed = unnamed_run(batch)
            if unnamed is None:
                return None
            parse, entries = unnamed
            seen = self.lender.statements.seen
            if parse not in seen.parses and not seen.lets_parse(parse):
                return None
            return LoneUnnamedRun(batch, parse, entries, seen.parses[parse])
        run = prepared_run(batch)
        statement = requests.names.get(run.name) if run else None
        if run is None or statement is None or not self._is_harmless(statement):
            return None
        return LonePreparedRun(batch, run, statement)

    def send_behind(self, server: ServerConnection) -> int:
        """Send the exchange that is pending, and keep it; give its size."""
        requests = self.requests
        pending = requests.pending or b""
        stream, ledger = server.stream, server.ledger
        size = len(pending)
        if self._alone:
            if int.from_bytes(pending[1:HEADER_SIZE], "big") != size - 1:
                raise AssertionError("more than one exchange was to be sent as one")
            ledger.queries_behind(1)
            stream.gather(pending)
            return size
        # Of the exchange that is being answered.
        repeatable = ledger.repeatable
        sent = memoryview(bytes(pending))
        used = requests.receive(sent, size, ledger, self.parameters.parsing)
        ledger.repeatable = repeatable
        for piece in requests.pieces:
            stream.gather(piece)
        if used != size or requests.half_sent:
            raise AssertionError("an exchange that stands for itself was held back")
        return size

    def begin(self, server: ServerConnection, size: int, now: float) -> None:
        """Take note that its exchange, sent behind others, is the first now."""
        del server, size
        timing = self.timing
        timing.exchange_since = timing.transaction_since = now

    def answer(
        self, data: memoryview | bytes | bytearray, size: int, now: float
    ) -> None:
        """Send on the answer, or its end, and go on.

        Args:
            data: what was not delivered yet.
            size: of the exchange, if it is kept.
            now: when that came.
        """
        sent = not data or self.stream.write(data)
        timing, counters = self.timing, self.lender.counters
        exchanges = counters.exchanges
        timing.since = now
        # Of one that came in the same turn as the answer in front of it: no time.
        exchanges.spent.append(now - (timing.exchange_since or now))
        timing.exchange_since = timing.transaction_since = 0.0
        if timing.brought:
            timing.end_pieces(len(data), counters)
        else:
            exchanges.brought.append(len(data))
        if len(exchanges.spent) >= MOST_UNSORTED:
            counters.settle()
        self.cancel_asked = self.waiting = False
        if size:
            self.requests.drop(size)
        if not sent or self.stream.paused:
            self._regulate()
        if self.requests.pending is not None:
            self.consider()

    def take_whole(self, data: memoryview, size: int, now: float) -> bool:
        """As :meth:`answer`, to what was not the first there before: it took no time.

        Its pool counts it.

        Returns:
            Whether something is pending, for which ``consider`` is to be called.
        """
        sent = self.stream.write(data)
        self.timing.since = now
        self.waiting = False
        requests = self.requests
        pending = requests.pending
        if pending is not None and len(pending) == size:
            # Nothing has come behind it.
            requests.pending = None
        else:
            requests.drop(size)
        if not sent or self.stream.paused:
            self._regulate()
        return requests.pending is not None

    def own(self, server: ServerConnection, size: int, data: bytearray) -> None:
        """Have the server in the middle of the exchange, like one that is linked.

        Args:
            server: owes nothing to others any more.
            size: of the exchange, if it is kept.
            data: what came of the answer and was not delivered yet.
        """
        self.server = server
        if size:
            # Of one that had sent it, that was counted then.
            counters, timing = self.lender.counters, self.timing
            waited = timing.exchange_since - timing.since
            counters.wait_time += waited
            counters.exchanges.shared_waits.observe(waited)
            counters.query_count += 1
            counters.xact_count += 1
            self.requests.drop(size)
        # Nothing of it is to be behind what others have left, which may take long.
        self.waiting = self.requests.pending is not None or server.ledger.has_left
        if data:
            self.deliver(memoryview(data))

    def kept(self, size: int) -> bytes:
        """Give its exchange, which was sent behind others."""
        return bytes((self.requests.pending or b"")[:size])

    def take_back(self) -> None:
        """Wait as before its exchange was sent."""
        self.timing.exchange_since = self.timing.transaction_since = 0.0

    def lose(self, error: PoolerError | None, reason: Reason, data: bytearray) -> None:
        """End: the server that was answering is gone."""
        self.waiting = False
        if data:
            self.stream.write(data)
        self.on_server_closed(error, reason)

    # It has had a server that others have left something on

    def on_left(self, server: ServerConnection) -> None:
        """Leave, too: all of its own is answered."""
        if not server.ledger.status_is_idle or self.requests.ties:
            return
        self.timing.end_transaction(self._reactor.now, self.lender.counters)
        if self.requests.terminated:
            self.close(Reason.CLIENT_CLOSE_REQUEST)
        else:
            self.cancel_asked = False
            self._release(server, self.lender.abandon)

    def _release(
        self, server: ServerConnection, take_back: Callable[[ServerConnection], None]
    ) -> None:
        """Let a server go, and ask for another if something was held."""
        self.server = None
        server.owner = None
        if server.stream.paused:
            server.stream.resume()
        if self.stream.paused:
            # The server's backlog is no longer its business.
            self._regulate()
        held, self.waiting = self.waiting, False
        take_back(server)
        if held:
            self.consider()

    def follow(self, name: str, server: ServerConnection) -> bytes | None:
        """Take over what a shared server reported; see Owner.on_parameter."""
        return self._follow(name, server)

    @abstractmethod
    def consider(self) -> None:
        """Ask for a server, if what is pending needs one."""

    @abstractmethod
    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        """The server is gone: so is the session."""


def _harmless(text: bytes) -> bytes | None:
    end = text + b"\0"
    return None if harmless_at_a_glance(end) is None else text
