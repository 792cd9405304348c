"""One record of pg_hba.conf: whom it is for, and what it asks of them.

Source: PostgreSQL 18, ``libpq/hba.c`` ``parse_hba_line`` and ``parse_hba_auth_opt``,
whose texts are used; PgBouncer 1.25, ``src/hba.c``. What neither of us can do is
refused by name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from .hba_address import EVERYWHERE, Addresses, IPInterface, addresses, takes_mask
from .hba_names import DatabaseNames, UserNames, database_names, user_names
from .hba_options import HbaMethod, HbaOptions, read_options
from .record_file import Record
from .words import Column, LineError, Word, shown


class Transport(StrEnum):
    """How a client is connected; PostgreSQL's word for it is the connection type."""

    LOCAL = "local"
    HOST = "host"
    HOSTSSL = "hostssl"
    HOSTNOSSL = "hostnossl"

    def match(self, *, local: bool, tls: bool) -> bool:
        """Decide."""
        if local or self is Transport.LOCAL:
            return local and self is Transport.LOCAL
        return self is Transport.HOST or tls is (self is Transport.HOSTSSL)


@dataclass(frozen=True, slots=True)
class Rule:
    """A record; ``file`` and ``line`` are where it stands."""

    file: str
    line: int
    transport: Transport
    databases: DatabaseNames
    users: UserNames
    addresses: Addresses
    method: HbaMethod
    options: HbaOptions


_TRANSPORTS = {
    **{transport.value: transport for transport in Transport},
    # Nobody comes in over GSSAPI here.
    "hostnogssenc": Transport.HOST,
}

# PostgreSQL's and PgBouncer's methods that are not served, and what to do instead.
_REFUSED = {
    "ident": "nobody asks an ident server; on a local line write peer",
    "gss": "write hostssl and cert, or scram-sha-256",
    "sspi": "write hostssl and cert, or scram-sha-256",
    "krb5": "write hostssl and cert, or scram-sha-256",
    "ldap": "use scram-sha-256, perhaps with auth_query",
    "pam": "use scram-sha-256, perhaps with auth_query",
    "radius": "use scram-sha-256, perhaps with auth_query",
    "oauth": "use scram-sha-256, perhaps with auth_query",
    "bsd": "use scram-sha-256, perhaps with auth_query",
}


def read_rule(record: Record, interfaces: Collection[IPInterface] | None) -> Rule:
    """Read a record.

    ``interfaces`` are this machine's addresses, for samehost and samenet.

    Raises:
        LineError: it cannot be used.

    """
    columns = _Columns(record.columns)
    transport = _transport(columns.word("connection type"))
    databases = database_names(columns.list("database specification"))
    users = user_names(columns.list("role specification"))
    where = EVERYWHERE
    if transport is not Transport.LOCAL:
        address = columns.word("IP address specification")
        mask = columns.word("netmask specification") if takes_mask(address) else None
        where = addresses(address, mask, interfaces)
    method = _method(columns.word("authentication method"), transport)
    options = read_options(columns.rest(), method, tls=transport is Transport.HOSTSSL)
    return Rule(
        record.file, record.line, transport, databases, users, where, method, options
    )


class _Columns:
    """Hands out columns from left to right."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        self._next = 0

    def list(self, what: str) -> Column:
        if self._next == len(self._columns):
            raise LineError(f"end-of-line before {what}")
        self._next += 1
        return self._columns[self._next - 1]

    def word(self, what: str) -> Word:
        column = self.list(what)
        if len(column) != 1:
            raise LineError(f"multiple values specified for {what}")
        return column[0]

    def rest(self) -> tuple[Column, ...]:
        return self._columns[self._next :]


def _transport(word: Word) -> Transport:
    if word.text == "hostgssenc":
        raise LineError(
            "hostgssenc is not supported: GSSAPI encryption is never agreed to; remove "
            "the line if it lets somebody in"
        )
    transport = _TRANSPORTS.get(word.text)
    if transport is None:
        raise LineError(f"invalid connection type {shown(word.text)}")
    return transport


def _method(word: Word, transport: Transport) -> HbaMethod:
    if word.text in _REFUSED:
        raise LineError(
            f"authentication method {word.text} is not supported: {_REFUSED[word.text]}"
        )
    try:
        method = HbaMethod(word.text)
    except ValueError:
        raise LineError(f"invalid authentication method {shown(word.text)}") from None
    if method is HbaMethod.PEER and transport is not Transport.LOCAL:
        raise LineError("peer authentication is only supported on local sockets")
    if method is HbaMethod.CERT and transport is not Transport.HOSTSSL:
        raise LineError("cert authentication is only supported on hostssl connections")
    return method
