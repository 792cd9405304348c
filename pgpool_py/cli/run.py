"""``pgpool-py [OPTION …] FILE``: run the pooler, with PgBouncer's options."""

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pgpool_py import __version__
from pgpool_py.admin.commands.version import SHOWN_VERSION
from pgpool_py.config.alone import EXAMPLE, is_given
from pgpool_py.config.faults import ConfigError
from pgpool_py.config.load import Loaded, load
from pgpool_py.log import ALL, FATAL, Log
from pgpool_py.metrics.installed import find_exposition
from pgpool_py.net.activation import take_sockets
from pgpool_py.net.listening import refuse_used
from pgpool_py.net.notify import ServiceManager
from pgpool_py.process.daemon import DaemonError, check_daemon, detach, tell_serving
from pgpool_py.process.pidfile import Pidfile, PidfileError
from pgpool_py.process.privileges import PrivilegeError, drop
from pgpool_py.service import Service
from pgpool_py.settings import LogFormat, Settings

from .parser import Parser

_EPILOG: Final = """\
Exit status: 0 when it was told to stop, 1 when it could not start.

other commands, each with --help:
  pgpool-py check [FILE]    print every fault of a configuration, start nothing
  pgpool-py health [FILE]   ask the pooler that runs by it whether it is well
  pgpool-py top [FILE|URL]  watch a pooler, or a PgBouncer, in a terminal
  pgpool-py advise [FILE]   ask a pooler how many servers its pools should have
  pgpool-py demo            watch a pooler on a PostgreSQL made for it
  pgpool-py run [FILE]      what is done without such a word

To run a file of such a name, write ./check.
"""


def parser() -> argparse.ArgumentParser:
    """Give the parser for the options that PgBouncer has, and ours."""
    options = Parser(
        prog="pgpool-py",
        description="A PostgreSQL pooler that takes PgBouncer's configuration.",
        epilog=_EPILOG,
        # The default would put both lines of the version into one.
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="pgbouncer.ini; without it DATABASE_URL says what to pool",
    )
    options.add_argument("-d", "--daemon", action="store_true", help="run detached")
    options.add_argument(
        "-R", "--reboot", action="store_true", help="not offered: use so_reuseport"
    )
    options.add_argument("-q", "--quiet", action="store_true", help="no log on stderr")
    options.add_argument(
        "-v", "--verbose", action="count", default=0, help="say more; may be repeated"
    )
    options.add_argument("-u", "--user", metavar="NAME", help="the user to become")
    options.add_argument(
        "--allow-root", action="store_true", help="stay root where there is no user"
    )
    options.add_argument(
        "-V",
        "--version",
        action="version",
        version=f"{SHOWN_VERSION}\npgpool_py {__version__}",
    )
    return options


def run(arguments: list[str]) -> int:
    """Run until the pooler has stopped; give the exit status."""
    given = parser().parse_args(arguments)
    if given.file is None and not is_given(os.environ):
        print(f"no configuration file specified: {EXAMPLE}", file=sys.stderr)
        return 1
    if given.reboot:
        print(
            "-R is not offered: start a second process with so_reuseport=1 and stop "
            "the first with SIGTERM",
            file=sys.stderr,
        )
        return 1
    # Before anything is forked, for the sockets are meant for this very process.
    manager = ServiceManager.of(os.environ)
    try:
        inherited = take_sockets(os.environ)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        loaded = load(given.file, os.environ, activated=bool(inherited))
    except ConfigError as error:
        for fault in sorted(error.faults):
            print(fault, file=sys.stderr)
        place = given.file or "environment"
        print(f"{place}: cannot load config file", file=sys.stderr)
        return 1
    try:
        return _run(given, loaded, inherited, manager)
    except (PrivilegeError, DaemonError, PidfileError, OSError) as error:
        print(_said(error), file=sys.stderr)
        return 1


def _said(error: Exception) -> str:
    """Give the words of an error without its number."""
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}"
    return str(error)


def _run(
    given: argparse.Namespace,
    loaded: Loaded,
    inherited: Sequence[socket.socket],
    manager: ServiceManager,
) -> int:
    settings = loaded.settings
    if given.daemon:
        check_daemon(settings)
    # Not for the service: to a reload, the file would seem to have changed its user.
    user = given.user or settings.user
    if settings.http_listen is not None:
        # Once root is given up, Python may lie where it cannot be read.
        find_exposition()
    drop(replace(settings, user=user), allow_root=given.allow_root)
    if settings.unix_socket_dir and not inherited:
        # Here too: nothing is to be forked, or written, for this.
        refuse_used(settings.unix_socket_dir, settings.listen_port)
    pidfile = Pidfile(settings.pidfile) if settings.pidfile else None
    if pidfile is not None:
        pidfile.check()
    if given.daemon:
        detach()
    if pidfile is not None:
        pidfile.write()
    try:
        with _log(given, settings) as log:
            return Service(
                loaded,
                log,
                verbose=given.verbose,
                inherited=inherited,
                manager=manager,
                when_up=tell_serving if given.daemon else object,
            ).run()
    finally:
        if pidfile is not None:
            pidfile.remove()


def _log(given: argparse.Namespace, settings: Settings) -> Log:
    """Begin the log; detached, stderr is told of nothing but a failed start."""
    log = Log(
        settings.logfile,
        max(given.verbose, settings.verbose),
        to_stderr=given.daemon or not given.quiet,
        stderr_from=FATAL if given.daemon else ALL,
    )
    log.set_format(as_json=settings.log_format is LogFormat.JSON)
    return log
