"""TLS settings to contexts: what is demanded, and what cannot be had."""

import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pgpool_py.net.tls_context import TlsConfigError, towards_clients, towards_servers
from pgpool_py.settings import Settings, SslMode, SslNegotiation
from tests.fixtures.certificates import Authority, Issued


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    return authority.issue("pg.test")


def client_side(issued: Issued, **changed: Any) -> Settings:
    settings = Settings(
        client_tls_sslmode=SslMode.REQUIRE,
        client_tls_key_file=str(issued.key_file),
        client_tls_cert_file=str(issued.cert_file),
    )
    return replace(settings, **changed)


# Towards clients


def test_it_is_off_by_default() -> None:
    assert towards_clients(Settings()) is None


@pytest.mark.parametrize("mode", [SslMode.ALLOW, SslMode.PREFER, SslMode.REQUIRE])
def test_a_client_needs_no_certificate(issued: Issued, mode: SslMode) -> None:
    context = towards_clients(client_side(issued, client_tls_sslmode=mode))
    assert context is not None
    assert context.verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize("mode", [SslMode.VERIFY_CA, SslMode.VERIFY_FULL])
def test_a_client_must_have_one_where_that_is_verified(
    issued: Issued, authority: Authority, mode: SslMode
) -> None:
    settings = client_side(
        issued, client_tls_sslmode=mode, client_tls_ca_file=str(authority.ca_file)
    )
    context = towards_clients(settings)
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("changed", "setting", "reason"),
    [
        ({"client_tls_key_file": ""}, "client_tls_key_file", "must be set"),
        ({"client_tls_cert_file": ""}, "client_tls_cert_file", "must be set"),
        ({"client_tls_cert_file": "/none"}, "client_tls_cert_file", "cannot be read"),
        ({"client_tls_ca_file": "/none"}, "client_tls_ca_file", "cannot be read"),
        (
            {"client_tls_sslmode": SslMode.VERIFY_CA},
            "client_tls_ca_file",
            "must be set for sslmode verify-ca",
        ),
        ({"client_tls_ciphers": "NONE-SUCH"}, "client_tls_ciphers", "no cipher"),
        (
            {"client_tls13_ciphers": "TLS_AES_128_GCM_SHA256"},
            "client_tls13_ciphers",
            "cannot choose the suites of TLS 1.3",
        ),
        ({"client_tls_protocols": "sslv3"}, "client_tls_protocols", "'sslv3'"),
        (
            {"client_tls_protocols": "tlsv1.1,tlsv1.3"},
            "client_tls_protocols",
            "leaves out a version",
        ),
        (
            {"client_tls_protocols": "secure,!all"},
            "client_tls_protocols",
            "leaves no version",
        ),
        ({"client_tls_ecdhcurve": "none-such"}, "client_tls_ecdhcurve", "no curve"),
    ],
)
def test_what_cannot_be_had_is_named(
    issued: Issued, changed: dict[str, Any], setting: str, reason: str
) -> None:
    with pytest.raises(TlsConfigError, match=reason) as caught:
        towards_clients(client_side(issued, **changed))
    assert caught.value.setting == setting


def test_a_key_of_another_certificate_is_named(
    issued: Issued, authority: Authority
) -> None:
    other = authority.issue("other.test")
    settings = client_side(issued, client_tls_key_file=str(other.key_file))
    with pytest.raises(TlsConfigError, match=r"with key_file"):
        towards_clients(settings)


def test_a_file_without_a_certificate_is_named(issued: Issued, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing\n")
    settings = client_side(issued, client_tls_cert_file=str(empty))
    with pytest.raises(TlsConfigError, match="cannot be used"):
        towards_clients(settings)


@pytest.mark.parametrize(
    ("protocols", "least", "most"),
    [
        ("secure", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
        ("tlsv1.2", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
        ("tlsv1.2, TLSv1.3", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
        ("secure:!tlsv1.2", ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
    ],
)
def test_the_versions_are_those_of_the_list(
    issued: Issued, protocols: str, least: ssl.TLSVersion, most: ssl.TLSVersion
) -> None:
    context = towards_clients(client_side(issued, client_tls_protocols=protocols))
    assert context is not None
    assert (context.minimum_version, context.maximum_version) == (least, most)


# Towards servers


@pytest.mark.parametrize("mode", [SslMode.DISABLE, SslMode.ALLOW])
def test_servers_are_not_asked(mode: SslMode) -> None:
    assert towards_servers(Settings(server_tls_sslmode=mode)) is None


@pytest.mark.parametrize(
    ("mode", "verify", "hostname"),
    [
        (SslMode.PREFER, ssl.CERT_NONE, False),
        (SslMode.REQUIRE, ssl.CERT_NONE, False),
        (SslMode.VERIFY_CA, ssl.CERT_REQUIRED, False),
        (SslMode.VERIFY_FULL, ssl.CERT_REQUIRED, True),
    ],
)
def test_of_a_server_is_demanded_what_the_mode_says(
    mode: SslMode, verify: ssl.VerifyMode, hostname: bool
) -> None:
    context = towards_servers(Settings(server_tls_sslmode=mode))
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (verify, hostname)


def test_a_bad_file_for_servers_is_named() -> None:
    settings = Settings(server_tls_ca_file="/none")
    with pytest.raises(TlsConfigError, match="server_tls_ca_file: cannot be read"):
        towards_servers(settings)


def test_direct_tls_with_servers_needs_a_mode_that_demands_tls() -> None:
    direct = Settings(server_tls_sslnegotiation=SslNegotiation.DIRECT)
    with pytest.raises(TlsConfigError, match="needs server_tls_sslmode=require") as got:
        towards_servers(direct)
    assert got.value.setting == "server_tls_sslnegotiation"
    assert towards_servers(replace(direct, server_tls_sslmode=SslMode.REQUIRE))
