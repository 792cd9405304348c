"""A client and a server of its own: what either sends is passed on to the other.

Neither side's messages are looked into; where they begin and end is followed, so that
what PostgreSQL would not survive is answered here, and nothing of ours is ever said in
the middle of a message. One side is read while the other takes what it sent.

A side that is gone ends the relay, but not before the other one took what was still
kept for it, or :data:`LINGER` is over.
"""

from collections.abc import Callable
from typing import Final

from pgpool_py import errors
from pgpool_py.errors import PoolerError
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.scratch import Scratch
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgpool_py.server.opening import Opened
from pgpool_py.statistics import Counters
from pgwire.codes import Backend
from pgwire.errors import ProtocolViolation
from pgwire.frontend import Terminate
from pgwire.walk import MessageWalk

from .identity import ClientIdentity
from .telling import told

# Seconds for which a side that is left may take what was kept for it.
LINGER: Final = 10.0

_TERMINATE: Final = Terminate().encode()
# What PostgreSQL says last where it ends a connection of its own accord: why it does,
# or, a WAL sender that stops with its server, that the stream is complete.
_LAST_WORDS: Final = (Backend.ERROR_RESPONSE, Backend.COMMAND_COMPLETE)


class _Side:
    """One side, as the handler of its stream."""

    __slots__ = ("_relay", "stream", "walk")

    def __init__(self, relay: "Relay", stream: Stream, walk: MessageWalk) -> None:
        self._relay = relay
        self.stream = stream
        self.walk = walk
        stream.handler = self

    def on_readable(self) -> None:
        """Read once, and pass it on; called by the stream."""
        self._relay.pass_on(self)

    def on_drained(self) -> None:
        """Read the other side again; called by the stream."""
        self._relay.go_on(self)

    def on_fault(self, error: Exception) -> None:  # noqa: ARG002 - reported elsewhere
        """A callback of ours failed; called by the stream."""
        self._relay.close(Reason.INTERNAL_ERROR)


class Relay:
    """See the module's text; begins when it is constructed.

    Attributes:
        identity: who the client is.
        server: as it was when it was opened.
        number: of the server, unique in this process.
        opened: when both came together, by the reactor's clock.
        since: when either side last sent something.
    """

    __slots__ = (
        "_client",
        "_counters",
        "_ending",
        "_limit",
        "_on_closed",
        "_reactor",
        "_scratch",
        "_server",
        "_unanswered",
        "closed",
        "identity",
        "number",
        "opened",
        "server",
        "since",
    )

    def __init__(
        self,
        reactor: Reactor,
        scratch: Scratch,
        client: Stream,
        server: Opened,
        *,
        identity: ClientIdentity,
        number: int,
        counters: Counters,
        buffer_limit: int,
        on_closed: Callable[["Relay", Reason], None],
    ) -> None:
        self._reactor = reactor
        self._scratch = scratch
        self._counters = counters
        self._limit = buffer_limit
        self._on_closed = on_closed
        self._unanswered = False
        self._ending: tuple[float, Reason, PoolerError | None] | None = None
        self.identity = identity
        self.server = server
        self.number = number
        self.opened = self.since = reactor.now
        self.closed = False
        self._client = _Side(self, client, MessageWalk.of_client())
        self._server = _Side(self, server.stream, MessageWalk.of_server())

    def __str__(self) -> str:
        return str(self.identity)

    @property
    def ending(self) -> bool:
        """Whether one side is gone, and the other takes what is kept for it."""
        return self._ending is not None

    # Both ways

    def pass_on(self, source: _Side) -> None:
        """Read one side once, and write it to the other."""
        view = self._scratch.view
        try:
            size = source.stream.recv_into(view)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self._lose(source)
            return
        self.since = self._reactor.now
        try:
            size = source.walk.follow(view[:size])
        except ProtocolViolation as violation:
            self._violated(source, violation)
            return
        self._count(source, size)
        target = self._other(source)
        target.stream.write(view[:size])
        if source.walk.stopped:
            self._end(source, Reason.CLIENT_CLOSE_REQUEST)
        elif target.stream.backlog > self._limit:
            source.stream.pause()

    def go_on(self, side: _Side) -> None:
        """Read the other side again, or end: this one took all that was kept."""
        if self._ending is not None:
            _, reason, error = self._ending
            self.close(reason, error)
            return
        source = self._other(side).stream
        if source.paused:
            source.resume()

    def _other(self, side: _Side) -> _Side:
        return self._server if side is self._client else self._client

    def _count(self, source: _Side, size: int) -> None:
        if source is self._client:
            self._counters.bytes_received += size
            self._unanswered = True
        else:
            self._counters.bytes_sent += size
            if source.walk.last == Backend.READY_FOR_QUERY:
                self._unanswered = False

    # Suspension

    def hold(self) -> bool:
        """Read the client no more, nor the server once all that was kept is out.

        Returns:
            Whether neither is read any more; else call again later.
        """
        client, server = self._client.stream, self._server.stream
        client.hold()
        if client.backlog or server.backlog:
            return False
        server.hold()
        return True

    def release(self) -> None:
        """Read both sides again."""
        self._client.stream.release()
        self._server.stream.release()

    # End

    def _violated(self, source: _Side, violation: ProtocolViolation) -> None:
        if source is self._server:
            # What was passed on of it stands at the end of the client's stream.
            self.close(Reason.SERVER_PROTOCOL_VIOLATION)
            return
        error = errors.protocol_violation(violation.message, violation.detail)
        self.close(Reason.CLIENT_PROTOCOL_VIOLATION, error)

    def _lose(self, source: _Side) -> None:
        """One side has ended, or broken, its connection."""
        if source is self._client:
            self._end(source, Reason.CLIENT_EOF)
            return
        walk = source.walk
        if walk.mid_message or walk.last not in _LAST_WORDS:
            error = errors.server_lost(in_flight=self._unanswered)
            self._end(source, Reason.SERVER_CRASHED, error)
        elif walk.last == Backend.ERROR_RESPONSE:
            self._end(source, Reason.SERVER_FATAL)
        else:
            self._end(source, Reason.SERVER_CLOSED)

    def _end(
        self, source: _Side, reason: Reason, error: PoolerError | None = None
    ) -> None:
        """Close when the other side has taken what is kept for it."""
        if not self._other(source).stream.backlog:
            self.close(reason, error)
            return
        self._ending = (self._reactor.now, reason, error)
        source.stream.close()

    def check(self, now: float) -> None:
        """Close what nobody would notice; called from time to time."""
        if self._ending is not None:
            since, reason, _ = self._ending
            # An error would stand behind what was not taken either.
            if now - since >= LINGER:
                self.close(reason)
        elif self._client.stream.abandoned:
            # Not read while the server does not take what it sent.
            self.close(Reason.CLIENT_EOF)

    def close(self, reason: Reason, error: PoolerError | None = None) -> None:
        """Close both sides, with an error for the client if there is one; once."""
        if self.closed:
            return
        self.closed = True
        self.identity.note_close(reason, error)
        client, server = self._client, self._server
        if error is not None and not server.walk.mid_message:
            client.stream.write(told(error))
        client.stream.close()
        if not (client.walk.mid_message or client.walk.stopped):
            server.stream.write(_TERMINATE)
        server.stream.close()
        self._on_closed(self, reason)
