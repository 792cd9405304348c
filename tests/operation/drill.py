"""Rounds of RELOAD, PAUSE and RESUME under the load of pgbench.

No client may notice more than that it waits, and nothing may pile up in the pooler:
before the first round and after the last one it is paused, and looked at.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from tests.fixtures.pooler_files import DATABASE, Setting
from tests.fixtures.pooling import PoolerProcess
from tests.fixtures.waiting import until
from tests.integration.programs import begin, run

#: Settings that the pooler must have been started with.
SETTINGS: dict[str, Setting] = {
    "pool_mode": "transaction",
    "default_pool_size": 4,
    "admin_users": "postgres",
    "log_connections": 0,
    "log_disconnections": 0,
}

#: Rounds after which everything that is made once has been made.
WARM_UP = 10
#: Bytes by which the memory of a process may grow by chance.
MOST_GROWTH = 4 << 20

_CLIENTS = 8
_BANNER = re.compile(r"pgbench \(.*\)")
_CONSOLE = "pgbouncer"
#: Every so many rounds the servers lead elsewhere, and are all replaced.
_MOVING = 5

Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process holds: numbers of descriptors and threads, bytes of memory."""

    descriptors: int
    threads: int
    rss: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a drill.

    Attributes:
        transactions: that pgbench made during the rounds.
        before, after: the rounds.
        printed: by pgbench, which says nothing as long as all goes well.
    """

    rounds: int
    transactions: int
    before: Footprint
    after: Footprint
    printed: str = field(repr=False)

    @property
    def faults(self) -> list[str]:
        """Say what went wrong."""
        before, after = self.before, self.after
        found = [self.printed] if self.printed else []
        if self.transactions < self.rounds * _CLIENTS:
            found.append(f"{self.transactions} transactions in {self.rounds} rounds")
        if after.descriptors != before.descriptors or after.threads != before.threads:
            found.append(f"leaked: {before} before, {after} after")
        if after.rss - before.rss > MOST_GROWTH:
            found.append(f"{after.rss - before.rss} bytes more in use")
        return found


def drill(pooler: PoolerProcess, enough: Callable[[int], bool]) -> Outcome:
    """Go on until there are ``enough`` rounds; the warm-up is not counted."""
    run(pooler, "pgbench", "-i", "-q")
    with pooler.connect(_CONSOLE) as console, _load(pooler) as load:
        until(lambda: _clients(console) == _CLIENTS, "pgbench is connected")
        for number in range(WARM_UP):
            _round(pooler, console, number)
        before, made = _look(pooler, console), _transactions(console)
        rounds = 0
        while not enough(rounds):
            _round(pooler, console, rounds)
            rounds += 1
        after = _look(pooler, console)
        transactions = _transactions(console) - made
        ended = load.poll() is not None
        load.terminate()
        printed, _ = load.communicate(timeout=60)
    if ended:
        printed += f"\npgbench ended by itself, with status {load.returncode}"
    said = [line for line in printed.splitlines() if not _BANNER.fullmatch(line)]
    return Outcome(rounds, transactions, before, after, "\n".join(said))


@contextmanager
def _load(pooler: PoolerProcess) -> Iterator["subprocess.Popen[str]"]:
    # Longer than any drill; it is told when to end.
    seconds = str(7 * 24 * 3600)
    load = begin(pooler, "pgbench", "-n", "-c", str(_CLIENTS), "-T", seconds)
    with load:
        try:
            yield load
        finally:
            load.kill()


def _round(pooler: PoolerProcess, console: Connection, number: int) -> None:
    """Change something, have it taken over, pause, go on, and see that it goes on."""
    moved = number // _MOVING % 2
    pooler.files.databases[DATABASE] = (
        f"dbname=pooled connect_query='SELECT {moved}' pool_size={3 + number % 2}"
    )
    pooler.files.write()
    for command in (b"RELOAD", b"PAUSE", b"RESUME"):
        console.execute(command)
    made = _transactions(console) + _CLIENTS
    until(lambda: _transactions(console) >= made, "clients work again")


def _look(pooler: PoolerProcess, console: Connection) -> Footprint:
    """Look at the pooler while it has no servers."""
    console.execute(b"PAUSE")
    threads = len(os.listdir(f"/proc/{pooler.pid}/task"))
    found = Footprint(pooler.descriptors, threads, pooler.rss)
    console.execute(b"RESUME")
    return found


def _transactions(console: Connection) -> int:
    rows = _shown(console, b"SHOW STATS")
    return sum(int(row["total_xact_count"]) for row in rows)


def _clients(console: Connection) -> int:
    return len(_shown(console, b"SHOW CLIENTS"))


def _shown(console: Connection, command: bytes) -> list[dict[str, Any]]:
    with console.cursor(row_factory=dict_row) as cursor:
        rows: list[dict[str, Any]] = cursor.execute(command).fetchall()
    return [row for row in rows if row["database"] == DATABASE]
