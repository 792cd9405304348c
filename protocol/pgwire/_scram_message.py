"""The text messages of a SCRAM exchange: attributes, nonces, proofs.

Source: RFC 5802 sections 5 and 7.
"""

import hashlib
import hmac
import re

from . import scram
from .errors import LocalProtocolError, ProtocolViolation

_PRINTABLE = re.compile(rb"[\x21-\x2b\x2d-\x7e]+")


def attributes(message: bytes) -> list[tuple[str, bytes]]:
    """Split a message into its attributes; raises ProtocolViolation."""
    found: list[tuple[str, bytes]] = []
    for part in message.split(b","):
        # attr-val of RFC 5802: a letter, "=", and anything but comma and zero byte.
        name, equals, value = part.partition(b"=")
        if not (equals and len(name) == 1 and name.isalpha()) or 0 in value:
            raise malformed("attribute expected")
        found.append((name.decode(), value))
    return found


def expect(found: list[tuple[str, bytes]], *names: str) -> list[bytes]:
    """Take the values of the first attributes, which must have these names."""
    if [name for name, _ in found[: len(names)]] != list(names):
        raise malformed(f"attributes {', '.join(names)} expected")
    return [content for _, content in found[: len(names)]]


def check_nonce(nonce: str) -> bytes:
    """Check a nonce of our own; raises LocalProtocolError."""
    encoded = nonce.encode("ascii", "replace")
    if not nonce.isascii() or not is_nonce(encoded):
        raise LocalProtocolError("SCRAM nonce must be printable ASCII without comma")
    return encoded


def is_nonce(content: bytes) -> bool:
    """Tell whether this is printable ASCII without comma, and not empty."""
    return _PRINTABLE.fullmatch(content) is not None


def from_base64(content: bytes, what: str) -> bytes:
    """Decode base64; raises ProtocolViolation that names ``what``."""
    try:
        return scram.from_base64(content)
    except ValueError:
        raise malformed(f"{what} is not base64") from None


def key_from_base64(content: bytes, what: str) -> bytes:
    """Decode base64 of exactly one SHA-256 output; raises ProtocolViolation."""
    decoded = from_base64(content, what)
    if len(decoded) != scram.KEY_SIZE:
        raise malformed(f"{what} has {len(decoded)} bytes instead of {scram.KEY_SIZE}")
    return decoded


def malformed(detail: str) -> ProtocolViolation:
    """Build the error for a message that breaks the grammar; the caller raises it."""
    return ProtocolViolation("malformed SCRAM message", detail=detail)


def client_signature(stored_key: bytes, auth_message: bytes) -> bytes:
    """Compute ClientSignature, which turns ClientKey into ClientProof and back."""
    return hmac.digest(stored_key, auth_message, "sha256")


def server_signature(server_key: bytes, auth_message: bytes) -> bytes:
    """Compute ServerSignature, by which the server proves itself."""
    return hmac.digest(server_key, auth_message, "sha256")


def stored_key_of(client_key: bytes) -> bytes:
    """Compute StoredKey."""
    return hashlib.sha256(client_key).digest()


def xor(left: bytes, right: bytes) -> bytes:
    """Combine two strings of equal length bit by bit."""
    if len(left) != len(right):
        raise ValueError("strings of different length")
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))
