"""What SHOW PEERS and SHOW PEER_POOLS tell."""

from collections.abc import Mapping
from dataclasses import dataclass

from pgpool_py.settings import Settings

from .peer_queue import PeerQueue, size_of


@dataclass(frozen=True, slots=True)
class PeerView:
    """One line of ``[peers]``, this process' own included if it has one.

    Attributes:
        pool_size: that holds, wherever it is given.
    """

    peer_id: int
    host: str
    port: int
    pool_size: int


@dataclass(frozen=True, slots=True)
class PeerPoolView:
    """The requests for one peer.

    Attributes:
        cl_active_cancel_req: who asked, and whose request the peer has.
        cl_waiting_cancel_req: who asked, and whose request it has not.
        sv_active_cancel: connections of ours by which the peer has got a request.
        sv_login: those that are being opened.
    """

    peer_id: int
    cl_active_cancel_req: int
    cl_waiting_cancel_req: int
    sv_active_cancel: int
    sv_login: int


def peers(settings: Settings) -> list[PeerView]:
    """View all peers, by id."""
    return [
        PeerView(
            peer_id, peer.host, peer.port, size_of(peer, settings.default_pool_size)
        )
        for peer_id, peer in sorted(settings.peers.items())
    ]


def peer_pools(queues: Mapping[int, PeerQueue]) -> list[PeerPoolView]:
    """View the peers for which a request has come, by id."""
    return [_pool(peer_id, queue) for peer_id, queue in sorted(queues.items())]


def _pool(peer_id: int, queue: PeerQueue) -> PeerPoolView:
    sent = sum(forwarding.sent for forwarding in queue.active)
    opening = len(queue.active) - sent
    return PeerPoolView(
        peer_id=peer_id,
        cl_active_cancel_req=sent,
        cl_waiting_cancel_req=opening + len(queue.waiting),
        sv_active_cancel=sent,
        sv_login=opening,
    )
