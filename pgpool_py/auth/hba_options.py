"""The methods of pg_hba.conf, and the options that may follow them.

Source: PostgreSQL 18, ``libpq/hba.c`` ``parse_hba_auth_opt``.
"""

from dataclasses import dataclass
from enum import StrEnum

from .words import Column, LineError, shown

# They say something of a client's certificate, so there must be TLS.
_OF_CERTIFICATES = frozenset({"clientcert", "clientname"})


class HbaMethod(StrEnum):
    """What a record asks of the client."""

    TRUST = "trust"
    REJECT = "reject"
    MD5 = "md5"
    PASSWORD = "password"
    PEER = "peer"
    CERT = "cert"
    SCRAM_SHA_256 = "scram-sha-256"


class ClientCert(StrEnum):
    """Which certificate is asked for beside what the method asks."""

    NONE = ""
    #: One that the certificate authority signed.
    VERIFY_CA = "verify-ca"
    #: Such a one, in the name of the user.
    VERIFY_FULL = "verify-full"


@dataclass(frozen=True, slots=True)
class HbaOptions:
    """The options of one record.

    Attributes:
        map: the user name map, "" for none: names must be equal.
        client_cert: what certificate is needed; VERIFY_FULL with the method cert.
        common_name_only: ``clientname=CN`` is written: no other name of the certificate
            counts.

    """

    map: str = ""
    client_cert: ClientCert = ClientCert.NONE
    common_name_only: bool = False


def read_options(
    columns: tuple[Column, ...], method: HbaMethod, *, tls: bool
) -> HbaOptions:
    """Read what follows the method; ``tls`` if the record is a hostssl.

    Raises:
        LineError: an option is unknown, given twice, not for this method, or its value
            is not served. Values are not shown: they may be meant as passwords.

    """
    given: dict[str, str] = {}
    for column in columns:
        name, equals, value = column[0].text.partition("=")
        if len(column) != 1 or not equals:
            raise LineError("authentication option not in name=value format")
        if name in given:
            raise LineError(f"the option {shown(name)} is given twice")
        if name in _OF_CERTIFICATES and not tls:
            raise LineError(f'{name} can only be configured for "hostssl" rows')
        _check(name, value, method)
        given[name] = value
    client_cert = ClientCert(given.get("clientcert", ""))
    if method is HbaMethod.CERT:
        client_cert = ClientCert.VERIFY_FULL
    return HbaOptions(given.get("map", ""), client_cert, "clientname" in given)


def _check(name: str, value: str, method: HbaMethod) -> None:
    if name == "map":
        _check_map(value, method)
    elif name == "clientcert":
        _check_client_cert(value, method)
    elif name != "clientname":
        raise LineError(f"unrecognized authentication option name: {shown(name)}")
    elif value == "DN":
        raise LineError("clientname=DN is not supported: use clientname=CN")
    elif value != "CN":
        raise LineError("clientname is not CN")


def _check_map(value: str, method: HbaMethod) -> None:
    if method not in {HbaMethod.PEER, HbaMethod.CERT}:
        raise LineError(
            'authentication option "map" is only valid for authentication methods peer '
            "and cert"
        )
    if not value:
        raise LineError("map= names no map")


def _check_client_cert(value: str, method: HbaMethod) -> None:
    if value not in {ClientCert.VERIFY_CA, ClientCert.VERIFY_FULL}:
        raise LineError("clientcert is neither verify-ca nor verify-full")
    if method is HbaMethod.CERT and value != ClientCert.VERIFY_FULL:
        raise LineError(
            'clientcert only accepts "verify-full" when using "cert" authentication'
        )
