"""What is measured: PostgreSQL itself, and poolers started in front of it."""

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from pgpool_py.embedded.account import Account

from . import account, certificate, wire
from .endpoint import Endpoint
from .errors import TargetError, WireError

START_LIMIT = 20.0
STOP_LIMIT = 5.0
POLL = 0.02
#: Ours answers there by HTTP.
HTTP = "http_listen"


@dataclass(frozen=True, slots=True)
class Target:
    """Something to connect to; `pid` is the pooler's process, None for PostgreSQL.

    `http`: the port of 127.0.0.1 on which it answers by HTTP, None for none.
    """

    name: str
    endpoint: Endpoint
    pid: int | None
    http: int | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A pooler that can be started: `argv` is completed by the path of an ini file.

    The command must become the pooler itself (exec), for its process id is the
    one that is measured and ended. `run_as` is whom it runs as, None for us. `slowness`
    is by what it may take longer to start and end than others. `settings` are added to
    its ini; a program without (None) would refuse those that PgBouncer has not.
    """

    name: str
    argv: tuple[str, ...]
    version: str
    run_as: Account | None
    slowness: float = 1.0
    settings: Mapping[str, str] | None = None


class Stored(Enum):
    """How userlist.txt holds a password: as it is, or as a SCRAM secret."""

    PLAIN = "plain"
    SECRET = "secret"


@dataclass(frozen=True, slots=True)
class PoolerConfig:
    """The settings in which cases differ.

    `multiplexing` is for ours alone; None leaves it at its default.
    """

    pool_size: int = 4
    auth_type: str = "trust"
    stored: Stored = Stored.SECRET
    max_client_conn: int = 6000
    tls: bool = False
    multiplexing: str | None = None

    @property
    def own(self) -> Mapping[str, str]:
        """Settings that PgBouncer has not."""
        return {"multiplexing": self.multiplexing} if self.multiplexing else {}


def ini(
    config: PoolerConfig,
    server: Endpoint,
    port: int,
    userlist: Path,
    more: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the pgbouncer.ini that every pooler gets, and `more` settings.

    Connections are not logged, and the backlog takes all clients at once: neither
    the disk nor a retried SYN is what a case measures.
    """
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "listen_backlog": "4096",
        "unix_socket_dir": "",
        "auth_type": config.auth_type,
        "auth_file": str(userlist),
        "pool_mode": "transaction",
        "default_pool_size": str(config.pool_size),
        "max_client_conn": str(config.max_client_conn),
        "log_connections": "0",
        "log_disconnections": "0",
        **more,
    }
    lines = (f"{name} = {value}\n" for name, value in settings.items())
    return f"""\
[databases]
{server.database} = host={server.host} port={server.port} dbname={server.database}

[pgbouncer]
{"".join(lines)}"""


def own_settings(program: Program, config: PoolerConfig) -> dict[str, str]:
    """Return what this program is told beside PgBouncer's settings.

    Where it is to answer by HTTP, on a port that is free.
    """
    if program.settings is None:
        return {}
    own = {**config.own, **program.settings}
    if HTTP in own:
        own[HTTP] = str(free_port())
    return own


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tls(*files: Path) -> dict[str, str]:
    if not files:
        return {}
    key, cert = files
    # Allowed, not required: whether a pooler is up is asked in clear text.
    return {
        "client_tls_sslmode": "allow",
        "client_tls_key_file": str(key),
        "client_tls_cert_file": str(cert),
    }


@contextlib.contextmanager
def running(
    program: Program, config: PoolerConfig, server: Endpoint
) -> Iterator[Target]:
    """Start a pooler in front of `server`; end it, and its files, at the end.

    Raises TargetError when it does not accept a login within 20 s, or its slowness.
    """
    sslmode = "require" if config.tls else "disable"
    endpoint = replace(server, host="127.0.0.1", port=free_port(), sslmode=sslmode)
    with tempfile.TemporaryDirectory(prefix="pgpool-bench-") as name:
        directory = Path(name)
        userlist, file = directory / "userlist.txt", directory / "pooler.ini"
        plain = config.stored is Stored.PLAIN
        password = server.password if plain else server.secret
        userlist.write_text(f'"{server.user}" "{password}"\n')
        tls = certificate.make(directory) if config.tls else ()
        own = own_settings(program, config)
        more = _tls(*tls) | own
        file.write_text(ini(config, server, endpoint.port, userlist, more))
        for path in (directory, userlist, file, *tls):
            account.give(path, program.run_as)
        log = directory / "log"
        with log.open("wb") as output:
            argv = [*program.argv, str(file)]
            process = account.start(argv, program.run_as, directory, output)
        try:
            await_login(process, endpoint, log, START_LIMIT * program.slowness)
            http = int(own[HTTP]) if HTTP in own else None
            yield Target(program.name, endpoint, process.pid, http)
        finally:
            end(process, STOP_LIMIT * program.slowness)


def await_login(
    process: subprocess.Popen[bytes], endpoint: Endpoint, log: Path, limit: float
) -> None:
    """Wait until the pooler answers a startup packet with an authentication request.

    Raises TargetError when it ends, answers with an error, or takes too long.
    """
    deadline = time.monotonic() + limit
    try:
        while not wire.accepts_login(endpoint, limit):
            if process.poll() is not None:
                raise TargetError(f"ended at start: {last_lines(log)}")
            if time.monotonic() > deadline:
                raise TargetError(f"no login after {limit:.0f} s: {last_lines(log)}")
            time.sleep(POLL)
    except WireError as error:
        raise TargetError(f"refuses logins: {error}: {last_lines(log)}") from error


def last_lines(log: Path, count: int = 3) -> str:
    """Return the last lines of a log file, joined."""
    lines = log.read_text(errors="replace").splitlines()
    return " | ".join(lines[-count:]) or "(it logged nothing)"


def end(process: subprocess.Popen[bytes], limit: float) -> None:
    """End a pooler by SIGTERM, after so many seconds by SIGKILL."""
    process.terminate()
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
