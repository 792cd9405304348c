"""``pgpool-py health FILE``: ask the pooler that runs by it whether it is well."""

import argparse
import http.client
import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from pgpool_py.config.alone import read_alone
from pgpool_py.config.environment import SETTINGS, override
from pgpool_py.config.faults import Fault
from pgpool_py.config.ini import read_ini
from pgpool_py.config.sections import read_sections
from pgpool_py.net.address import unix_socket_path
from pgpool_py.settings import Endpoint, Settings

from .parser import Parser

# Seconds; the loop has two of them to answer a probe.
TIMEOUT: Final = 5.0

# All that says where to ask.
_PLACES: Final = ("http_listen", "listen_addr", "listen_port", "unix_socket_dir")

#: Addresses to listen on that stand for all, and which of them to ask.
EVERYWHERE: Final = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def parser() -> argparse.ArgumentParser:
    """Give the parser of the options."""
    options = Parser(
        prog="pgpool-py health",
        description="Ask the pooler that runs by a configuration, and what "
        "PGPOOL_<SETTING> in the environment sets over it, whether clients should be "
        "sent to it: by HTTP, or without http_listen whether it answers at all.",
        epilog="Exit status: 0 if so, else 1.",
    )
    options.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="pgbouncer.ini; without it the environment says all",
    )
    options.add_argument(
        "--live", action="store_true", help="ask only whether it lives"
    )
    options.add_argument(
        "--timeout",
        type=float,
        default=TIMEOUT,
        metavar="SECONDS",
        help=f"wait so long; default: {TIMEOUT:g}",
    )
    return options


def run(arguments: list[str]) -> int:
    """Print what the pooler says, or why it says nothing; give the exit status."""
    given = parser().parse_args(arguments)
    settings, faults = read_places(given.file, os.environ)
    if faults:
        for fault in sorted(faults):
            print(fault)
        return 1
    try:
        if settings.http_listen is not None:
            path = "/livez" if given.live else "/readyz"
            well, said = probe(settings.http_listen, path, given.timeout)
        else:
            # Most are asked by HTTP, and a probe is not to cost more than it must.
            from .greeting import greet  # noqa: PLC0415 - as above

            greet(_door(settings), given.timeout)
            well, said = True, "alive"
    except (OSError, http.client.HTTPException, EOFError) as error:
        well, said = False, unanswered(settings, error)
    print(said)
    return 0 if well else 1


def unanswered(settings: Settings, error: Exception) -> str:
    """Say where nobody has answered, why, and what to look at."""
    why = str(error) or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        why = error.strerror
    return (
        f"no answer from {asked_at(settings)}: {why}. Does the pooler run, and by this "
        "configuration? Its log has a line for each place where it listens"
    )


def asked_at(settings: Settings) -> str:
    """Give the address that is asked, as the log writes it."""
    if settings.http_listen is not None:
        where = settings.http_listen
        return f"{EVERYWHERE.get(where.host, where.host)}:{where.port} (http_listen)"
    place = _door(settings)
    return f"unix:{place}" if isinstance(place, str) else f"{place[0]}:{place[1]}"


def _door(settings: Settings) -> str | tuple[str, int]:
    """Give where clients come in: the unix socket, else the first address."""
    port = settings.listen_port
    if settings.unix_socket_dir:
        return unix_socket_path(settings.unix_socket_dir, port)
    host = next(iter(settings.listen_addr), "*")
    return EVERYWHERE.get(host, host), port


def read_places(
    path: str | None, environment: Mapping[str, str], *more: str
) -> tuple[Settings, tuple[Fault, ...]]:
    """Give the settings that say where to ask, and what is wrong with these.

    Faults elsewhere are none here: a pooler serves on by what it has read before.
    ``more``: names of settings that are given besides.
    """
    sections = read_sections(read_ini(path) if path else read_alone(environment).ini)
    override(sections, environment, alone=not path)
    names = [name for name in (*_PLACES, *more) if name in sections.main]
    given = {name: sections.main[name] for name in names}
    settings = Settings(**given)
    if settings.http_listen is not None:
        return settings, ()
    return settings, tuple(f for f in sections.faults if _hides_a_place(f, path or ""))


def _hides_a_place(fault: Fault, path: str) -> bool:
    unreadable = fault.file == path and not fault.line
    name = SETTINGS.get(fault.file) or fault.text.partition(":")[0]
    return unreadable or name in _PLACES


def probe(where: Endpoint, path: str, timeout: float) -> tuple[bool, str]:
    """Ask by HTTP; give whether it is well, and what it says.

    Raises:
        OSError, http.client.HTTPException: there is no answer.
    """
    host = EVERYWHERE.get(where.host, where.host)
    connection = http.client.HTTPConnection(host, where.port, timeout=timeout)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        said = reply.read().decode(errors="replace").strip()
        return reply.status == HTTPStatus.OK, said
    finally:
        connection.close()
