"""The CancelRequests for one other process of the group: some go, some wait."""

from collections import deque
from collections.abc import Callable
from typing import Final

from pgpool_py.reasons import Reason
from pgpool_py.settings import PeerSettings
from pgwire.startup import CancelRequest

from .context import Context
from .forwarding import Forwarding, Requester

# Requests that wait for one of the pool_size that go; each holds a socket open.
MOST_WAITING: Final = 256


class PeerQueue:
    """See the module's text.

    Attributes:
        active: those that go.
        waiting: those that wait, the oldest first.
    """

    __slots__ = ("_context", "_on_lost", "_peer", "_starting", "active", "waiting")

    def __init__(
        self,
        context: Context,
        peer: PeerSettings,
        on_lost: Callable[[Requester, Reason], None],
    ) -> None:
        self._context = context
        self._peer = peer
        self._on_lost = on_lost
        self._starting = False
        self.active: dict[Forwarding, None] = {}
        self.waiting: deque[Forwarding] = deque()

    def __len__(self) -> int:
        return len(self.active) + len(self.waiting)

    @property
    def size(self) -> int:
        """How many may go at a time, 0 for all."""
        return size_of(self._peer, self._context.settings.default_pool_size)

    def reconfigure(self, peer: PeerSettings) -> None:
        """Take over new settings, for those that have not begun to go."""
        self._peer = peer
        self._start()

    def add(self, request: CancelRequest, requester: Requester) -> bool:
        """Take one more; False if there are too many already."""
        if len(self) >= self.size + MOST_WAITING:
            return False
        forwarding = Forwarding(self._context, request, requester, self._on_end)
        self.waiting.append(forwarding)
        self._start()
        return True

    def _start(self) -> None:
        if self._starting:
            # One has ended while it began: it is the loop below that goes on.
            return
        self._starting = True
        size = self.size
        try:
            while self.waiting and not 0 < size <= len(self.active):
                forwarding = self.waiting.popleft()
                self.active[forwarding] = None
                forwarding.start(self._peer)
        finally:
            self._starting = False

    def _on_end(self, forwarding: Forwarding, reason: Reason | None) -> None:
        if forwarding in self.active:
            del self.active[forwarding]
        else:
            self.waiting.remove(forwarding)
        if reason is not None:
            self._on_lost(forwarding.requester, reason)
        self._start()

    def check(self, now: float, limit: float) -> None:
        """Give up those that take longer than ``limit`` seconds; 0 is no limit."""
        for forwarding in (*self.active, *self.waiting) if limit else ():
            if now - forwarding.requester.since >= limit:
                forwarding.end(Reason.CANCEL_WAIT_TIMEOUT)

    def end(self, reason: Reason) -> None:
        """Give all up."""
        # Those that wait first, lest they begin to go.
        for forwarding in (*self.waiting, *self.active):
            forwarding.end(reason)


def size_of(peer: PeerSettings, default: int) -> int:
    """Give the ``pool_size`` that holds for a peer."""
    return default if peer.pool_size is None else peer.pool_size
