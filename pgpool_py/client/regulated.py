"""A client that is read while nothing piles up because of it.

That is neither what it sent and nobody took, nor replies that it does not take.
"""

from typing import Final

from pgpool_py.net.scratch import READ_SIZE
from pgpool_py.net.stream import Stream
from pgpool_py.server.connection import ServerConnection
from pgwire.requests import Requests

from .lender import Lender
from .timing import Timing

#: Bytes of one read, behind what is left of a message, and how many requests may not be
#: answered yet when it comes: with more of both a client has to wait for the answers.
#: Else requests of a few bytes could take a server for as long as their client likes.
MUCH: Final = 16 * 1024
MOST_OWED: Final = 1000


class Regulated:
    """See the module's text; :class:`~pgpool_py.client.session.ClientSession` is one.

    Attributes:
        lender: the pool it belongs to.
        requests: what it sends.
        server: the one it is lent, or None.
        timing: since when it does what it does.
    """

    __slots__ = ("closed", "lender", "requests", "server", "stream", "timing")

    def __init__(
        self, stream: Stream, lender: Lender, requests: Requests, timing: Timing
    ) -> None:
        self.stream = stream
        self.lender = lender
        self.requests = requests
        self.timing = timing
        self.server: ServerConnection | None = None
        self.closed = False

    def _regulate(self) -> None:
        """Read the client, or not; see the module's text."""
        if self.closed:
            return
        limit = self.lender.buffer_limit
        pending = self.requests.pending
        server = self.server
        if (
            self.requests.terminated
            or (pending is not None and len(pending) >= limit)
            or self.stream.backlog > limit
            or (server is not None and server.stream.backlog > limit)
        ):
            self.stream.pause()
        elif self.stream.paused:
            self.stream.resume()

    def _most(self, server: ServerConnection) -> int:
        """Give how much is read at once: many small messages keep others waiting."""
        if server.ledger.copies_in:
            return READ_SIZE
        return min(READ_SIZE, MUCH + self.requests.half_sent)

    def deliver(self, data: memoryview) -> None:
        """Send replies on; read no more of the server while they pile up."""
        stream, size = self.stream, len(data)
        self.lender.counters.bytes_sent += size
        self.timing.brought += size
        if (
            not stream.write(data)
            and self.server is not None
            and stream.backlog > self.lender.buffer_limit
        ):
            self.server.stream.pause()
            self._regulate()

    def in_own_names(self, error: bytes, *, altered: bool) -> bytes:
        """See Owner."""
        return self.requests.in_own_names(error, altered=altered)

    def on_server_drained(self) -> None:
        """Read again; see Owner."""
        self._regulate()

    def on_drained(self) -> None:
        """The client takes replies again; called by the stream."""
        if self.server is not None and self.server.stream.paused:
            self.server.stream.resume()
        self._regulate()


def owes_much(server: ServerConnection) -> bool:
    """Tell whether more has to wait until all is answered, which needs nothing more."""
    ledger = server.ledger
    return ledger.outstanding > MOST_OWED and not (ledger.unsynced or ledger.copies_in)
