"""The course of the demo: start, show, end; and nothing stays, however it ends.

A signal interrupts nothing that is half done: it sets an event, which every stage
looks at when it is complete, and then the way out is the ordinary one.
"""

import asyncio
import os
import secrets
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, TextIO

import psycopg

from pgpool_py.embedded import EmbeddedError, EmbeddedPostgres
from pgpool_py.wording import counted

from .configuration import CONSOLE, USER, Access
from .errors import DemoError
from .options import Options
from .pooler import PoolerProcess, running_pooler
from .screen import Screen, grouped
from .watch import Sample, Watch, watching
from .workload import ACCOUNTS, OPENING_BALANCE, Workload, found_bank, money_in

_INTERVAL: Final = 1.0

#: Seconds that the clients may take to finish what they are at.
_LAST_TRANSACTIONS: Final = 10.0

#: PostgreSQL's connections beside the pool's: ours, and its own reserve.
_OTHER_CONNECTIONS: Final = 15


def run(options: Options, out: TextIO) -> int:
    """Show the demo on `out`; return the exit status, 1 if a transaction failed.

    A SIGINT, SIGTERM or SIGHUP ends it like the end of its time.

    Raises:
        DemoError: the pooler does not start, or failed later.
        EmbeddedError: PostgreSQL does not start.
    """
    forget_libpq_environment()
    return asyncio.run(_Demo(options, Screen(out)).run())


def forget_libpq_environment() -> None:
    """Remove what would lead our own connections elsewhere, such as PGSSLMODE."""
    for name in list(os.environ):
        if name.startswith("PG") and not name.startswith("PGPOOL"):
            del os.environ[name]


class _Demo:
    def __init__(self, options: Options, screen: Screen) -> None:
        self._options = options
        self._screen = screen
        self._stopping = asyncio.Event()
        self._servers = 0

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup it is to be ignored.
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue
            loop.add_signal_handler(number, self._stopping.set)
        try:
            return await self._stages()
        except EmbeddedError:
            # A Ctrl-C in the terminal reaches initdb too, which then fails.
            if self._stopping.is_set():
                return 0
            raise
        except psycopg.Error as error:
            msg = f"a connection of the demo's own failed: {str(error).strip()}"
            raise DemoError(msg) from error

    async def _stages(self) -> int:
        """Start one thing after the other; leave between two if told to."""
        password = secrets.token_urlsafe(9)
        async with AsyncExitStack() as stack:
            self._screen.say("starting PostgreSQL and the pooler ...")
            postgres = await stack.enter_async_context(_postgres(self._options))
            if self._stopping.is_set():
                return 0
            await found_bank(postgres.dsn, postgres.dsn_of(USER), password)
            temporary = tempfile.TemporaryDirectory(prefix="pgpool-demo-")
            directory = Path(stack.enter_context(temporary))
            pooler = await stack.enter_async_context(
                running_pooler(directory, self._options, password, postgres.port)
            )
            if self._stopping.is_set():
                return 0
            self._announce(postgres, pooler.access)
            watch = await stack.enter_async_context(
                watching(pooler.access, postgres.dsn)
            )
            return await self._work(postgres, pooler, watch)

    def _announce(self, postgres: EmbeddedPostgres, access: Access) -> None:
        options, say = self._options, self._screen.say
        version = ".".join(str(part) for part in postgres.version)
        end = "" if options.seconds is None else f"after {options.seconds:g} s, or "
        say(
            f"PostgreSQL {version} is at {postgres.host}:{postgres.port}, the pooler "
            f"in front of it at port {access.port}. Connect with:"
        )
        say(f"  {access.url()}")
        say("and look at the pooler's console (SHOW HELP) with:")
        say(f"  {access.url(CONSOLE)}")
        say(
            f"{counted(options.clients, 'client')} with a pool of "
            f"{counted(options.pool_size, 'server')}. It ends {end}with Ctrl-C."
        )
        say()

    async def _work(
        self, postgres: EmbeddedPostgres, pooler: PoolerProcess, watch: Watch
    ) -> int:
        clients = self._options.clients
        workload = Workload(pooler.access.url(), clients, self._stopping)
        working = asyncio.create_task(workload.run())
        watching_it = asyncio.create_task(self._show(watch))
        pooler_ended = asyncio.create_task(pooler.ended())
        tasks: set[asyncio.Task[None] | asyncio.Task[DemoError]]
        tasks = {working, watching_it, pooler_ended}
        try:
            await asyncio.wait(
                tasks,
                timeout=self._options.seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            self._stopping.set()
            await asyncio.wait({working, watching_it}, timeout=_LAST_TRANSACTIONS)
            if pooler_ended.done():
                raise pooler_ended.result()
            if not working.done() or not watching_it.done():
                msg = f"no answer within {_LAST_TRANSACTIONS:g} s of the end"
                raise DemoError(msg)
            watching_it.result()
            working.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_LAST_TRANSACTIONS)
        self._note(await watch.sample())
        return await self._sum_up(workload, postgres.dsn_of(USER))

    async def _show(self, watch: Watch) -> None:
        """Print a row each second until told to stop."""
        self._screen.head()
        started = earlier = time.monotonic()
        before = await watch.sample()
        stopped = False
        while not stopped:
            stopped = await self._stopped_within(_INTERVAL)
            now, clock = await watch.sample(), time.monotonic()
            self._note(now)
            if clock - earlier >= _INTERVAL / 2:
                self._screen.row(clock - started, before, now, clock - earlier)
            before, earlier = now, clock

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True

    def _note(self, sample: Sample) -> None:
        self._servers = max(self._servers, sample.backends)

    async def _sum_up(self, workload: Workload, database: str) -> int:
        tally = workload.tally
        money, expected = await money_in(database), ACCOUNTS * OPENING_BALANCE
        if money != expected:
            tally.add_error(
                f"the accounts add up to {money} instead of {expected}: half a "
                "transaction was lost, or somebody else changed them"
            )
        self._screen.say(
            f"{counted(self._options.clients, 'client')}, "
            f"{counted(self._servers, 'server')}, "
            f"{grouped(tally.transactions)} transactions, "
            f"{counted(tally.errors, 'error')}"
        )
        if tally.errors:
            self._screen.say(f"the first error: {tally.first_error}")
        return 1 if tally.errors else 0


@asynccontextmanager
async def _postgres(options: Options) -> AsyncIterator[EmbeddedPostgres]:
    # In threads: signals are taken note of meanwhile, and interrupt neither.
    postgres = await asyncio.to_thread(
        EmbeddedPostgres,
        auth="scram-sha-256",
        settings={"max_connections": str(options.pool_size + _OTHER_CONNECTIONS)},
    )
    try:
        yield postgres
    finally:
        await asyncio.to_thread(postgres.close)
