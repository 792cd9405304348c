"""``pgpool-py top``: what a pooler does, live in a terminal, by its console."""

import argparse
import os
import sys
from collections.abc import Mapping
from typing import Final

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


def parser() -> argparse.ArgumentParser:
    """Give the parser of the options."""
    options = Parser(
        prog="pgpool-py top",
        description="Show what a pooler does, or a PgBouncer, by its console. The user "
        "must be one of admin_users or stats_users; passwords are those of libpq: in "
        "the URL, PGPASSWORD or ~/.pgpass.",
        epilog="Exit status: 0 at its end, 1 if nothing could be shown.",
    )
    options.add_argument(
        "where",
        metavar="FILE|URL",
        help="pgbouncer.ini of a pooler on this machine, or "
        "postgresql://user@host:port/pgbouncer",
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
    """The file does not say where the console is; the text says why."""


def find_console(where: str, environment: Mapping[str, str]) -> str:
    """Give libpq's connection string of a console.

    Args:
        where: such a string, which stays as it is, or a pgbouncer.ini.
        environment: of which ``PGPOOL_<SETTING>`` stand over the file, and PGUSER.

    Raises:
        ConsoleNotFoundError: the file cannot be read, or names nobody who may log in.
    """
    if "://" in where or "=" in where:
        return where
    ini = read_ini(where)
    sections = read_sections(ini)
    override(sections, environment)
    unreadable = [f for f in sections.faults if f.file == where and not f.line]
    if unreadable:
        raise ConsoleNotFoundError(str(unreadable[0]))
    names = [name for name in (*_PLACES, *_USERS) if name in sections.main]
    settings = Settings(**{name: sections.main[name] for name in names})
    user = environment.get("PGUSER")
    if settings.unix_socket_dir:
        # Whoever the pooler runs as is let in by this name.
        host, usual = settings.unix_socket_dir, "pgbouncer"
    else:
        first = next(iter(settings.listen_addr), "*")
        host = EVERYWHERE.get(first, first)
        usual = next(iter((*settings.admin_users, *settings.stats_users)), "")
    if not (user or usual):
        raise ConsoleNotFoundError(
            f"{where}: nobody is in admin_users or stats_users: name one, or give a URL"
        )
    words = {"host": host, "port": str(settings.listen_port), "user": user or usual}
    return dsn(words)
