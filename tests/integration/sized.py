"""A load that needs so many servers as is known, and what the pooler advises.

python -m tests.integration.sized [SECONDS]

Clients come by chance at a known rate and hold a server for a known mean time. It ends
with status 1 if the advice is not the formula's, or is not enough when it is followed.
"""

import asyncio
import contextlib
import math
import random
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.insight.advice import ROOM
from tests.fixtures.messages import query
from tests.fixtures.nursery import Nursery
from tests.fixtures.pooler_files import DATABASE, POOLED, USER, PoolerFiles
from tests.fixtures.pooling import PoolerProcess, free_port
from tests.fixtures.waiting import PATIENCE
from tests.integration.wire import log_in

#: Clients that come per second, and the mean time for which each has a server.
RATE = 40.0
HELD = 0.3
#: More than ever come at a time, so that nobody waits for a client to be free.
CLIENTS = 60
#: More servers than are needed: how many these are shows only where none is lacking.
PLENTY = 40
SETTINGS: dict[str, str | int] = {
    "pool_mode": "transaction",
    "default_pool_size": PLENTY,
    "admin_users": USER,
}
_READY = b"Z\x00\x00\x00\x05I"
_NEAR = 0.2
_WARM_UP = 1.0


class Load:
    """Clients that are logged in, and come again and again."""

    def __init__(self, pooler: PoolerProcess) -> None:
        self._began = time.monotonic()
        self._wires = [log_in(pooler) for _ in range(CLIENTS)]
        self._chance = random.Random(7)
        self._busy = 0.0
        self._waits: list[float] = []

    @property
    def needed(self) -> float:
        """By Little's law: servers held at a time since the pool was made.

        As long as there were plenty, all that an exchange took a server was held.
        """
        return self._busy / (time.monotonic() - self._began)

    def run(self, seconds: float) -> float:
        """Let them come for so long; return the wait that one of a hundred exceeds."""
        self._waits = []
        asyncio.run(self._run(seconds))
        return sorted(self._waits)[int(0.99 * len(self._waits))]

    async def _run(self, seconds: float) -> None:
        for wire in self._wires:
            wire.socket.setblocking(False)
        ends = [await asyncio.open_connection(sock=w.socket.dup()) for w in self._wires]
        free = list(ends)
        loop = asyncio.get_running_loop()
        due, end = loop.time(), loop.time() + seconds
        async with asyncio.TaskGroup() as coming:
            while due < end:
                await asyncio.sleep(max(0.0, due - loop.time()))
                coming.create_task(self._come(free))
                due += self._chance.expovariate(RATE)
        for _, writer in ends:
            writer.close()

    async def _come(
        self, free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    ) -> None:
        reader, writer = free.pop()
        held = self._chance.uniform(0.5, 1.5) * HELD
        began = time.monotonic()
        writer.write(query(f"SELECT pg_sleep({held})"))
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(_READY)
        lasted = time.monotonic() - began
        self._busy += lasted
        self._waits.append(lasted - held)
        free.append((reader, writer))


def advised(console: psycopg.Connection[TupleRow]) -> int:
    """Return the size that is recommended to the pool of the database.

    Before a whole minute was seen it says none, and what that size is made of counts.
    """
    [row] = [row for row in console.execute("SHOW ADVICE") if row[0] == DATABASE]
    links, held_ms = float(row[4]), float(row[5])
    return int(row[3]) or math.ceil(links * held_ms / 1e3 * ROOM)


def play(pooler: PoolerProcess, seconds: float) -> list[str]:
    """Take advice, and follow it; return what is wrong with it."""
    load = Load(pooler)
    faults: list[str] = []
    with pooler.connect("pgbouncer") as console:
        load.run(seconds)
        right, size = load.needed * 1.5, advised(console)
        print(f"{right:.1f} servers are right, recommended are {size}")
        if abs(size - right) > _NEAR * right:
            faults.append(f"recommended are {size} servers, right would be {right:.1f}")
        if right < 10:
            faults.append(f"the load came too slowly: {right:.1f} servers are right")
        pooler.reload(default_pool_size=size)
        # There may be more from before.
        console.execute("RECONNECT")
        # Those are opened that are needed.
        load.run(_WARM_UP)
        p99 = load.run(seconds)
        print(f"with these, one of a hundred clients waits longer than {p99:.3f} s")
        if p99 >= HELD:
            faults.append(f"one of a hundred waits {p99:.3f} s, held are {HELD} s")
    return faults


def main(arguments: list[str]) -> int:
    """Run from the command line; 1 if the advice was wrong."""
    seconds = float(arguments[0]) if arguments else 150.0
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(EmbeddedPostgres())
        postgres.createdb(POOLED)
        files = PoolerFiles(
            directory,
            free_port(),
            f"host={postgres.host} port={postgres.port}",
            dict(SETTINGS),
            {DATABASE: f"dbname={POOLED}"},
            {},
            {USER: ""},
        )
        nursery = stack.enter_context(contextlib.closing(Nursery()))
        pooler = PoolerProcess(nursery, postgres, files)
        stack.callback(pooler.close)
        faults = play(pooler, seconds)
    for fault in faults:
        print(fault)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
