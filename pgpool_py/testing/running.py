"""A pooler in a thread with a loop of its own, on a free port of 127.0.0.1."""

import asyncio
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Final, TypeVar

from pgpool_py import errors
from pgpool_py.admin.console import Console
from pgpool_py.config.load import Loaded, load
from pgpool_py.config.setting import SettingError
from pgpool_py.net.loop import ReactorLoop, new_loop
from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.reasons import Reason
from pgpool_py.server.state import ServerState

from .leaks import Leaks, WatchedPins
from .remembering import remembering_kind

T = TypeVar("T")
Setting = str | int | float | bool

#: Seconds for the thread to do what it is asked.
PATIENCE: Final = 10.0

#: Seconds for PostgreSQL to end what clients have left there.
GRACE: Final = 1.0


class WatchedPooler(Pooler):
    """A pooler that remembers what clients run and leave behind."""

    def __init__(
        self, loop: ReactorLoop, loaded: Loaded, console: Console, leaks: Leaks
    ) -> None:
        secrets = {user: secret.text for user, secret in loaded.secrets.items()}
        super().__init__(loop, loaded.settings, secrets, console, loaded.policy)
        self.context.session_kind = remembering_kind
        self.most_servers = 0
        self._leaks = leaks

    def pool_of(self, database: str, user: str) -> Pool:
        """Give the pool, watched; see Pooler."""
        pool = super().pool_of(database, user)
        if not isinstance(pool.pins, WatchedPins):
            pool.pins = WatchedPins(self.context, pool, self._leaks)
        return pool

    def look(self) -> None:
        """Take note of how many servers there are."""
        now = sum(len(p.books.idle) + len(p.books.busy) for p in self.pools.values())
        self.most_servers = max(self.most_servers, now)


class RunningPooler:
    """Constructed, it serves; all methods may be called from any other thread.

    Args:
        server: the words of a connection string: host, port, user, password, dbname.
        settings: of [pgbouncer].

    Raises:
        ConfigError: the settings have faults.
        TimeoutError: it has not come up in time.
    """

    def __init__(
        self, server: Mapping[str, str], settings: Mapping[str, Setting]
    ) -> None:
        loaded = _loaded(server, settings)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.leaks = Leaks()
        self._up: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(loaded,), name=f"pooler {self.port}", daemon=True
        )
        self._thread.start()
        self._up.result(PATIENCE)

    @property
    def thread(self) -> int | None:
        """The identity of its thread."""
        return self._thread.ident

    @property
    def most_servers(self) -> int:
        """The most servers that were open at a time, looked at ten times a second."""

        def most(_: Pooler) -> int:
            self._pooler.look()
            return self._pooler.most_servers

        return self.call(most)

    def call(self, what: Callable[[Pooler], T]) -> T:
        """Return what this returns in the loop's thread.

        Raises:
            TimeoutError: it was not called in time.
        """
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(what(self._pooler))
            except BaseException as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(PATIENCE)

    def close(self) -> None:
        """Close every connection and end the thread. Again, nothing.

        First what clients have left in PostgreSQL is ended, as far as that is reached:
        a statement would run on when nobody waits for it any more, and the next test
        would wait for its locks.
        """
        if self._thread.is_alive():
            deadline = time.monotonic() + GRACE
            while self.call(_end_clients) and time.monotonic() < deadline:
                time.sleep(0.005)
            self.call(lambda pooler: pooler.close())
            self._thread.join(PATIENCE)

    def _run(self, loaded: Loaded) -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(self._serve(loaded))

    async def _serve(self, loaded: Loaded) -> None:
        try:
            loop = asyncio.get_running_loop()
            if not isinstance(loop, ReactorLoop):
                raise TypeError("the pooler needs a loop of its own reactor")
            self._loop = loop
            console = Console(_refuse_reload, _refuse_change)
            self._pooler = WatchedPooler(loop, loaded, console, self.leaks)
            console.attach(self._pooler)
            self._pooler.watch(self._pooler.look)
            self._pooler.start([self._socket])
        except BaseException as error:
            self._socket.close()
            self._up.set_exception(error)
            return
        self._up.set_result(None)
        await self._pooler.stopped.wait()
        # What was written last may still be in a stream's hands.
        await asyncio.sleep(0)


def _end_clients(pooler: Pooler) -> bool:
    """Close all clients, and say whether their servers are still being cleaned."""
    for session in list(pooler.gatehouse.sessions.values()):
        session.close(Reason.POOLER_SHUTTING_DOWN, errors.shutting_down())
    busy = [server for pool in pooler.pools.values() for server in pool.books.busy]
    for server in busy:
        if server.state is ServerState.ABANDONED and not server.on_errand:
            # What runs there has no time to end by itself.
            server.deadline = min(server.deadline, pooler.context.reactor.now)
    return bool(busy)


def _refuse_reload() -> None:
    raise SettingError("a pooler of a test has no file to read again")


def _refuse_change(name: str, text: str) -> None:
    raise SettingError(f"a pooler of a test does not change {name} to {text}")


def _loaded(server: Mapping[str, str], settings: Mapping[str, Setting]) -> Loaded:
    user, password = server["user"], server.get("password", "")
    line = " ".join(f"{k}={_quoted(v)}" for k, v in server.items())
    with tempfile.TemporaryDirectory(prefix="pgpool-test-") as name:
        users = Path(name) / "users"
        ours: dict[str, Setting] = {
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256" if password else "any",
            "auth_file": str(users),
            "admin_users": user,
            "pool_mode": "transaction",
        }
        secret = password.replace('"', '""')
        users.write_text(f'"{user}" "{secret}"\n')
        given = {**ours, **settings}
        if "pool_size" in given:
            # The word of [databases] and SHOW DATABASES.
            given["default_pool_size"] = given.pop("pool_size")
        lines = [
            f"{k} = {int(v) if v is True or v is False else v}"
            for k, v in given.items()
        ]
        ini = Path(name) / "pgbouncer.ini"
        main = "\n".join(lines)
        ini.write_text(
            f"[databases]\n{_quoted(server['dbname'])} = {line}\n[pgbouncer]\n{main}\n"
        )
        return load(str(ini), activated=True)


def _quoted(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'"
