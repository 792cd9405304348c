"""What a test holds of its pooler: where it is, what happened, what to break."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from pgpool_py.client.session_state import NOTHING
from pgpool_py.embedded.place import dsn
from pgpool_py.pooler.pooler import Pooler

from .breakable import Breakable
from .connection_words import (
    as_url,
    tls_settings,
    without_tls,
    words_of,
)
from .errors import LeftBehindError
from .events import Events
from .expected import ExpectedTransactions
from .leaks import Leak, WatchedPins
from .present import as_leaks, present
from .proxy import FaultProxy
from .running import RunningPooler, Setting

#: Seconds that a client has to be gone, or its session to be examined.
GRACE: Final = 1.0

_COUNTED: Final = ("xact_count", "query_count", "bytes_received", "bytes_sent")

_IN_STRICT: Final[Mapping[str, Setting]] = {
    "debug_rotate_servers": 1,
    "query_wait_timeout": 5,
}


class PgPool(Breakable):
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
        proxy = FaultProxy(unix if host.startswith("/") else (host, int(port)))
        self._server = dict(server)
        self._words = without_tls(server)
        behind = {**self._words, "host": proxy.host, "port": str(proxy.port)}
        ours: dict[str, Setting] = {"server_login_retry": 0, **tls_settings(server)}
        given = {**ours, **(_IN_STRICT if strict else {}), **(settings or {})}
        try:
            running = RunningPooler(behind, given)
        except BaseException:
            proxy.close()
            raise
        super().__init__(running, proxy)
        self._events = Events(running.thread)

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
        return dsn(self._front)

    @property
    def url(self) -> str:
        """The same as postgresql://."""
        return as_url(self._front)

    # What happened

    def stats(self) -> dict[str, int]:
        """Return transactions, exchanges and bytes of all pools, added up."""
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
            LeftBehindError: an AssertionError, with the statement and the application's
                name of each.
        """
        # What is of interest is the line of the test that calls this.
        __tracebackhide__ = True
        self._wait(lambda pooler: not pooler.gatehouse.sessions)
        found = self.leaks() + as_leaks(self._running.call(present), self._server)
        found += self._events.exceeded
        if found:
            lines = "\n".join(f"  {leak}" for leak in found)
            raise LeftBehindError(f"clients of the pooler have left behind:\n{lines}")

    def expect_transactions(self, number: int) -> AbstractContextManager[None]:
        """Fail if what is within does not begin so many transactions.

        Raises:
            AssertionError: with the number that was seen.
        """
        return ExpectedTransactions(number, lambda: self.stats()["xact_count"])

    # Inside

    @property
    def _front(self) -> dict[str, str]:
        return {**self._words, "host": "127.0.0.1", "port": str(self.port)}

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


def _stats(pooler: Pooler) -> dict[str, int]:
    counted = [pool.counters.snapshot() for pool in pooler.pools.values()]
    return {name: sum(getattr(one, name) for one in counted) for name in _COUNTED}


def _pools(pooler: Pooler) -> dict[tuple[str, str], dict[str, int]]:
    return {
        key: {
            "idle": len(pool.books.idle),
            "busy": len(pool.books.busy),
            "waiting": len(pool.books.waiters),
        }
        for key, pool in pooler.pools.items()
    }


@contextmanager
def pooler(dsn: str, *, strict: bool = False, **settings: Setting) -> Iterator[PgPool]:
    """Run a pooler in front of a PostgreSQL, for the length of a `with` block.

    When strict, the end of the block fails as `assert_no_leaks`; what that says is a
    note to an exception that the block raises.

    Args:
        dsn: of PostgreSQL, in libpq's words or as postgresql://; needs psycopg.
        strict: see PgPool.
        settings: of [pgbouncer], such as pool_size.

    Raises:
        ConfigError: the settings have faults.
        LeftBehindError: when strict, something was left behind; an AssertionError.
    """
    __tracebackhide__ = True
    pool = PgPool(words_of(dsn), strict=strict, settings=settings)
    with contextlib.closing(pool):
        try:
            yield pool
        except BaseException as error:
            _add_leaks(error, pool)
            raise
        if strict:
            pool.assert_no_leaks()


@contextlib.asynccontextmanager
async def async_pooler(
    dsn: str, *, strict: bool = False, **settings: Setting
) -> AsyncIterator[PgPool]:
    """As `pooler`; the caller's loop goes on meanwhile."""
    __tracebackhide__ = True
    words = words_of(dsn)
    pool = await asyncio.to_thread(PgPool, words, strict=strict, settings=settings)
    try:
        try:
            yield pool
        except BaseException as error:
            await asyncio.to_thread(_add_leaks, error, pool)
            raise
        if strict:
            await asyncio.to_thread(pool.assert_no_leaks)
    finally:
        await asyncio.to_thread(pool.close)


def _add_leaks(error: BaseException, pool: PgPool) -> None:
    if pool.strict:
        try:
            pool.assert_no_leaks()
        except LeftBehindError as leaks:
            error.add_note(str(leaks))
