"""Which server an exchange may be sent to behind another client's."""

import math
from collections import deque
from itertools import islice
from typing import Final

from pgpool_py.client.lender import Borrower
from pgpool_py.client.session import ClientSession
from pgpool_py.net.reactor import Reactor
from pgpool_py.pool.books import Books
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.state import ServerState

from .pipeline import Pipeline
from .texts import Texts

# Of a pool with more servers than these, the others keep to clients of their own.
_MOST_LOOKED_AT: Final = 64


class Judged(bytes):
    """An exchange that may be followed."""

    __slots__ = ()


class Candidates:
    """See the module's text.

    Attributes:
        ring: the servers that are shared, the one to be looked at next in front.
        silence: seconds after which a server that says nothing is no candidate.
    """

    __slots__ = ("_books", "_reactor", "_texts", "ring", "silence")

    def __init__(
        self,
        reactor: Reactor,
        books: Books[ServerConnection, Borrower],
        texts: Texts,
    ) -> None:
        self._reactor = reactor
        self._books = books
        self._texts = texts
        self.ring: deque[Pipeline] = deque()
        self.silence = math.inf

    def choose(
        self, client: ClientSession, depth: int, alone: int
    ) -> ServerConnection | None:
        """Find a server with little in flight.

        Args:
            client: who will follow there.
            depth: how many exchanges may be in flight on one server.
            alone: so many wait for a server of their own: as many servers, those that
                will be idle first, get nothing more.
        """
        if depth < 2 or alone >= len(self._books.busy):
            return None
        now = self._reactor.now
        if alone:
            return self._beside(client, depth, alone, now)
        if len(self.ring) < len(self._books.busy):
            parameters = client.parameters
            for server in islice(self._books.busy, _MOST_LOOKED_AT):
                if (
                    server.sent is not None
                    and self._can_be_followed(server, now)
                    and parameters.is_like(server.parameters)
                ):
                    return server
        return self._in_turn(client, depth, now)

    def _in_turn(
        self, client: ClientSession, depth: int, now: float
    ) -> ServerConnection | None:
        """Find the better one of two in turn, nearly as good as the best of all."""
        ring, parameters = self.ring, client.parameters
        found = None
        for _ in range(len(ring)):
            pipeline = ring[0]
            ring.rotate(-1)
            count = self.depth_of(pipeline, now)
            server = pipeline.server
            if 0 < count < depth and parameters.is_like(server.parameters):
                if found is not None:
                    return server
                depth = count
                found = server
            elif found is not None:
                return found
        return found

    def _beside(
        self, client: ClientSession, depth: int, alone: int, now: float
    ) -> ServerConnection | None:
        servers = [
            (count, server.id, server)
            for server in self._books.busy
            if (count := self._in_flight(server, now))
        ]
        for count, _, server in sorted(servers)[alone:]:
            if count < depth and client.parameters.is_like(server.parameters):
                return server
        return None

    def _in_flight(self, server: ServerConnection, now: float) -> int:
        """Count the exchanges on a server that more may follow; 0: none may."""
        pipeline = server.sharing
        if isinstance(pipeline, Pipeline):
            return self.depth_of(pipeline, now)
        return int(self._can_be_followed(server, now))

    def depth_of(self, pipeline: Pipeline, now: float) -> int:
        """Count the exchanges of a pipeline that more may follow; 0: none may."""
        server = pipeline.server
        if (
            server.close_needed
            or now >= server.end_of_life
            or now - pipeline.heard >= self.silence
        ):
            return 0
        return len(pipeline.places)

    def _can_be_followed(self, server: ServerConnection, now: float) -> bool:
        sent, owner = server.sent, server.owner
        if (
            sent is None
            or not isinstance(owner, ClientSession)
            or owner.server is not server
            or not owner.is_alone
            or server.state is not ServerState.ACTIVE
            or server.on_errand
            or server.cancels
            or server.may_be_hit
            or server.stream.paused
            or server.close_needed
            or now >= server.end_of_life
            or now - server.since >= self.silence
        ):
            return False
        if isinstance(sent, Judged):
            return True
        text = owner.text_of(sent)
        if text is None or not self._texts.may_be_followed(text, now):
            server.sent = None
            return False
        server.sent = Judged(sent)
        return True
