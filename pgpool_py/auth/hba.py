"""pg_hba.conf, which is auth_hba_file: who must prove what, by where they come from.

A file with a broken line is not to be used: were the line skipped, as PgBouncer does,
and it was a reject, the next one that matches would open the door.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from .hba_address import IPAddress, IPInterface
from .hba_rule import Rule, read_rule
from .record_file import BrokenRecord, Files, read_records
from .words import LineError


# Final, not frozen: made at each login.
@dataclass(slots=True, unsafe_hash=True)
class Visit:
    """Who is at the door.

    Attributes:
        database: as the client named it.
        user: as the client named it.
        address: where it comes from (``hba_address.client_address``), None for a unix
            socket.
        tls: whether the connection is encrypted.
        physical: whether it asks for physical replication, which is of no database.

    """

    database: Final[str]
    user: Final[str]
    address: Final[IPAddress | None]
    tls: Final[bool] = False
    physical: Final[bool] = False


@dataclass(frozen=True, slots=True)
class Hba:
    """The rules in their order, and the lines that could not be read."""

    rules: tuple[Rule, ...]
    broken: tuple[BrokenRecord, ...]


def read_hba(
    path: str, files: Files, interfaces: Collection[IPInterface] | None = None
) -> Hba:
    """Read a file and what it includes.

    ``interfaces`` are this machine's addresses, for samehost and samenet; None if they
    are not known, which makes those a fault. A file without rules is a fault too, as in
    PostgreSQL.
    """
    found = read_records(path, files)
    rules: list[Rule] = []
    broken = list(found.broken)
    for record in found.records:
        try:
            rules.append(read_rule(record, interfaces))
        except LineError as error:
            broken.append(record.broken(str(error)))
    if not rules and not broken:
        broken.append(BrokenRecord(path, 0, "holds no rule, so nobody could come in"))
    return Hba(tuple(rules), tuple(dict.fromkeys(sorted(broken))))


def decide(rules: Iterable[Rule], visit: Visit) -> Rule | None:
    """Return the first rule that matches; None means that the visitor is refused."""
    for rule in rules:
        if _matches(rule, visit):
            return rule
    return None


def _matches(rule: Rule, visit: Visit) -> bool:
    return (
        rule.transport.match(local=visit.address is None, tls=visit.tls)
        and (visit.address is None or rule.addresses.match(visit.address))
        and rule.databases.match(visit.database, visit.user, physical=visit.physical)
        and rule.users.match(visit.user)
    )
