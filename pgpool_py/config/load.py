"""Configuration files to settings, or to all the faults in them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pgpool_py.auth import userlist
from pgpool_py.auth.rules import Policy
from pgpool_py.auth.secrets import Secret
from pgpool_py.net.tls_context import (
    TlsConfigError,
    towards_clients,
    towards_servers,
)
from pgpool_py.settings import AuthType, Settings

from .alone import Alone, contradictions, open_to_anybody, read_alone
from .auth_files import (
    certificates_never_asked_for,
    contradiction,
    looks_secrets_up,
    read_policy,
)
from .effects import unsafe, without_effect
from .environment import SETTINGS, override
from .faults import ConfigError, Fault
from .http_token import TokenError, read_token, unguarded
from .ini import read_ini, read_text, reason
from .mounted import Marks
from .sections import (
    DATABASES,
    MAIN,
    RESERVED_DATABASE,
    Sections,
    read_sections,
)

_EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Loaded:
    """A usable configuration, and what to warn of.

    Attributes:
        secrets: those of auth_file.
        policy: who must prove what, with the rules of auth_hba_file.
        token: that a scrape by HTTP must show, empty for none.
        named: those of URLs in the environment, which stand over any auth_file.
        seen: the files of secrets that the environment names, as they were then.
    """

    settings: Settings
    secrets: Mapping[str, Secret]
    warnings: tuple[str, ...]
    policy: Policy
    token: str = field(default="", repr=False)
    named: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    seen: Marks = field(default_factory=dict)


def load(
    path: str | None,
    environment: Mapping[str, str] = _EMPTY,
    *,
    activated: bool = False,
) -> Loaded:
    """Read a pgbouncer.ini and the files of users and rules that it names.

    Paths are relative to the working directory. What ``environment`` sets stands over
    the file; without one it says all, see ``alone``. ``activated`` says that the
    sockets to listen on are given, so that the file need not name any. Raises
    ConfigError with every fault of every file.
    """
    alone = Alone() if path else read_alone(environment)
    ini = read_ini(path) if path else alone.ini
    path = path or ""
    sections = read_sections(ini)
    override(sections, environment, alone=not path)
    faults = [*sections.faults, *unsafe(sections)]
    if not sections.has_main and not _unreadable(path, ini.faults):
        faults.append(Fault(path, 0, f"section [{MAIN}] is missing"))
    settings = _settings(path, sections)
    if not activated:
        faults += _nowhere_to_listen(sections, settings)
    faults += _tls_faults(path, sections, settings)
    token, broken = _read_token(sections, settings)
    faults += broken
    secrets, broken = _read_secrets(sections, settings)
    faults += broken
    secrets = MappingProxyType({**secrets, **alone.secrets})
    if not path:
        faults += contradictions(alone, settings, secrets)
    elif _listens_by_environment(sections):
        # Whoever wrote the file may have meant loopback.
        faults += open_to_anybody(settings)
    faults += _auth_faults(sections, settings)
    policy, broken = read_policy(settings, secrets)
    faults += broken
    if faults:
        raise ConfigError(tuple(dict.fromkeys(faults)))
    warnings = _warnings(sections, settings, secrets, policy)
    named = MappingProxyType(alone.secrets)
    return Loaded(settings, secrets, warnings, policy, token, named, alone.seen)


def _listens_by_environment(sections: Sections) -> bool:
    entry = sections.given.get("listen_addr")
    return entry is not None and entry.file in SETTINGS


def _unreadable(path: str, faults: tuple[Fault, ...]) -> bool:
    return any(fault.file == path and fault.line == 0 for fault in faults)


def _settings(path: str, sections: Sections) -> Settings:
    # The working directory may be another one when the next reload comes.
    conffile = os.path.abspath(path) if path else ""
    values = {"conffile": conffile, **sections.main}
    return Settings(
        **values,
        databases=MappingProxyType(sections.databases),
        users=MappingProxyType(sections.users),
        peers=MappingProxyType(sections.peers),
    )


def _nowhere_to_listen(sections: Sections, settings: Settings) -> tuple[Fault, ...]:
    if settings.listen_addr or settings.unix_socket_dir:
        return ()
    # The default is a Unix socket, so a line of the file has switched it off.
    entry = sections.given["unix_socket_dir"]
    text = "nowhere to listen on: unix_socket_dir is empty and listen_addr not set"
    return (entry.fault(text),)


def _tls_faults(path: str, sections: Sections, settings: Settings) -> tuple[Fault, ...]:
    """Try out what the TLS settings name."""
    faults = []
    for build in (towards_clients, towards_servers):
        try:
            build(settings)
        except TlsConfigError as error:
            entry = sections.given.get(error.setting)
            text = str(error)
            faults.append(Fault(path, 0, text) if entry is None else entry.fault(text))
    return tuple(faults)


def _read_token(
    sections: Sections, settings: Settings
) -> tuple[str, tuple[Fault, ...]]:
    try:
        return read_token(settings), ()
    except TokenError as error:
        # The default is none, so a line says it.
        return "", (sections.given[error.setting].fault(str(error)),)


def _auth_faults(sections: Sections, settings: Settings) -> list[Fault]:
    faults = []
    found = contradiction(settings)
    if found is not None:
        # Neither type is the default, so a line says it.
        faults.append(sections.given["auth_type"].fault(found))
    text = f"auth_dbname: {RESERVED_DATABASE} is the console, which knows no secrets"
    if settings.auth_dbname == RESERVED_DATABASE:
        faults.append(sections.given["auth_dbname"].fault(text))
    for name, database in settings.databases.items():
        if database.auth_dbname == RESERVED_DATABASE:
            entry, _ = sections.lines[DATABASES, name]
            faults.append(entry.fault(f"[{DATABASES}] {name}: {text}"))
    return faults


def read_secrets(path: str | None) -> tuple[Mapping[str, Secret], tuple[Fault, ...]]:
    """Return the secrets of an auth_file, and what is wrong with it.

    Raises OSError, which says all of it, if it cannot be read. None is no file.
    """
    if path is None:
        return MappingProxyType({}), ()
    try:
        users = userlist.parse(read_text(path))
    except OSError as error:
        raise OSError(f"auth_file: {path} cannot be read: {reason(error)}") from None
    faults = tuple(Fault(path, line.line, line.text) for line in users.broken)
    return users.secrets, faults


def _read_secrets(
    sections: Sections, settings: Settings
) -> tuple[Mapping[str, Secret], tuple[Fault, ...]]:
    try:
        return read_secrets(settings.auth_file)
    except OSError as error:
        fault = sections.given["auth_file"].fault(str(error))
        return MappingProxyType({}), (fault,)


def _warnings(
    sections: Sections,
    settings: Settings,
    secrets: Mapping[str, Secret],
    policy: Policy,
) -> tuple[str, ...]:
    warnings = list(sections.warnings)
    idle = without_effect(sections)
    if idle is not None:
        warnings.append(idle)
    useless = certificates_never_asked_for(settings, policy)
    if useless is not None:
        warnings.append(useless)
    needs_users = settings.auth_type is not AuthType.ANY and not looks_secrets_up(
        settings
    )
    if not secrets and needs_users:
        warnings.append(
            f"auth_type is {settings.auth_type} and auth_file names no user: nobody "
            "can log in"
        )
    open_door = unguarded(settings)
    if open_door is not None:
        warnings.append(open_door)
    if not settings.databases:
        warnings.append("[databases] is empty: there is nothing to connect to")
    return tuple(warnings)
