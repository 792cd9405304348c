"""Startup packets: decoded, or refused as a violation of the protocol."""

import random

from pgwire.errors import ProtocolViolation
from pgwire.startup import (
    MAX_STARTUP_LENGTH,
    CancelRequest,
    GSSENCRequest,
    SSLRequest,
    StartupMessage,
    looks_foreign,
    negotiate,
    parse_startup,
    startup_length,
)

from .material import mutate
from .running import run_many

PACKETS = (
    StartupMessage(0, {"user": "a", "database": "b"}, {"_pq_.x": "1"}).encode(),
    StartupMessage(2, {"user": "a", "options": "-c x=1"}).encode(),
    SSLRequest().encode(),
    GSSENCRequest().encode(),
    CancelRequest(7, b"k" * 32).encode(),
    CancelRequest(7, b"key!").encode(),
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\3\1\2\0\1\0\1\xfc\3\3" + bytes(20),
)
# What is read again when it is written: the rest may differ in order or repetition.
_PLAIN = (SSLRequest, GSSENCRequest, CancelRequest)


def target(chance: random.Random) -> None:
    """Read one packet as a client's arrival does."""
    data = mutate(chance, chance.choice((*PACKETS, chance.randbytes(30))))
    foreign = looks_foreign(data[:4])
    try:
        length = startup_length(data[:4])
        assert not foreign
        if length is None or len(data) < length:
            return
        assert 8 <= length <= MAX_STARTUP_LENGTH
        packet = parse_startup(data[:length])
    except ProtocolViolation:
        return
    if isinstance(packet, StartupMessage):
        assert packet.user
        negotiate(packet, 2)
        assert parse_startup(packet.encode()) == packet
    else:
        assert isinstance(packet, _PLAIN)
        assert packet.encode() == data[:length]


def test_startup_packets_at_random() -> None:
    run_many(target, 3000)
