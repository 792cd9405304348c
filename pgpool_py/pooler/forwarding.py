"""One CancelRequest on its way to the process whose client it is for."""

from collections.abc import Callable
from dataclasses import dataclass

from pgpool_py.client.door import Visitor
from pgpool_py.net.address import Address
from pgpool_py.net.resolver import Answer
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgpool_py.server.cancel import ServerCancel
from pgpool_py.settings import PeerSettings
from pgwire.startup import CancelRequest

from .context import Context


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks for the cancel.

    Attributes:
        stream: held open until the end, for libpq waits for that, as with PostgreSQL.
        since: when it asked, by the reactor's clock.
    """

    visitor: Visitor
    stream: Stream
    since: float


class Forwarding:
    """See the module's text. ``then`` is told once why it ended, None if it is well.

    Attributes:
        requester: who asks. It is not read meanwhile: that it is gone changes nothing,
            for many drivers do not wait.
    """

    __slots__ = (
        "_addresses",
        "_cancel",
        "_context",
        "_done",
        "_request",
        "_then",
        "requester",
    )

    def __init__(
        self,
        context: Context,
        request: CancelRequest,
        requester: Requester,
        then: Callable[["Forwarding", Reason | None], None],
    ) -> None:
        self._context = context
        self._request = request
        self._then = then
        self._addresses: list[Address] = []
        self._cancel: ServerCancel | None = None
        self._done = False
        self.requester = requester
        requester.stream.pause()

    @property
    def sent(self) -> bool:
        """Whether the peer has it, and only its end is waited for."""
        return self._cancel is not None and self._cancel.sent

    def start(self, peer: PeerSettings) -> None:
        """Go: it is this peer's turn. Its end may come before this returns."""
        self._context.resolver.resolve(peer.host, peer.port, self._on_resolved)

    def end(self, reason: Reason | None) -> None:
        """End, from inside or outside; once."""
        if self._done:
            return
        self._done = True
        if self._cancel is not None:
            self._cancel.give_up()
        self.requester.stream.close()
        self._then(self, reason)

    def _on_resolved(self, answer: Answer) -> None:
        if self._done:
            return
        if isinstance(answer, OSError):
            self.end(Reason.CANCEL_FAILED)
            return
        self._addresses = answer
        self._try_next()

    def _try_next(self) -> None:
        if not self._addresses:
            self.end(Reason.CANCEL_FAILED)
            return
        self._cancel = ServerCancel(
            self._context.reactor,
            self._context.tcp_options,
            self._addresses.pop(0),
            self._request,
            self._on_cancelled,
        )

    def _on_cancelled(self, cancel: ServerCancel, taken: bool) -> None:
        if self._done:
            return
        if taken:
            self.end(None)
        elif cancel.sent:
            # Not again elsewhere: the second one could hit the client's next query.
            self.end(Reason.CANCEL_FAILED)
        else:
            self._try_next()
