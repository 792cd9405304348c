"""Cancel requests for clients of other processes of the group.

Where several processes listen on one port (``so_reuseport``), a CancelRequest may come
to another one than its client did. The key says which that was (`pgwire.peer_key`).
"""

import logging
from typing import Final

from pgpool_py.client.door import Visitor
from pgpool_py.client.repeats import Repeats
from pgpool_py.log import about
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgwire.peer_key import PEER_KEY_SIZE, hops_left, peer_of, with_a_hop_less
from pgwire.startup import CancelRequest

from .context import Context
from .forwarding import Requester
from .peer_queue import PeerQueue

_log = logging.getLogger(__name__)

# Seconds between two log lines with one reason: strangers may send what they like.
QUIET: Final = 10.0


class Peering:
    """See the module's text.

    Attributes:
        queues: by peer id, of the peers for which a request has come.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        reactor = context.reactor
        self._repeats = Repeats(most=1, period=QUIET, clock=lambda: reactor.now)
        self.queues: dict[int, PeerQueue] = {}

    def __len__(self) -> int:
        return sum(map(len, self.queues.values()))

    def forward(self, request: CancelRequest, stream: Stream, visitor: Visitor) -> bool:
        """Pass on a request that is for no client of ours.

        Returns:
            Whether the stream is kept, to be closed when the peer has the request.
        """
        requester = Requester(visitor, stream, self._context.reactor.now)
        reason = self._forward(request, requester)
        if reason is not None:
            self._lost(requester, reason)
        return reason is None

    def _forward(self, request: CancelRequest, requester: Requester) -> Reason | None:
        """Give the reason why it is not passed on."""
        own = self._context.settings.peer_id
        if not own or len(request.key) != PEER_KEY_SIZE or peer_of(request) == own:
            return Reason.CANCEL_KEY_UNKNOWN
        peer_id = peer_of(request)
        peer = self._context.settings.peers.get(peer_id)
        if peer is None:
            return Reason.UNKNOWN_PEER
        if not hops_left(request):
            return Reason.CANCEL_TTL_EXHAUSTED
        queue = self.queues.get(peer_id)
        if queue is None:
            queue = self.queues[peer_id] = PeerQueue(self._context, peer, self._lost)
        if not queue.add(with_a_hop_less(request), requester):
            return Reason.CANCEL_QUEUE_FULL
        return None

    def _lost(self, requester: Requester, reason: Reason) -> None:
        if not self._repeats.admit(reason):
            return
        unsaid = self._repeats.unsaid(reason)
        more = f" (and {unsaid} more before)" if unsaid else ""
        who = about(requester.visitor, reason=reason)
        _log.warning("closing because: %s%s", reason, more, extra=who)

    def reconfigure(self) -> None:
        """Take over new settings."""
        peers = self._context.settings.peers
        for peer_id, queue in list(self.queues.items()):
            if peer_id in peers:
                queue.reconfigure(peers[peer_id])
            else:
                del self.queues[peer_id]
                queue.end(Reason.PEER_REMOVED)

    def maintain(self, now: float) -> None:
        """Give up what takes longer than ``cancel_wait_timeout``."""
        for queue in self.queues.values():
            queue.check(now, self._context.settings.cancel_wait_timeout)

    def stop(self) -> None:
        """Give everything up."""
        for queue in self.queues.values():
            queue.end(Reason.POOLER_SHUTTING_DOWN)
