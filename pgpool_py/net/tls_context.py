"""What TLS is like towards clients and towards servers: settings to contexts.

Source: PgBouncer 1.25, ``doc/config.md`` (TLS settings) and ``lib/usual/tls``, whose
words for protocols and ciphers are taken.
"""

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pgpool_py.settings import Settings, SslMode, SslNegotiation

# RFC 7301 name, registered for PostgreSQL 17's direct negotiation.
ALPN: Final = "postgresql"

_VERSIONS: Final = {
    "tlsv1.0": ssl.TLSVersion.TLSv1,
    "tlsv1.1": ssl.TLSVersion.TLSv1_1,
    "tlsv1.2": ssl.TLSVersion.TLSv1_2,
    "tlsv1.3": ssl.TLSVersion.TLSv1_3,
}
_SECURE: Final = frozenset({"tlsv1.2", "tlsv1.3"})
_GROUPS: Final = {
    "secure": _SECURE,
    "tlsv1": frozenset(_VERSIONS),
    "all": frozenset(_VERSIONS),
    "legacy": frozenset(_VERSIONS),
}
_DEFAULT_CIPHERS: Final = frozenset({"", "default", "secure", "fast", "normal"})
_NO_SUITES: Final = frozenset({None, ""})
# Modes that do not do without.
REQUIRING: Final = frozenset({SslMode.REQUIRE, SslMode.VERIFY_CA, SslMode.VERIFY_FULL})
_VERIFYING: Final = frozenset({SslMode.VERIFY_CA, SslMode.VERIFY_FULL})


class TlsConfigError(Exception):
    """A setting cannot be had.

    Attributes:
        setting: its name.
        reason: what is wrong with its value, without secrets.
    """

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting = setting
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Side:
    """The settings of one side; ``prefix`` stands in front of their names."""

    prefix: str
    sslmode: SslMode
    key_file: str
    cert_file: str
    ca_file: str
    protocols: str
    ciphers: str
    tls13_ciphers: str | None

    def fault(self, setting: str, reason: str) -> TlsConfigError:
        return TlsConfigError(self.prefix + setting, reason)


def towards_clients(settings: Settings) -> ssl.SSLContext | None:
    """Give the context for clients; None where TLS is off.

    Raises:
        TlsConfigError: naming the setting.
    """
    side = _Side(
        "client_tls_",
        settings.client_tls_sslmode,
        settings.client_tls_key_file,
        settings.client_tls_cert_file,
        settings.client_tls_ca_file,
        settings.client_tls_protocols,
        settings.client_tls_ciphers,
        settings.client_tls13_ciphers,
    )
    if side.sslmode is SslMode.DISABLE:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for name, value in (("key_file", side.key_file), ("cert_file", side.cert_file)):
        if not value:
            raise side.fault(name, f"must be set for sslmode {side.sslmode}")
    _prepare(context, side)
    context.set_alpn_protocols([ALPN])
    if side.sslmode in _VERIFYING:
        if not side.ca_file:
            raise side.fault("ca_file", f"must be set for sslmode {side.sslmode}")
        context.verify_mode = ssl.CERT_REQUIRED
    _set_curve(context, settings.client_tls_ecdhcurve)
    return context


def towards_servers(settings: Settings) -> ssl.SSLContext | None:
    """Give the context for servers; None where TLS is off.

    Raises:
        TlsConfigError: naming the setting.
    """
    side = _Side(
        "server_tls_",
        settings.server_tls_sslmode,
        settings.server_tls_key_file,
        settings.server_tls_cert_file,
        settings.server_tls_ca_file,
        settings.server_tls_protocols,
        settings.server_tls_ciphers,
        settings.server_tls13_ciphers,
    )
    direct = settings.server_tls_sslnegotiation is SslNegotiation.DIRECT
    if direct and side.sslmode not in REQUIRING:
        raise side.fault("sslnegotiation", "direct needs server_tls_sslmode=require")
    # libpq's "allow" asks for TLS only where the server refuses to do without.
    if side.sslmode in {SslMode.DISABLE, SslMode.ALLOW}:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = side.sslmode is SslMode.VERIFY_FULL
    if side.sslmode in _VERIFYING:
        context.verify_mode = ssl.CERT_REQUIRED
        if not side.ca_file:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        context.verify_mode = ssl.CERT_NONE
    _prepare(context, side)
    context.set_alpn_protocols([ALPN])
    return context


