"""The text messages of a SCRAM exchange: attributes, nonces, proofs.

Source: RFC 5802 sections 5 and 7.
"""

import hashlib
import hmac
import re
from typing import Final

from . import scram
from .errors import LocalProtocolError, ProtocolViolation

# "printable" of RFC 5802 section 7: no comma.
_PRINTABLE: Final = bytes(set(range(0x21, 0x7F)) - {ord(",")})


# value of RFC 5802, and further attributes behind one: a letter, "=", and a value.
_VALUE: Final = rb"[^,\0]*"
_MORE: Final = rb"(?:,[A-Za-z]=%b)*" % _VALUE
_ATTRIBUTES: Final = re.compile(rb"[A-Za-z]=%b%b" % (_VALUE, _MORE))


def attributes(message: bytes) -> list[tuple[str, bytes]]:
    """Split a message into its attributes; raises ProtocolViolation."""
    if not _ATTRIBUTES.fullmatch(message):
        raise malformed("attribute expected")
    return [(chr(part[0]), part[2:]) for part in message.split(b",")]


def expect(found: list[tuple[str, bytes]], *names: str) -> list[bytes]:
    """Take the values of the first attributes, which must have these names."""
    found_names, contents = zip(*found[: len(names)], strict=True)
    if found_names != names:
        raise malformed(f"attributes {', '.join(names)} expected")
    return list(contents)


def beginning(first: bytes, second: bytes) -> re.Pattern[bytes]:
    """Give what matches a message whose first attributes have these names.

    Its groups are their values; of what does not match, `expect` says why.
    """
    return re.compile(b"%b=(%b),%b=(%b)%b" % (first, _VALUE, second, _VALUE, _MORE))


def check_nonce(nonce: str) -> bytes:
    """Check a nonce of our own; raises LocalProtocolError."""
    encoded = nonce.encode("ascii", "replace")
    if not nonce.isascii() or not is_nonce(encoded):
        raise LocalProtocolError("SCRAM nonce must be printable ASCII without comma")
    return encoded


def is_nonce(content: bytes) -> bool:
    """Tell whether this is printable ASCII without comma, and not empty."""
    return bool(content) and not content.translate(None, _PRINTABLE)


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
