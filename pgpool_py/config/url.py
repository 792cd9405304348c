"""A database's URL, as libpq reads it, to what our settings say in its place.

Source: PostgreSQL 17, libpq, section "Connection URIs". Texts of errors show nothing
of a URL but names of its parameters: what follows a badly written password is part of
it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

from .faults import shown
from .values import did_you_mean

SCHEMES: Final = ("postgresql://", "postgres://")
_MAX_PORT: Final = 65535

#: Parameters that hold for every server connection, and the settings that they are.
SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sslmode": "server_tls_sslmode",
        "sslrootcert": "server_tls_ca_file",
        "sslcert": "server_tls_cert_file",
        "sslkey": "server_tls_key_file",
        "sslnegotiation": "server_tls_sslnegotiation",
        "connect_timeout": "server_connect_timeout",
    }
)
#: Those of one database, by the same name in its line.
_OPTIONS: Final = ("application_name", "client_encoding", "target_session_attrs")
_PLACE: Final = ("host", "port", "dbname", "user", "password")
# What we do is within these values.
_HARMLESS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "channel_binding": frozenset({"prefer", "disable"}),
        "gssencmode": frozenset({"prefer", "disable"}),
    }
)
_KNOWN: Final = (*SETTINGS, *_OPTIONS, *_PLACE, *_HARMLESS)


class UrlError(ValueError):
    """A URL that cannot be used; the text shows no value of it."""


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """What a URL says.

    Attributes:
        password: empty for none.
        options: of the database's line.
        settings: of the process, by PgBouncer's name.
    """

    dbname: str
    user: str
    password: str = field(repr=False)
    options: Mapping[str, str]
    settings: Mapping[str, str]


def parse_url(text: str) -> DatabaseUrl:
    """Read a URL; raises UrlError."""
    scheme = next((s for s in SCHEMES if text.startswith(s)), None)
    if scheme is None:
        raise UrlError("does not begin with postgresql://")
    authority, path, query = _split(text.removeprefix(scheme))
    words = _authority(authority)
    if path:
        words["dbname"] = _decode(path)
    for name, value in _parameters(query):
        words[name] = value
    user = words.get("user", "")
    if not user:
        raise UrlError("names no user: postgresql://USER:PASSWORD@HOST/DATABASE")
    options = {name: words[name] for name in _OPTIONS if words.get(name)}
    options |= _place(words)
    settings = {SETTINGS[name]: words[name] for name in SETTINGS if words.get(name)}
    dbname = words.get("dbname") or user
    return DatabaseUrl(dbname, user, words.get("password", ""), options, settings)


def _split(rest: str) -> tuple[str, str, str]:
    """Give authority, path and query; a password may not reach over their borders."""
    before, _, query = rest.partition("?")
    authority, _, path = before.partition("/")
    if "@" in path or "@" in query:
        raise UrlError(
            "has an @ behind its host: in a password write %2F for /, %3F for ? and "
            "%40 for @"
        )
    return authority, path, query


def _authority(text: str) -> dict[str, str]:
    """Read ``user:password@host:port,host:port``."""
    words = {}
    login, at, places = text.rpartition("@")
    if "@" in login:
        raise UrlError("has two @: in a password write %40 for @")
    if at:
        user, _, password = login.partition(":")
        words = {"user": _decode(user), "password": _decode(password)}
    if places:
        hosts, ports = zip(*map(_host, places.split(",")), strict=True)
        words["host"] = ",".join(hosts)
        words["port"] = ",".join(ports)
    return words


def _host(place: str) -> tuple[str, str]:
    if not place.startswith("["):
        host, colon, port = place.partition(":")
        if ":" in port:
            raise UrlError("has an IPv6 address without brackets: write [::1]")
        return _decode(host), port if colon else ""
    host, bracket, port = place[1:].partition("]")
    if not bracket or (port and not port.startswith(":")):
        raise UrlError("has an IPv6 address without a closing bracket")
    return host, port.removeprefix(":")


def _parameters(query: str) -> list[tuple[str, str]]:
    pairs = []
    for part in filter(None, query.split("&")):
        name, equals, raw = part.partition("=")
        if not equals:
            raise UrlError("has a parameter without =")
        value = _decode(raw)
        if name not in _KNOWN:
            raise UrlError(
                f"unknown parameter {shown(name)}{did_you_mean(name, _KNOWN)}"
            )
        if name in _HARMLESS and value not in _HARMLESS[name]:
            raise UrlError(f"{name}: only {' and '.join(sorted(_HARMLESS[name]))}")
        if name == "sslrootcert" and value == "system":
            raise UrlError("sslrootcert: name a file, system is not offered")
        pairs.append((name, value))
    return pairs


def _place(words: Mapping[str, str]) -> dict[str, str]:
    """Give host and port of the database's line, which has one port for all hosts."""
    place = {}
    hosts = words.get("host", "")
    if any(hosts.split(",")):
        if not all(hosts.split(",")):
            raise UrlError("has an empty host in its list")
        place["host"] = hosts
    ports = {port or "5432" for port in words.get("port", "").split(",")}
    if len(ports) > 1:
        raise UrlError("has hosts with different ports, but a database has one port")
    (port,) = ports
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= _MAX_PORT):
        raise UrlError(f"has a port that is not between 1 and {_MAX_PORT}")
    return place | {"port": port}


def _decode(text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise UrlError("has percent-encoding that is not UTF-8") from None
    # unquote() leaves what it does not understand as it is.
    if any(not _is_hex(part[:2]) for part in text.split("%")[1:]):
        raise UrlError("has a % that two hexadecimal digits do not follow: write %25")
    if not decoded.isprintable():
        raise UrlError("has a character that cannot be printed")
    return decoded


def _is_hex(text: str) -> bool:
    return len(text) == 2 and all(c in "0123456789abcdefABCDEF" for c in text)
