"""The hash of a certificate for channel binding, compared with OpenSSL's idea of it."""

import datetime as dt
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pgwire.end_point import server_end_point

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
EC = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
ED = ed25519.Ed25519PrivateKey.generate()


def builder(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
) -> x509.CertificateBuilder:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pg.test")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + dt.timedelta(days=1))
    )


@pytest.mark.parametrize(
    ("key", "algorithm", "expected"),
    [
        (EC, hashes.SHA256(), "sha256"),
        (EC, hashes.SHA384(), "sha384"),
        (EC, hashes.SHA512(), "sha512"),
        (EC, hashes.SHA224(), "sha224"),
        (RSA, hashes.SHA224(), "sha224"),
        (RSA, hashes.SHA256(), "sha256"),
        (RSA, hashes.SHA384(), "sha384"),
        (RSA, hashes.SHA512(), "sha512"),
    ],
)
def test_the_hash_is_that_of_the_signature(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    algorithm: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | hashes.SHA224,
    expected: str,
) -> None:
    certificate = builder(key).sign(key, algorithm).public_bytes(Encoding.DER)
    binding = server_end_point(certificate)
    assert binding is not None
    assert binding.type == "tls-server-end-point"
    assert binding.data == hashlib.new(expected, certificate).digest()


# Content of the identifiers: 1.2.840.113549.1.1.4, .5 and 1.2.840.10045.4.1
@pytest.mark.parametrize(
    "identifier", ["2a864886f70d010104", "2a864886f70d010105", "2a8648ce3d0401"]
)
def test_md5_and_sha1_are_replaced_by_sha256(identifier: str) -> None:
    certificate = made(bytes.fromhex(identifier))
    binding = server_end_point(certificate)
    assert binding is not None
    assert binding.data == hashlib.sha256(certificate).digest()


def test_ed25519_has_no_hash() -> None:
    certificate = builder(ED).sign(ED, None).public_bytes(Encoding.DER)
    assert server_end_point(certificate) is None


def test_rsa_pss_leaves_its_hash_open() -> None:
    signed = builder(RSA).sign(
        RSA,
        hashes.SHA256(),
        rsa_padding=padding.PSS(padding.MGF1(hashes.SHA256()), 32),
    )
    assert server_end_point(signed.public_bytes(Encoding.DER)) is None


def made(identifier: bytes) -> bytes:
    """Make what looks like a certificate: SEQUENCE of content, algorithm, signature."""
    content = b"\x30\x82\x01\x00" + bytes(256)
    algorithm = b"\x06%c%b\x05\0" % (len(identifier), identifier)
    body = content + b"\x30%c%b" % (len(algorithm), algorithm) + b"\x03\x01\0"
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


@pytest.mark.parametrize("size", range(0, len(made(b"x")) - 4, 7))
def test_a_part_of_a_certificate_is_none(size: int) -> None:
    with pytest.raises(ValueError, match="byte"):
        server_end_point(made(b"x")[:size])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x31\x00", id="a SET"),
        pytest.param(b"\x30\x80\x00\x00", id="an indefinite length"),
        pytest.param(b"\x30\x85\0\0\0\0\x01\0", id="a length of five bytes"),
        pytest.param(b"\x30\x84\xff\xff\xff\xff", id="a length beyond the end"),
        pytest.param(b"\x30\x00", id="nothing in it"),
        pytest.param(b"\x30\x04\x30\x00\x30\x00", id="no algorithm"),
    ],
)
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="byte"):
        server_end_point(data)