def _prepare(context: ssl.SSLContext, side: _Side) -> None:
    """Set what both sides have."""
    # A renegotiation would have reading wait for writing; OpenSSL has none in TLS 1.3.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    _set_protocols(context, side)
    if side.tls13_ciphers not in _NO_SUITES:
        raise TlsConfigError(
            f"{side.prefix.removesuffix('_')}13_ciphers",
            "Python's ssl module cannot choose the suites of TLS 1.3; remove the line",
        )
    if side.ciphers not in _DEFAULT_CIPHERS:
        wanted = "ALL" if side.ciphers == "all" else side.ciphers
        try:
            context.set_ciphers(wanted)
        except ssl.SSLError:
            raise side.fault("ciphers", "OpenSSL knows no cipher of these") from None
    if side.ca_file:
        _load(
            side, "ca_file", lambda: context.load_verify_locations(cafile=side.ca_file)
        )
    if side.cert_file:
        # OpenSSL would ask on the terminal for the password of an encrypted key.
        _load(
            side,
            "cert_file",
            lambda: context.load_cert_chain(
                side.cert_file, side.key_file or None, password=_no_password
            ),
        )


def _load(side: _Side, setting: str, load: Callable[[], None]) -> None:
    try:
        load()
    except ssl.SSLError as error:
        what = error.reason or "no certificate is in it"
        named = f"{setting} (with key_file)" if setting == "cert_file" else setting
        raise side.fault(setting, f"{named} cannot be used: {what}") from None
    except OSError as error:
        raise side.fault(setting, f"cannot be read: {error.strerror}") from None


def _no_password() -> str:
    raise ssl.SSLError("the key is encrypted")


def _set_protocols(context: ssl.SSLContext, side: _Side) -> None:
    wanted = _wanted(side)
    found = [name for name in _VERSIONS if name in wanted]
    names = list(_VERSIONS)
    first, last = names.index(found[0]), names.index(found[-1])
    if len(found) != last - first + 1:
        raise side.fault("protocols", "leaves out a version between others")
    if not wanted <= _SECURE:
        # OpenSSL 3 has SHA-1 signatures, which these need, at level 0 alone.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = _VERSIONS[found[0]]
    context.maximum_version = _VERSIONS[found[-1]]


def _wanted(side: _Side) -> frozenset[str]:
    """Give the versions that a list such as ``secure`` or ``all,!tlsv1.0`` means."""
    wanted: frozenset[str] = frozenset()
    for word in re.split(r"[,:\s]+", side.protocols.lower().strip()):
        name = word.removeprefix("!")
        if name in _VERSIONS:
            meant = frozenset({name})
        elif name in _GROUPS:
            meant = _GROUPS[name]
        else:
            known = ", ".join((*_VERSIONS, "secure", "all"))
            raise side.fault("protocols", f"{name!r} is not one of {known}")
        wanted = wanted - meant if word.startswith("!") else wanted | meant
    if not wanted:
        raise side.fault("protocols", "leaves no version")
    return wanted


def _set_curve(context: ssl.SSLContext, curve: str) -> None:
    if curve in {"auto", "none", ""}:
        return
    try:
        context.set_ecdh_curve(curve)
    except ValueError:
        raise TlsConfigError(
            "client_tls_ecdhcurve", f"OpenSSL knows no curve {curve!r}"
        ) from None
