"""A PostgreSQL server that exists for the length of a `with` block."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from .account import Account, account_to_become, reachable_binaries
from .binaries import find_binaries, server_version
from .errors import EmbeddedError
from .keeping import Keeping
from .place import (
    HOST,
    PORTS,
    dsn,
    environment,
    is_free,
    make_directory,
    settings_text,
)

AuthMethod = Literal["trust", "password", "md5", "scram-sha-256"]
StopMode = Literal["smart", "fast", "immediate"]

#: The signals of `pg_ctl stop -m` (pg_ctl.c, set_mode).
_SIGNALS = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}

#: Nothing of a throw-away server needs to survive a crash of the machine.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # In files of the data directory, which go with it whatever happens.
    "dynamic_shared_memory_type": "mmap",
}

_PORT_TRIES = 20
_USER = "postgres"
_DATABASE = "postgres"


class EmbeddedPostgres:
    """A throw-away server: running when the constructor returns, gone at the end.

    Whatever happens to us, an exception or SIGKILL, no process, port, shared memory
    or file of it stays. As root it runs as `postgres` or `nobody`.

    Args:
        auth: how all connections authenticate. "trust" lets every user of this
            machine in as superuser.
        password: the superuser's; made up when None and `auth` is not "trust".
        settings: lines for postgresql.conf, over defaults that trade safety in a
            crash of the machine for speed.
        bindir: where the server programs are; None means `find_binaries()`.
        tcp: listen on a free port of 127.0.0.1; else on the unix socket only.
        timeout: seconds that initdb, a start or a stop may take, each.

    Raises:
        BinariesNotFoundError: there are no server programs.
        EmbeddedError: it cannot be made or started; nothing is left behind.

    """

    def __init__(
        self,
        *,
        auth: AuthMethod = "trust",
        password: str | None = None,
        settings: Mapping[str, str] | None = None,
        bindir: Path | None = None,
        tcp: bool = True,
        timeout: float = 60.0,
    ) -> None:
        if password is None and auth != "trust":
            password = secrets.token_urlsafe(12)
        self._password = password
        self._tcp = tcp
        self._timeout = timeout
        self._environment = environment()
        account = account_to_become()
        with ExitStack() as stack:
            self._directory = make_directory(account)
            stack.callback(shutil.rmtree, self._directory, ignore_errors=True)
            self._keeping = Keeping(
                self._directory, account, self._environment, timeout
            )
            stack.callback(self._keeping.close)
            self._bindir = reachable_binaries(
                bindir or find_binaries(), account, self._directory
            )
            self._version = server_version(self._bindir)
            self._initdb(auth, account)
            self._configure({**_SETTINGS, **(settings or {})})
            self._port, self._pid = self._start_on_free_port()
            stack.pop_all()

    def __enter__(self) -> Self:
        """Return the running server."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        """Say where it listens; the password does not show."""
        return f"<EmbeddedPostgres {self.host}:{self.port} in {self._directory}>"

    @property
    def host(self) -> str:
        """The address to connect to; the socket's directory where there is no TCP."""
        return HOST if self._tcp else str(self.socket_dir)

    @property
    def port(self) -> int:
        """The TCP port, which is also the number in the unix socket's name."""
        return self._port

    @property
    def socket_dir(self) -> Path:
        """The directory of the unix socket, which all users may connect to."""
        return self._directory

    @property
    def user(self) -> str:
        """The superuser's name."""
        return _USER

    @property
    def password(self) -> str | None:
        """The superuser's password; None when nobody is asked for one."""
        return self._password

    @property
    def dsn(self) -> str:
        """The connection string of the superuser, password included."""
        return self.dsn_of(_DATABASE)

    @property
    def pid(self) -> int:
        """The process id of postmaster; of the last one when stopped."""
        return self._pid

    @property
    def data_dir(self) -> Path:
        """The data directory; belongs to the account that the server runs as."""
        return self._directory / "data"

    @property
    def log_file(self) -> Path:
        """The server's log, from its first line."""
        return self._directory / "log"

    @property
    def bindir(self) -> Path:
        """Where its programs are; psql and pgbench too where they were found."""
        return self._bindir

    @property
    def version(self) -> tuple[int, ...]:
        """The server's version, such as (15, 18)."""
        return self._version

    def dsn_of(self, database: str) -> str:
        """Return the superuser's connection string for a database, with password."""
        return dsn({**self._words(database), "password": self._password})

    def start(self) -> None:
        """Start it again after its end, on the same port.

        Raises:
            EmbeddedError: it is not ready in time, or it ended; with its log.

        """
        self._pid = self._keeping.start(self._command(self._port))

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop it and wait until every process of it is gone; the data stays.

        One that has ended already is left as it is.

        Raises:
            EmbeddedError: it was not gone in time, and was killed.

        """
        self._keeping.stop(_SIGNALS[mode])

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop it and start it again, on the same port and with the same data."""
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """End it and remove all it had; may be called twice."""
        self._keeping.close()

    def psql(self, sql: str, database: str = _DATABASE) -> str:
        """Run statements as superuser; return the rows, unaligned, without headings.

        Raises:
            EmbeddedError: one of them failed; none behind it was run.

        """
        where = dsn(self._words(database))
        return self._run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", where], given=sql)

    def createdb(self, name: str, owner: str = _USER) -> str:
        """Make a database and return the superuser's connection string for it."""
        quoted, by = (word.replace('"', '""') for word in (name, owner))
        self.psql(f'CREATE DATABASE "{quoted}" OWNER "{by}"')
        return self.dsn_of(name)

    def _words(self, database: str) -> dict[str, str]:
        port = str(self.port)
        return {"host": self.host, "port": port, "user": _USER, "dbname": database}

    def _initdb(self, auth: AuthMethod, account: Account | None) -> None:
        command = ["initdb", "--no-sync", "--no-instructions", "--no-locale"]
        command += ["-E", "UTF8", "-U", _USER, "-A", auth, "-D", str(self.data_dir)]
        if self._password is None:
            self._run(command, account=account)
            return
        with tempfile.NamedTemporaryFile("w", dir=self._directory) as file:
            file.write(self._password)
            file.flush()
            if account is not None:
                os.chown(file.name, account.uid, account.gid)
            self._run([*command, f"--pwfile={file.name}"], account=account)

    def _configure(self, settings: Mapping[str, str]) -> None:
        ours = {
            "listen_addresses": HOST if self._tcp else "",
            "unix_socket_directories": str(self._directory),
            # The keeper looks for a line of the log.
            "lc_messages": "C",
            "logging_collector": "off",
            "log_destination": "stderr",
        }
        with (self.data_dir / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(settings_text({**settings, **ours}))

    def _start_on_free_port(self) -> tuple[int, int]:
        """Return the port and the pid; if somebody is quicker, try another port."""
        for _ in range(_PORT_TRIES):
            port = secrets.choice(PORTS)
            if not is_free(port):
                continue
            before = self.log_file.stat().st_size
            try:
                return port, self._keeping.start(self._command(port))
            except EmbeddedError:
                if b"could not bind" not in self.log_file.read_bytes()[before:]:
                    raise
        msg = (
            f"{_PORT_TRIES} ports of {HOST} between {PORTS.start} and {PORTS.stop} "
            "were tried, and all are taken"
        )
        raise EmbeddedError(msg)

    def _command(self, port: int) -> list[str]:
        program = str(self._bindir / "postgres")
        return [program, "-D", str(self.data_dir), "-p", str(port)]

    def _run(
        self, command: list[str], *, account: Account | None = None, given: str = ""
    ) -> str:
        """Run one of the server's programs, as `account` if there is one."""
        name, *arguments = command
        password = {} if self._password is None else {"PGPASSWORD": self._password}
        try:
            done = subprocess.run(  # noqa: S603 - a program of PostgreSQL, no shell
                [str(self._bindir / name), *arguments],
                input=given,
                capture_output=True,
                text=True,
                timeout=self._timeout,
                check=False,
                cwd=self._directory,
                env={**self._environment, **password},
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                extra_groups=None if account is None else [],
            )
        except subprocess.TimeoutExpired as error:
            msg = f"{name} took longer than {self._timeout:g} s"
            raise EmbeddedError(msg) from error
        except OSError as error:
            msg = f"{name} cannot be run: {error}"
            raise EmbeddedError(msg) from error
        if done.returncode != 0:
            msg = f"{name} ended with status {done.returncode}: {done.stderr.strip()}"
            raise EmbeddedError(msg)
        return done.stdout.rstrip("\n")
