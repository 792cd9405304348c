"""Lines of a configuration to the values of its four sections, faults collected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pgpool_py.auth.userlist import MAX_USER_BYTES
from pgpool_py.settings import DatabaseSettings, PeerSettings, UserSettings

from .connection_options import (
    DATABASE_OPTIONS,
    PEER_OPTIONS,
    USER_OPTIONS,
    ConnectionOption,
)
from .connstr import ConnectionStringError, parse
from .faults import Fault, shown
from .ini import Entry, Header, Ini
from .options import OPTIONS
from .values import did_you_mean

MAIN = "pgbouncer"
DATABASES = "databases"
USERS = "users"
PEERS = "peers"
SECTIONS = (MAIN, DATABASES, USERS, PEERS)

# PostgreSQL cuts names at NAMEDATALEN - 1 bytes.
MAX_DATABASE_BYTES = 63
RESERVED_DATABASE = "pgbouncer"
MAX_PEER_ID = 65535

# Dataclasses are filled by field name; their own types are held by the tables, and a
# test holds the tables against the fields.
Values = dict[str, Any]


@dataclass(slots=True)
class Sections:
    """What the sections hold. ``given`` has the line of each setting of the first.

    ``lines`` has, by section and name, the line of a connection string and the
    options that it sets.
    """

    main: Values = field(default_factory=dict, repr=False)
    given: dict[str, Entry] = field(default_factory=dict)
    databases: dict[str, DatabaseSettings] = field(default_factory=dict)
    users: dict[str, UserSettings] = field(default_factory=dict)
    peers: dict[int, PeerSettings] = field(default_factory=dict)
    lines: dict[tuple[str, str], tuple[Entry, frozenset[str]]] = field(
        default_factory=dict
    )
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    has_main: bool = False


def read_sections(ini: Ini) -> Sections:
    """Read every line; nothing stops at a fault."""
    sections = Sections(faults=list(ini.faults))
    for item in ini.items:
        if isinstance(item, Header):
            _open(sections, item)
        elif item.section in _READERS:
            _READERS[item.section](sections, item)
    return sections


def _open(sections: Sections, header: Header) -> None:
    if header.section not in SECTIONS:
        suggestion = did_you_mean(header.section.strip().lower(), SECTIONS)
        sections.faults.append(
            Fault(
                header.file,
                header.line,
                f"unknown section {shown(header.section)}{suggestion}",
            )
        )
    elif header.section == MAIN:
        if sections.given:
            sections.warnings.append(
                f"{header.file}:{header.line}: [{MAIN}] is opened again, which puts "
                "every setting in front of it back to its default"
            )
        sections.has_main = True
        sections.main.clear()
        sections.given.clear()


def _read_setting(sections: Sections, entry: Entry) -> None:
    option = OPTIONS.get(entry.key)
    if option is None:
        suggestion = did_you_mean(entry.key.lower(), OPTIONS)
        sections.faults.append(
            entry.fault(f"unknown setting {shown(entry.key)}{suggestion}")
        )
        return
    try:
        sections.main[entry.key] = option.kind.parse(entry.value)
    except ValueError as error:
        sections.faults.append(entry.fault(f"{entry.key}: {error}"))
        return
    sections.given[entry.key] = entry


def _read_database(sections: Sections, entry: Entry) -> None:
    values = _read_options(sections, entry, DATABASE_OPTIONS)
    if entry.key == RESERVED_DATABASE:
        wrong = f"database name {shown(entry.key)} is reserved"
    elif _too_long(entry.key, MAX_DATABASE_BYTES):
        wrong = f"{shown(entry.key)} is longer than {MAX_DATABASE_BYTES} bytes"
    else:
        sections.databases[entry.key] = DatabaseSettings(**values)
        return
    sections.faults.append(entry.fault(f"[{DATABASES}] {wrong}"))


def _read_user(sections: Sections, entry: Entry) -> None:
    values = _read_options(sections, entry, USER_OPTIONS)
    if _too_long(entry.key, MAX_USER_BYTES):
        wrong = f"{shown(entry.key)} is longer than {MAX_USER_BYTES} bytes"
        sections.faults.append(entry.fault(f"[{USERS}] {wrong}"))
    else:
        sections.users[entry.key] = UserSettings(**values)


def _read_peer(sections: Sections, entry: Entry) -> None:
    values = _read_options(sections, entry, PEER_OPTIONS)
    place = f"[{PEERS}] {entry.key}"
    number = int(entry.key) if entry.key.isdecimal() and len(entry.key) < 10 else 0
    if not 1 <= number <= MAX_PEER_ID:
        wrong = f"[{PEERS}] {shown(entry.key)} is not between 1 and {MAX_PEER_ID}"
        sections.faults.append(entry.fault(wrong))
    elif "host" not in values:
        sections.faults.append(entry.fault(f"{place}: host is missing"))
    else:
        sections.peers[number] = PeerSettings(**values)


def _read_options(
    sections: Sections, entry: Entry, options: Mapping[str, ConnectionOption]
) -> Values:
    """Return the options of one connection string; faults never show a password."""
    place = f"[{entry.section}] {entry.key}"
    values: Values = {}
    try:
        pairs = parse(entry.value)
    except ConnectionStringError as error:
        sections.faults.append(entry.fault(f"{place}: {error}"))
        pairs = ()
    for key, value in pairs:
        option = options.get(key)
        if option is None:
            wrong = _unknown(key, options, after_password="password" in values)
            sections.faults.append(entry.fault(f"{place}: {wrong}"))
            continue
        try:
            values[option.field] = option.kind.parse(value)
        except ValueError as error:
            sections.faults.append(entry.fault(f"{place}: {key}: {error}"))
    sections.lines[entry.section, entry.key] = (entry, frozenset(values))
    return values


def _unknown(
    key: str, options: Mapping[str, ConnectionOption], *, after_password: bool
) -> str:
    suggestion = did_you_mean(key.lower(), options)
    if after_password and not suggestion:
        # It may be the rest of a password that should stand in quotes.
        return "unknown option behind password (a password with blanks needs quotes)"
    return f"unknown option {shown(key)}{suggestion}"


def _too_long(name: str, limit: int) -> bool:
    return len(name.encode("utf-8", "surrogateescape")) > limit


_READERS: Mapping[str, Callable[[Sections, Entry], None]] = {
    MAIN: _read_setting,
    DATABASES: _read_database,
    USERS: _read_user,
    PEERS: _read_peer,
}
