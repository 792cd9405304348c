"""A start without a configuration file: what the environment says in its place.

``DATABASE_URL``, or the file that ``DATABASE_URL_FILE`` names, is a database and the
user who may log in; ``PGPOOL_DATABASES`` has more, as ``NAME=URL`` with blanks or line
ends between them; ``PGPOOL_USERLIST_FILE`` is an auth_file. Clients log in at the
pooler, and the pooler at PostgreSQL, by the same names and passwords.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pgpool_py.auth.secrets import Secret
from pgpool_py.settings import AuthType, Settings

from .connstr import quote
from .faults import Fault
from .ini import Entry, Header, Ini, read_text, reason
from .loopback import is_loopback
from .mounted import Marks, look
from .sections import DATABASES, MAIN
from .url import DatabaseUrl, UrlError, parse_url

URL: Final = "DATABASE_URL"
URL_FILE: Final = "DATABASE_URL_FILE"
MORE: Final = "PGPOOL_DATABASES"
USERLIST: Final = "PGPOOL_USERLIST_FILE"

#: What names databases: with none of it there is nothing to start with.
NAMING: Final = (URL, URL_FILE, MORE)

EXAMPLE: Final = (
    "give a file, pgpool-py pgbouncer.ini, or name a database in the environment:\n"
    "DATABASE_URL=postgresql://app:PASSWORD@db.example:5432/app pgpool-py"
)

# In faults and warnings, where else a file stands.
_PLACE: Final = "environment"
_DEFAULTS: Final = {
    "listen_addr": "127.0.0.1",
    "unix_socket_dir": "",
    "auth_type": "scram-sha-256",
    "pool_mode": "transaction",
}
_UNASKED: Final = frozenset({AuthType.ANY, AuthType.TRUST})


@dataclass(slots=True)
class Alone:
    """What stands in the environment, as lines of a file, and the users' secrets.

    Attributes:
        seen: the files of secrets, as they were before they were read.
    """

    seen: Marks = field(default_factory=dict)
    items: list[Header | Entry] = field(default_factory=list)
    secrets: dict[str, Secret] = field(default_factory=dict, repr=False)
    faults: list[Fault] = field(default_factory=list)
    # Who was named without a password, and where.
    without: dict[str, str] = field(default_factory=dict)

    @property
    def ini(self) -> Ini:
        """Give the lines."""
        return Ini(tuple(self.items), tuple(self.faults))


def is_given(environment: Mapping[str, str]) -> bool:
    """Whether the environment names a database."""
    return any(environment.get(name) for name in NAMING)


def _files(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Give the files of secrets, which may be replaced while the pooler runs."""
    return tuple(filter(None, map(environment.get, (URL_FILE, USERLIST))))


def read_alone(environment: Mapping[str, str]) -> Alone:
    """Read the environment; nothing stops at a fault, no fault shows a value."""
    alone = Alone(look(_files(environment)))
    alone.items.append(Header(_PLACE, 0, MAIN))
    for name, value in _DEFAULTS.items():
        alone.items.append(Entry(_PLACE, 0, MAIN, name, value))
    if userlist := environment.get(USERLIST):
        alone.items.append(Entry(USERLIST, 0, MAIN, "auth_file", userlist))
    urls = [(variable, "", url) for variable, url in _first(alone, environment)]
    for word in environment.get(MORE, "").split():
        name, equals, url = word.partition("=")
        if name and equals and "://" not in name:
            urls.append((MORE, name, url))
        else:
            text = "expected NAME=URL, with blanks between one and the next"
            alone.faults.append(Fault(MORE, 0, text))
    for variable, name, text in urls:
        try:
            _add(alone, variable, name, parse_url(text))
        except UrlError as error:
            place = f"{name}: " if name else ""
            alone.faults.append(Fault(variable, 0, f"{place}{error}"))
    return alone


def _first(alone: Alone, environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give the variable of the first database and its URL."""
    url, path = environment.get(URL), environment.get(URL_FILE)
    if url and path:
        alone.faults.append(Fault(URL_FILE, 0, f"{URL} is set as well: remove one"))
    elif path:
        try:
            return [(URL_FILE, read_text(path).strip())]
        except OSError as error:
            text = f"{path} cannot be read: {reason(error)}"
            alone.faults.append(Fault(URL_FILE, 0, text))
    return [(URL, url.strip())] if url else []


def _add(alone: Alone, variable: str, name: str, url: DatabaseUrl) -> None:
    name = name or url.dbname
    known = {(i.section, i.key): i for i in alone.items if isinstance(i, Entry)}
    if (DATABASES, name) in known:
        raise UrlError("is a database that was named before")
    for setting, value in url.settings.items():
        before = known.get((MAIN, setting))
        if before is not None and before.value != value:
            raise UrlError(
                f"asks for another {setting} than a URL before it, but it holds for "
                "all databases"
            )
        alone.items.append(Entry(variable, 0, MAIN, setting, value))
    _add_user(alone, variable, url)
    line = {"dbname": url.dbname, **url.options}
    text = " ".join(f"{key}={quote(value)}" for key, value in line.items())
    alone.items.append(Entry(variable, 0, DATABASES, name, text))


def _add_user(alone: Alone, variable: str, url: DatabaseUrl) -> None:
    if not url.password:
        alone.without.setdefault(url.user, variable)
        return
    secret = Secret.from_text(url.password)
    if alone.secrets.setdefault(url.user, secret).text != secret.text:
        raise UrlError("has another password for a user than a URL before it")


def contradictions(
    alone: Alone, settings: Settings, secrets: Mapping[str, Secret]
) -> tuple[Fault, ...]:
    """Give what must not be started, for it would let in anybody, or nobody."""
    if settings.auth_type not in _UNASKED:
        return tuple(
            Fault(
                variable,
                0,
                f"has no password, so its user could not log in: add it, or name a "
                f"file of users and secrets in {USERLIST}",
            )
            for user, variable in alone.without.items()
            if user not in secrets
        )
    return open_to_anybody(settings)


def open_to_anybody(settings: Settings) -> tuple[Fault, ...]:
    """Give what must not be started where the environment says where to listen."""
    asks = settings.auth_type not in _UNASKED
    if asks or all(map(is_loopback, settings.listen_addr)):
        return ()
    text = (
        f"auth_type {settings.auth_type} asks for no password, and listen_addr is "
        "reached from other machines: anybody could log in. Take another auth_type, or "
        "set PGPOOL_LISTEN_ADDR=127.0.0.1"
    )
    return (Fault(_PLACE, 0, text),)
