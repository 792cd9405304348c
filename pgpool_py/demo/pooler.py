"""The pooler of the demo: a process of its own, as an operator would start it."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pgpool_py
from pgpool_py.config.environment import without_settings
from pgpool_py.embedded.account import account_to_become
from pgpool_py.embedded.place import HOST, is_free

from . import configuration
from .configuration import Access
from .errors import DemoError
from .options import MAX_PORT, Options

#: What the pooler logs once it listens.
_READY: Final = b"process up: "

_START_TIMEOUT: Final = 20.0
_STOP_TIMEOUT: Final = 10.0
_PORT_TRIES: Final = 100

#: How much of the pooler's log is kept for an error's text, in bytes.
_LOG_TAIL: Final = 2000
_CHUNK: Final = 65536


class PoolerProcess:
    """A started pooler, which may not listen yet.

    Attributes:
        access: where its clients connect to.
    """

    def __init__(self, process: Process, access: Access) -> None:
        self.access = access
        self._process = process
        self._log = b""
        self._up = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def is_up(self) -> bool:
        """Wait until it listens; return False if it ended instead.

        Raises:
            DemoError: it did neither in time.
        """
        up = asyncio.create_task(self._up.wait())
        try:
            await asyncio.wait(
                {up, self._reading},
                timeout=_START_TIMEOUT,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            up.cancel()
        if not self._up.is_set() and not self._reading.done():
            msg = f"the pooler was not up within {_START_TIMEOUT:g} s"
            raise DemoError(self._with_log(msg))
        return self._up.is_set()

    async def ended(self) -> DemoError:
        """Wait until it has ended by itself; return what there is to say of it."""
        # Shielded: who gives up waiting does not end the reading for the others.
        await asyncio.shield(self._reading)
        status = await self._process.wait()
        return DemoError(self._with_log(f"the pooler ended with status {status}"))

    async def stop(self) -> None:
        """End it, whatever it does, and wait until it is gone."""
        if self._process.returncode is None and not self._reading.done():
            # SIGQUIT waits for nobody: spectators may still be connected. Not by the
            # process's own method: it looks for the exit status first, and asyncio,
            # which waits for that in a thread, would be too late.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGQUIT)
        try:
            async with asyncio.timeout(_STOP_TIMEOUT):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        log = self._process.stderr
        while log is not None and (data := await log.read(_CHUNK)):
            self._log += data
            if _READY in self._log:
                self._up.set()
            self._log = self._log[-_LOG_TAIL:]

    def _with_log(self, message: str) -> str:
        text = self._log.decode(errors="replace").strip()
        return f"{message}; its log ends:\n{text}" if text else message


@asynccontextmanager
async def running_pooler(
    directory: Path, options: Options, password: str, server_port: int
) -> AsyncIterator[PoolerProcess]:
    """Run a pooler on the first free port from `options.port`; end it at the exit.

    `directory` gets its files; it must be empty and ours.

    Raises:
        DemoError: it does not start, or there is no free port.
    """
    end = min(options.port + _PORT_TRIES, MAX_PORT + 1)
    for port in range(options.port, end):
        if not is_free(port):
            continue
        access = Access(port, password)
        pooler = await _start(directory, options, access, server_port)
        try:
            if await pooler.is_up():
                yield pooler
                return
        finally:
            await pooler.stop()
        if is_free(port):
            raise await pooler.ended()
        # Somebody was quicker: on to the next port.
    msg = (
        f"all ports of {HOST} from {options.port} to {end - 1} are taken: name "
        "another with --port"
    )
    raise DemoError(msg)


async def _start(
    directory: Path, options: Options, access: Access, server_port: int
) -> PoolerProcess:
    account = account_to_become()
    ini = configuration.write(directory, options, access, server_port, account)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        # Without the working directory, which may hold modules of any name.
        "-P",
        "-m",
        pgpool_py.__name__,
        str(ini),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        env=without_settings(os.environ),
        # A Ctrl-C in the terminal is for us to act on, in our order.
        start_new_session=True,
    )
    return PoolerProcess(process, access)
