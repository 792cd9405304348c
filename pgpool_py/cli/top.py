"""``pgpool-py top``: what a pooler does, live in a terminal, by its console."""

import argparse
import os
import sys
from collections.abc import Mapping
from itertools import chain
from typing import Final

from pgpool_py.auth.secrets import SecretKind
from pgpool_py.config.alone import Alone, read_alone
from pgpool_py.config.environment import override
from pgpool_py.config.ini import read_ini
from pgpool_py.config.sections import read_sections
from pgpool_py.embedded.place import dsn
from pgpool_py.settings import Settings

from .health import EVERYWHERE
from .parser import Parser

INSTALL: Final = "pip install 'pgpool-py[top]'"

_PLACES: Final = ("listen_addr", "listen_port", "unix_socket_dir")
_USERS: Final = ("admin_users", "stats_users")

_NOBODY: Final = "{}: nobody is in admin_users or stats_users: name one, or give a URL"
_NOBODY_ALONE: Final = (
    "no file is given, and the environment names nobody who may use the console: "
    "start the pooler with PGPOOL_ADMIN_USERS or PGPOOL_STATS_USERS, such as the user "
    "of DATABASE_URL, and run this with the same environment; or give its "
    "pgbouncer.ini, or postgresql://user@host:port/pgbouncer"
)


def parser() -> argparse.ArgumentParser:
    """Give the parser of the options."""
    options = Parser(
        prog="pgpool-py top",
        description="Show what a pooler does, or a PgBouncer, by its console. The user "
        "must be one of admin_users or stats_users; passwords are those of libpq: in "
        "the URL, PGPASSWORD or ~/.pgpass, or without FILE or URL in DATABASE_URL.",
        epilog="Exit status: 0 at its end, 1 if nothing could be shown.",
    )
    options.add_argument(
        "where",
        metavar="FILE|URL",
        nargs="?",
        help="pgbouncer.ini of a pooler on this machine, or "
        "postgresql://user@host:port/pgbouncer; without it the environment says all",
    )
    options.add_argument(
        "--interval",
        type=_interval,
        default=1.0,
        metavar="SECONDS",
        help="look so often; default: 1",
    )
    options.add_argument("--once", action="store_true", help="print one frame and end")
    return options


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0.1 and 3600")
    return seconds


def run(arguments: list[str]) -> int:
    """Show frames until Ctrl-C; give the exit status."""
    given = parser().parse_args(arguments)
    try:
        # Not at the top: the other commands need none of it.
        from pgpool_py.top import watching  # noqa: PLC0415 - an extra, may be absent
    except ImportError as error:
        print(f"top needs rich and psycopg ({error}): {INSTALL}", file=sys.stderr)
        return 1
    try:
        where = find_console(given.where, os.environ)
    except ConsoleNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    return watching.run(where, given.interval, once=given.once)


class ConsoleNotFoundError(Exception):
    """It is not said where the console is, or who may log in; the text says why."""


def find_console(where: str | None, environment: Mapping[str, str]) -> str:
    """Give libpq's connection string of a console.

    Args:
        where: such a string, which stays as it is, or a pgbouncer.ini; None where the
            environment says all.
        environment: of which ``PGPOOL_<SETTING>`` stand over the file, and PGUSER.

    Raises:
        ConsoleNotFoundError: the file cannot be read, or nobody is named who may log
            in.
    """
    if where is not None and ("://" in where or "=" in where):
        return where
    alone = Alone() if where else read_alone(environment)
    sections = read_sections(read_ini(where) if where else alone.ini)
    override(sections, environment, alone=not where)
    unreadable = [f for f in sections.faults if f.file == where and not f.line]
    if unreadable:
        raise ConsoleNotFoundError(str(unreadable[0]))
    names = [name for name in (*_PLACES, *_USERS) if name in sections.main]
    settings = Settings(**{name: sections.main[name] for name in names})
    host, usual = _door(settings, alone)
    user = environment.get("PGUSER") or usual
    if not user:
        raise ConsoleNotFoundError(_NOBODY.format(where) if where else _NOBODY_ALONE)
    words = {"host": host, "port": str(settings.listen_port), "user": user}
    return dsn({**words, **_password(user, alone, environment)})


def _door(settings: Settings, alone: Alone) -> tuple[str, str]:
    """Give where the console is, and who usually comes in there, empty for nobody."""
    if settings.unix_socket_dir:
        # Whoever the pooler runs as is let in by this name.
        return settings.unix_socket_dir, "pgbouncer"
    first = next(iter(settings.listen_addr), "*")
    users = (*settings.admin_users, *settings.stats_users)
    # One whose password is known, if there is such a user.
    known = (user for user in users if user in alone.secrets)
    return EVERYWHERE.get(first, first), next(chain(known, users), "")


def _password(
    user: str, alone: Alone, environment: Mapping[str, str]
) -> dict[str, str]:
    """Give the password of a URL's user, unless libpq is told another one."""
    secret = alone.secrets.get(user)
    if secret is None or secret.kind is not SecretKind.PLAIN:
        return {}
    return {} if environment.get("PGPASSWORD") else {"password": secret.text}
