"""pg_ident.conf, which is auth_ident_file: who of the system may be which user.

Records are ``map system-user database-user``. Source: PostgreSQL 18, ``libpq/hba.c``
``parse_ident_line`` and ``check_ident_usermap``; PgBouncer 1.25, ``src/hba.c``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .record_file import BrokenRecord, Files, Record, read_records
from .words import LineError, Word, shown

_COLUMNS = ("map name", "system user", "database user")


@dataclass(frozen=True, slots=True)
class MapEntry:
    """One record; ``database_user`` None means all."""

    system_user: str
    database_user: str | None


@dataclass(frozen=True, slots=True)
class Ident:
    """Entries by the name of their map, and the lines that could not be read."""

    maps: Mapping[str, frozenset[MapEntry]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    broken: tuple[BrokenRecord, ...] = ()

    def allows(self, map_name: str, system_user: str, wanted: str) -> bool:
        """Say whether a map lets a user of the system be ``wanted``.

        A map that does not exist lets nobody.
        """
        entries = self.maps.get(map_name, frozenset())
        return (
            MapEntry(system_user, wanted) in entries
            or MapEntry(system_user, None) in entries
        )


def read_ident(path: str, files: Files) -> Ident:
    """Read a file and what it includes; a file without records allows nobody."""
    found = read_records(path, files)
    maps: dict[str, set[MapEntry]] = {}
    broken = list(found.broken)
    for record in found.records:
        try:
            name, entry = _entry(record)
        except LineError as error:
            broken.append(record.broken(str(error)))
        else:
            maps.setdefault(name, set()).add(entry)
    return Ident(
        MappingProxyType({name: frozenset(maps[name]) for name in maps}),
        tuple(dict.fromkeys(sorted(broken))),
    )


def _entry(record: Record) -> tuple[str, MapEntry]:
    if len(record.columns) != len(_COLUMNS):
        raise LineError(f"expected {', '.join(_COLUMNS)}")
    words: list[Word] = []
    for column, what in zip(record.columns, _COLUMNS, strict=True):
        if len(column) != 1:
            raise LineError(f"multiple values specified for {what}")
        _check(column[0], what)
        words.append(column[0])
    name, system, database = words
    if database.text.startswith("+") and not database.quoted:
        raise LineError(
            f"{shown(database.text)} is not supported: only PostgreSQL knows who "
            "belongs to a role; list the users, one on each line"
        )
    every = database.is_keyword("all")
    return name.text, MapEntry(system.text, None if every else database.text)


def _check(word: Word, what: str) -> None:
    if word.mixed:
        raise LineError(f"the {what} {shown(word.text)} is quoted in part")
    if not word.text:
        raise LineError(f"the {what} is empty")
    # PostgreSQL takes it for a regular expression, in quotes as well. A map's name it
    # takes as it is.
    if word.text.startswith("/") and what != _COLUMNS[0]:
        raise LineError(
            f"the {what} {shown(word.text)} is a regular expression, which is not "
            "supported: PostgreSQL's differ from Python's; list the names"
        )
