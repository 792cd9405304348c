"""Cancel keys that name the process of a group that gave them, as PgBouncer's do.

    process id   0nnnnnnn llllllll hhhhhhhh nnnnnnnn   l, h: peer id, low byte first
    secret key   xxxxxxxx xxxxxxxx xxxxxxxx xxxxxxtt   t: hops left

A process that gets a CancelRequest for another one's client passes it on, with one hop
less, so that none goes round in circles. Source: ``welcome_client`` and
``accept_cancel_request`` in PgBouncer's ``objects.c``.
"""

from typing import Final

from .startup import CancelRequest

# Bytes of the secret key: protocol 3.0 has room for no more.
PEER_KEY_SIZE: Final = 4
# As PgBouncer, which counts them down from here.
MOST_HOPS: Final = 3
# With a first byte of zero they could be those of processes (PID_MAX_LIMIT of Linux).
MOST_PROCESS_IDS: Final = 127 * 256


def peer_process_id(peer_id: int, number: int) -> int:
    """Give the process id for one client: ``number`` is below `MOST_PROCESS_IDS`."""
    first, last = divmod(number, 256)
    low, high = peer_id & 0xFF, peer_id >> 8
    return int.from_bytes((first + 1, low, high, last), "big")


def peer_of(request: CancelRequest) -> int:
    """Give the id of the peer that this request is for."""
    _, low, high, _ = (request.pid & 0xFFFF_FFFF).to_bytes(4, "big")
    return high << 8 | low


def hops_left(request: CancelRequest) -> int:
    """Tell how often this request may still be passed on."""
    return request.key[-1] & MOST_HOPS


def with_all_hops(key: bytes) -> bytes:
    """Give a secret key as it was before anybody passed its request on."""
    return key[:-1] + bytes((key[-1] | MOST_HOPS,))


def with_a_hop_less(request: CancelRequest) -> CancelRequest:
    """Give the request to pass on; there must be a hop left."""
    return CancelRequest(request.pid, request.key[:-1] + bytes((request.key[-1] - 1,)))
