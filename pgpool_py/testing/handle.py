"""What a test holds of its pooler: where it is, what happened, what to break."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final
from urllib.parse import quote

from pgpool_py.client.session import ClientSession
from pgpool_py.client.session_state import NOTHING
from pgpool_py.pooler.pooler import Pooler

from .faults import Direction
from .leaks import Leak, WatchedPins, name_of
from .proxy import FaultProxy
from .running import RunningPooler, Setting

#: Events that are remembered, the last ones.
MOST_EVENTS: Final = 1000

#: Seconds that a client has to be gone, or its session to be examined.
GRACE: Final = 0.5

_IN_STRICT: Final[Mapping[str, Setting]] = {
    "debug_rotate_servers": 1,
    "query_wait_timeout": 5,
}
_EXCEEDED: Final = "query_wait_timeout"


class PgPool:
    """A pooler between a test and PostgreSQL; see docs/testing.md.

    Args:
        server: the words of PostgreSQL's connection string.
        strict: servers rotate, and what clients leave behind is an error.
        settings: of [pgbouncer].

    Raises:
        ConfigError: the settings have faults.
        OSError: PostgreSQL's name has no address.
    """

    def __init__(
        self,
        server: Mapping[str, str],
        *,
        strict: bool = False,
        settings: Mapping[str, Setting] | None = None,
    ) -> None:
        self.strict = strict
        host, port = server["host"], server["port"]
        unix = f"{host}/.s.PGSQL.{port}"
        self._proxy = FaultProxy(unix if host.startswith("/") else (host, int(port)))
        self._words = dict(server)
        behind = {**server, "host": self._proxy.host, "port": str(self._proxy.port)}
        given = {**(_IN_STRICT if strict else {}), **(settings or {})}
        try:
            self._running = RunningPooler(behind, {"server_login_retry": 1, **given})
        except BaseException:
            self._proxy.close()
            raise
        self._events = _Events(self._running.thread)

    def __repr__(self) -> str:
        """Say where it listens; the password does not show."""
        return f"<PgPool 127.0.0.1:{self.port}>"

    def close(self) -> None:
        """End the pooler and the proxy behind it. Again, nothing."""
        self._running.close()
        self._proxy.close()
        self._events.close()

    # Where it is

    @property
    def port(self) -> int:
        """The port of 127.0.0.1."""
        return self._running.port

    @property
    def dsn(self) -> str:
        """The connection string, key=value, password included."""
        words = {**self._words, "host": "127.0.0.1", "port": str(self.port)}
        return " ".join(f"{k}={_quoted(v)}" for k, v in words.items())

    @property
    def url(self) -> str:
        """The same as postgresql://."""
        words = {k: quote(v, safe="") for k, v in self._words.items()}
        secret = f":{words['password']}" if "password" in words else ""
        who = f"{words['user']}{secret}"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{words['dbname']}"

    # What happened

    def stats(self) -> dict[str, int]:
        """Return the counters of all pools, added up; times in microseconds."""
        return self._running.call(_stats)

    @property
    def pools(self) -> dict[tuple[str, str], dict[str, int]]:
        """By database and user: how many servers are idle and busy, clients wait."""
        return self._running.call(_pools)

    @property
    def events(self) -> tuple[str, ...]:
        """What happened to clients and servers, with reasons; the oldest first."""
        return tuple(self._events.texts)

    @property
    def max_servers_used(self) -> int:
        """The most servers that were open at a time."""
        return self._running.most_servers

    def leaks(self) -> list[Leak]:
        """Return what clients have left behind, and what they leave now."""
        self._settle()
        return self._running.call(self._leaks)

    def assert_no_leaks(self) -> None:
        """Fail if a client has left something, is in a transaction, or is connected.

        Raises:
            AssertionError: with the statement and the application's name of each.
        """
        self._wait(lambda pooler: not pooler.gatehouse.sessions)
        leaks = self.leaks() + self._running.call(_still_here)
        if any(_EXCEEDED in text for text in self.events):
            leaks.append(Leak("pool exceeded (query_wait_timeout)", "", ""))
        if leaks:
            lines = "\n".join(f"  {leak}" for leak in leaks)
            raise AssertionError(f"clients of the pooler have left behind:\n{lines}")

    @contextmanager
    def expect_transactions(self, number: int) -> Iterator[None]:
        """Fail if what is within does not begin so many transactions.

        Raises:
            AssertionError: with the number that was seen.
        """
        before = self.stats()["xact_count"]
        yield
        seen = self.stats()["xact_count"] - before
        if seen != number:
            msg = f"{number} transactions were expected, {seen} were seen"
            raise AssertionError(msg)

    # Faults

    @contextmanager
    def break_servers(self) -> Iterator[None]:
        """Reset every connection to PostgreSQL that is open now."""
        self._proxy.reset()
        yield

    def freeze(self) -> AbstractContextManager[object]:
        """Let nothing pass to and from PostgreSQL, and close nothing."""
        return self._proxy.frozen()

    def delay(self, seconds: float) -> AbstractContextManager[object]:
        """Have every answer of PostgreSQL come so much later."""
        return self._proxy.delayed(seconds, Direction.TO_CLIENT)

    def refuse_logins(self) -> AbstractContextManager[object]:
        """Refuse new connections to PostgreSQL; the open ones go on."""
        return self._proxy.refusing()

    @contextmanager
    def exhaust(self) -> Iterator[None]:
        """Lend no server, as if all were busy: clients wait, query_wait_timeout."""
        self._running.call(lambda pooler: pooler.pause())
        try:
            yield
        finally:
            self._running.call(lambda pooler: pooler.resume())

    @contextmanager
    def restart(self) -> Iterator[None]:
        """Be as PostgreSQL that is down within, and up again afterwards."""
        with self._proxy.refusing():
            self._proxy.reset()
            yield

    # Inside

    def _leaks(self, pooler: Pooler) -> list[Leak]:
        found = list(self._running.leaks.gone)
        for session in pooler.gatehouse.sessions.values():
            pins = session.lender.pins
            if isinstance(pins, WatchedPins):
                found += pins.of(session)
        return found

    def _settle(self) -> None:
        self._wait(
            lambda pooler: all(
                s.touched is NOTHING for s in pooler.gatehouse.sessions.values()
            )
        )

    def _wait(self, ready: Callable[[Pooler], bool]) -> None:
        """Return when it is so, or after `GRACE`."""
        deadline = time.monotonic() + GRACE
        while not self._running.call(ready) and time.monotonic() < deadline:
            time.sleep(0.005)


