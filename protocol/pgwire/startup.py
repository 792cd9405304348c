"""The first packet of a connection, and the answer to a protocol too new.

These packets have no type byte: a length word, a code word, and what the code asks
for. Source: PostgreSQL documentation, "Start-up" and "Message Formats";
``ProcessStartupPacket`` in ``backend_startup.c``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from ._buffer import Reader, decode_text, pack_int32, pack_text
from .backend import MAX_CANCEL_KEY, MIN_CANCEL_KEY, NegotiateProtocolVersion
from .codes import (
    CANCEL_REQUEST_CODE,
    GSSENC_REQUEST_CODE,
    PROTOCOL_3_0,
    SSL_REQUEST_CODE,
)
from .errors import LocalProtocolError, ProtocolViolation

# Length word and code word.
MIN_STARTUP_LENGTH: Final = 8
# MAX_STARTUP_PACKET_LENGTH of libpq/pqcomm.h.
MAX_STARTUP_LENGTH: Final = 10_000

# Packets that ask for a session, whoever sent them: applications send the same again,
# over and over. One that asks for a cancel has a key, and is not remembered.
MOST_REMEMBERED: Final = 16

_OPTION_PREFIX = "_pq_."
_SHOWN_HEADER = 8
# The upper half of the code word.
_VERSION_3: Final = (PROTOCOL_3_0 >> 16).to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class StartupMessage:
    """A client asks for a session.

    Attributes:
        protocol_minor: the x of protocol 3.x.
        parameters: in the order sent; of a name sent twice the last value counts.
        protocol_options: the parameters whose names begin with ``_pq_.``.
        user: the user name; `parse_startup` lets none pass without.
        database: the database name, which is the user name where not given.

    Names and values are UTF-8 with surrogate escapes: any bytes come out again.

    """

    protocol_minor: int
    parameters: Mapping[str, str]
    protocol_options: Mapping[str, str] = field(default_factory=dict)
    user: str = field(init=False, repr=False, compare=False)
    database: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        user = self.parameters.get("user", "")
        # The one way to set what a frozen object works out itself.
        object.__setattr__(self, "user", user)
        object.__setattr__(self, "database", self.parameters.get("database") or user)

    def encode(self) -> bytes:
        """Build the packet; raises LocalProtocolError where it breaks a limit."""
        items = [*self.parameters.items(), *self.protocol_options.items()]
        if not all(name for name, _ in items):
            raise LocalProtocolError("startup parameter without a name")
        texts = [pack_text(text) for item in items for text in item]
        code = pack_int32(PROTOCOL_3_0 + self.protocol_minor)
        return _packet(code + b"".join(texts) + b"\0")


@dataclass(frozen=True, slots=True)
class SSLRequest:
    """A client asks for TLS; the answer is one byte, S or N."""

    def encode(self) -> bytes:
        """Build the packet."""
        return _packet(pack_int32(SSL_REQUEST_CODE))


@dataclass(frozen=True, slots=True)
class GSSENCRequest:
    """A client asks for GSSAPI encryption; the answer is one byte, G or N."""

    def encode(self) -> bytes:
        """Build the packet."""
        return _packet(pack_int32(GSSENC_REQUEST_CODE))


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Someone asks to cancel what a session runs; there is no answer.

    The key has 4 bytes in protocol 3.0 and up to 256 since 3.2. It is never shown
    in a repr.
    """

    pid: int
    key: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Build the packet; raises LocalProtocolError for a key of wrong size."""
        if not MIN_CANCEL_KEY <= len(self.key) <= MAX_CANCEL_KEY:
            raise LocalProtocolError(
                f"cancel key of {len(self.key)} bytes, "
                f"allowed are {MIN_CANCEL_KEY} to {MAX_CANCEL_KEY}"
            )
        return _packet(
            pack_int32(CANCEL_REQUEST_CODE) + pack_int32(self.pid) + self.key
        )


StartupPacket = StartupMessage | SSLRequest | GSSENCRequest | CancelRequest


def looks_foreign(head: bytes) -> bool:
    """Tell whether these first bytes, even a single one, begin no startup packet.

    No length up to the limit begins with anything but a zero byte, so HTTP, TLS and
    SSH are known by their first byte. A TLS handshake (0x16) may be direct TLS:
    whoever serves that looks at the byte before asking here.
    """
    least = int.from_bytes(head[:4].ljust(4, b"\0"), "big")
    if least > MAX_STARTUP_LENGTH:
        return True
    return len(head) >= 4 and least < MIN_STARTUP_LENGTH


def startup_length(head: bytes) -> int | None:
    """Read the length of the packet that begins here, its length word included.

    Returns None while fewer than four bytes are there. Raises ProtocolViolation as
    soon as the bytes cannot begin a startup packet (see `looks_foreign`).
    """
    if len(head) >= 4:
        length = int.from_bytes(head[:4], "big")
        if MIN_STARTUP_LENGTH <= length <= MAX_STARTUP_LENGTH:
            return length
    elif not looks_foreign(head):
        return None
    raise _bad_header(
        head, f"the length must be {MIN_STARTUP_LENGTH} to {MAX_STARTUP_LENGTH} bytes"
    )


def parse_startup(packet: bytes) -> StartupPacket:
    """Decode a whole packet, its length word included.

    Any protocol 3.x is accepted. Raises ProtocolViolation for everything else, with
    the texts that PgBouncer uses.
    """
    if packet[4:6] == _VERSION_3:
        return _read_session(packet)
    _check_length(packet)
    code = int.from_bytes(packet[4:8], "big")
    if code in (SSL_REQUEST_CODE, GSSENC_REQUEST_CODE):
        if len(packet) != MIN_STARTUP_LENGTH:
            raise _bad_header(packet, f"the request has {MIN_STARTUP_LENGTH} bytes")
        return SSLRequest() if code == SSL_REQUEST_CODE else GSSENCRequest()
    if code == CANCEL_REQUEST_CODE:
        return _read_cancel(packet[8:])
    if code >> 16 == 2:
        raise ProtocolViolation("old V2 protocol not supported")
    raise _bad_header(packet, f"unknown protocol {code >> 16}.{code & 0xFFFF}")


def negotiate(startup: StartupMessage, newest_minor: int) -> bytes | None:
    """Build the NegotiateProtocolVersion that this client needs, or None.

    It is needed when the client's minor is above ours, or when it sent protocol
    options, of which none is known here. The version sent is never above the one
    asked for: libpq refuses that.
    """
    if startup.protocol_minor <= newest_minor and not startup.protocol_options:
        return None
    minor = min(startup.protocol_minor, newest_minor)
    unknown = tuple(startup.protocol_options)
    return NegotiateProtocolVersion(PROTOCOL_3_0 + minor, unknown).encode()


def _read_cancel(body: bytes) -> CancelRequest:
    reader = Reader(body, "CancelRequest")
    pid = reader.int32("process id")
    key = reader.rest()
    if not MIN_CANCEL_KEY <= len(key) <= MAX_CANCEL_KEY:
        raise reader.violation("cancel key", f"has {len(key)} bytes")
    return CancelRequest(pid, key)


@lru_cache(MOST_REMEMBERED)
def _read_session(packet: bytes) -> StartupMessage:
    _check_length(packet)
    parameters = _read_pairs(packet[8:])
    options = {
        name: parameters.pop(name)
        for name in [name for name in parameters if name.startswith(_OPTION_PREFIX)]
    }
    if not parameters.get("user"):
        raise ProtocolViolation("no username supplied")
    return StartupMessage(
        int.from_bytes(packet[6:8], "big"),
        MappingProxyType(parameters),
        MappingProxyType(options),
    )


def _check_length(packet: bytes) -> None:
    if startup_length(packet) != len(packet):
        raise _bad_header(packet, f"the packet has {len(packet)} bytes")


def _read_pairs(body: bytes) -> dict[str, str]:
    """Split ``name 0 value 0 … 0``; the last zero ends the packet and only that."""
    # A zero byte is one in UTF-8, too, whatever is in front of it.
    texts = decode_text(body).split("\0")
    names, values = texts[:-2:2], texts[1:-2:2]
    if texts[-2:] != ["", ""] or len(names) != len(values) or not all(names):
        raise ProtocolViolation(
            "invalid startup packet layout: expected terminator as last byte"
        )
    return dict(zip(names, values, strict=True))


def _packet(content: bytes) -> bytes:
    length = len(content) + 4
    if length > MAX_STARTUP_LENGTH:
        raise LocalProtocolError(
            f"startup packet of {length} bytes exceeds the limit of "
            f"{MAX_STARTUP_LENGTH}"
        )
    return pack_int32(length) + content


def _bad_header(packet: bytes, detail: str) -> ProtocolViolation:
    shown = packet[:_SHOWN_HEADER].hex()
    return ProtocolViolation(f"bad packet header: '{shown}'", detail=detail)
