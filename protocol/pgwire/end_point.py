"""Channel binding of type tls-server-end-point: the hash of a server's certificate.

Which hash, the certificate's signature decides (RFC 5929 section 4.1): its own, but
SHA-256 where that is MD5 or SHA-1. Where a signature has no hash of its own (Ed25519)
or keeps it in its parameters (RSA-PSS), PostgreSQL and libpq do not agree on one, and
there is no binding.

A certificate is a SEQUENCE of its content, the signature's algorithm (a SEQUENCE that
begins with an OBJECT IDENTIFIER), and the signature (RFC 5280 section 4.1).
"""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .scram import ChannelBinding

_SEQUENCE: Final = 0x30
_OBJECT_IDENTIFIER: Final = 0x06
_LONG_LENGTH: Final = 0x80

# By the identifier's content in DER.
_HASHES: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        # 1.2.840.113549.1.1, PKCS #1: RSA with MD5, SHA-1, -256, -384, -512, -224
        bytes.fromhex("2a864886f70d010104"): "sha256",
        bytes.fromhex("2a864886f70d010105"): "sha256",
        bytes.fromhex("2a864886f70d01010b"): "sha256",
        bytes.fromhex("2a864886f70d01010c"): "sha384",
        bytes.fromhex("2a864886f70d01010d"): "sha512",
        bytes.fromhex("2a864886f70d01010e"): "sha224",
        # 1.2.840.10045.4, ANSI X9.62: ECDSA with SHA-1, -224, -256, -384, -512
        bytes.fromhex("2a8648ce3d0401"): "sha256",
        bytes.fromhex("2a8648ce3d040301"): "sha224",
        bytes.fromhex("2a8648ce3d040302"): "sha256",
        bytes.fromhex("2a8648ce3d040303"): "sha384",
        bytes.fromhex("2a8648ce3d040304"): "sha512",
        # 1.2.840.10040.4.3 and 2.16.840.1.101.3.4.3: DSA with SHA-1, -224, -256
        bytes.fromhex("2a8648ce380403"): "sha256",
        bytes.fromhex("608648016503040301"): "sha224",
        bytes.fromhex("608648016503040302"): "sha256",
    }
)


def server_end_point(certificate: bytes) -> ChannelBinding | None:
    """Give the binding to a server that has this certificate, in DER.

    Returns:
        None where the signature leaves open which hash is meant.

    Raises:
        ValueError: it is no certificate.
    """
    start, end = _content(certificate, 0, len(certificate), _SEQUENCE)
    _, start = _content(certificate, start, end, _SEQUENCE)
    start, end = _content(certificate, start, end, _SEQUENCE)
    start, end = _content(certificate, start, end, _OBJECT_IDENTIFIER)
    name = _HASHES.get(certificate[start:end])
    if name is None:
        return None
    return ChannelBinding(hashlib.new(name, certificate).digest())


def _content(data: bytes, position: int, end: int, kind: int) -> tuple[int, int]:
    """Find where the content of the element at ``position`` begins and ends."""
    if end - position < 2 or data[position] != kind:
        raise ValueError(f"no element of type 0x{kind:02X} at byte {position}")
    size = data[position + 1]
    start = position + 2
    if size >= _LONG_LENGTH:
        count = size - _LONG_LENGTH
        # A length of more than four bytes is none of a certificate's.
        if not 1 <= count <= 4 or end - start < count:
            raise ValueError(f"an invalid length at byte {position}")
        size = int.from_bytes(data[start : start + count], "big")
        start += count
    if size > end - start:
        raise ValueError(f"a length beyond the end at byte {position}")
    return start, start + size