class _Events(logging.Handler):
    """Keeps what one thread logs."""

    def __init__(self, thread: int | None) -> None:
        super().__init__(logging.INFO)
        self.texts: deque[str] = deque(maxlen=MOST_EVENTS)
        self._ours = thread
        self._logger = logging.getLogger("pgpool_py")
        self._level = self._logger.level
        self._logger.setLevel(logging.INFO)
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it if it is our thread's."""
        if record.thread == self._ours:
            self.texts.append(record.getMessage())

    def close(self) -> None:
        """Keep nothing more."""
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)
        super().close()


def _stats(pooler: Pooler) -> dict[str, int]:
    total: dict[str, int] = {}
    for pool in pooler.pools.values():
        for name in ("xact_count", "query_count", "bytes_received", "bytes_sent"):
            total[name] = total.get(name, 0) + getattr(pool.counters, name)
    return {"xact_count": 0, "query_count": 0, **total}


def _pools(pooler: Pooler) -> dict[tuple[str, str], dict[str, int]]:
    return {
        key: {
            "idle": len(pool.books.idle),
            "busy": len(pool.books.busy),
            "waiting": len(pool.books.waiters),
        }
        for key, pool in pooler.pools.items()
    }


def _still_here(pooler: Pooler) -> list[Leak]:
    return [
        Leak(_state(session), "", name_of(session))
        for session in pooler.gatehouse.sessions.values()
    ]


def _state(session: ClientSession) -> str:
    in_transaction = session.server is not None and not session.pinned
    return "idle transaction" if in_transaction else "open connection"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    plain = value and not any(c in value for c in " '\\")
    return value if plain else f"'{escaped}'"


@contextmanager
def pooler(dsn: str, *, strict: bool = False, **settings: Setting) -> Iterator[PgPool]:
    """Run a pooler in front of a PostgreSQL, for the length of a `with` block.

    When strict, the end of the block fails as `assert_no_leaks`.

    Args:
        dsn: of PostgreSQL, in libpq's words or as postgresql://; needs psycopg.
        strict: see PgPool.
        settings: of [pgbouncer], such as pool_size.

    Raises:
        ConfigError: the settings have faults.
        AssertionError: when strict, something was left behind.
    """
    pool = PgPool(words_of(dsn), strict=strict, settings=settings)
    with contextlib.closing(pool):
        yield pool
        if strict:
            pool.assert_no_leaks()


@contextlib.asynccontextmanager
async def async_pooler(
    dsn: str, *, strict: bool = False, **settings: Setting
) -> AsyncIterator[PgPool]:
    """As `pooler`; the caller's loop goes on meanwhile."""
    words = words_of(dsn)
    pool = await asyncio.to_thread(PgPool, words, strict=strict, settings=settings)
    try:
        yield pool
        if strict:
            await asyncio.to_thread(pool.assert_no_leaks)
    finally:
        await asyncio.to_thread(pool.close)


def words_of(dsn: str) -> dict[str, str]:
    """Return host, port, user, dbname and password of a connection string."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - of the extra

    given = {k: str(v) for k, v in conninfo_to_dict(dsn).items() if v is not None}
    user = given.get("user", "postgres")
    words = {
        "host": given.get("host", "127.0.0.1"),
        "port": given.get("port", "5432"),
        "user": user,
        "dbname": given.get("dbname", user),
    }
    password = given.get("password")
    return {**words, "password": password} if password else words
