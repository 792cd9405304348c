"""Rolling restarts: two poolers on one port, and clients that must not notice.

``python -m tests.integration.rolling 20`` does so many of them and prints what it saw.
"""

import contextlib
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import psycopg

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.embedded.place import HOST, dsn
from tests.fixtures.nursery import Nursery
from tests.fixtures.pooler_files import DATABASE, USER, PoolerFiles, Setting
from tests.fixtures.pooling import free_port
from tests.fixtures.waiting import PATIENCE, until

from .loads import Counts, Load, connecting, pooling

#: For a pool, which keeps its connections: two processes listen for so long, and then
#: the older one closes what is left between transactions. Seconds.
ROLLOUT: Final[dict[str, Setting]] = {"shutdown_grace": 0.2, "shutdown_timeout": 0.3}

Loading = Callable[[str], AbstractContextManager[Load]]


class Poolers:
    """Processes that come and go on one port.

    Args:
        place: host, port and name of the database behind them, for its line.
        settings: of each, besides those that let two run.
    """

    def __init__(
        self,
        nursery: Nursery,
        directory: Path,
        place: str,
        settings: Mapping[str, Setting],
    ) -> None:
        self._settings = settings
        self._nursery = nursery
        self._directory = directory
        self._place = place
        self._number = 0
        self._pids: list[int] = []
        self.port = free_port()

    @property
    def dsn(self) -> str:
        """Give where clients connect."""
        words = {"host": HOST, "port": str(self.port), "user": USER}
        return dsn({**words, "dbname": DATABASE})

    def start(self) -> None:
        """Start one; return when it listens."""
        self._number += 1
        directory = self._directory / str(self._number)
        directory.mkdir()
        files = PoolerFiles(
            directory,
            self.port,
            self._place,
            {
                "so_reuseport": 1,
                "pool_mode": "transaction",
                "pidfile": str(directory / "pid"),
                **self._settings,
            },
            {DATABASE: ""},
            {},
            {USER: ""},
        )
        files.write()
        log = directory / "log"
        self._pids.append(self._nursery.start(["--allow-root", str(files.ini)], log))
        until(
            lambda: log.exists() and "process up" in log.read_text(),
            "the next one listens",
        )

    def stop_the_oldest(self, number: signal.Signals) -> None:
        """Stop the one that was started first; it must end well."""
        pid = self._pids.pop(0)
        os.kill(pid, number)
        assert self._nursery.wait(pid, PATIENCE) == 0

    def close(self) -> None:
        """Stop all that run."""
        while self._pids:
            self.stop_the_oldest(signal.SIGQUIT)


@contextlib.contextmanager
def running(
    nursery: Nursery, directory: Path, place: str, **settings: Setting
) -> Iterator[Poolers]:
    """Give a place for poolers, with one of them."""
    poolers = Poolers(nursery, directory, place, settings)
    try:
        poolers.start()
        yield poolers
    finally:
        poolers.close()


def restart(
    poolers: Poolers,
    database: str,
    times: int,
    *,
    loading: Loading = connecting,
    signals: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGINT),
) -> Counts:
    """Replace the pooler so many times under load; return what the clients saw.

    ``database`` is the one behind them, empty: it gets one row for each COMMIT. The
    old ones are stopped by these signals in turn.
    """
    with psycopg.connect(database, autocommit=True) as direct:
        direct.execute("CREATE TABLE done (one int)")
        with loading(poolers.dsn) as load:
            for number in range(times):
                load.go_on()
                poolers.start()
                load.go_on()
                poolers.stop_the_oldest(signals[number % len(signals)])
            load.go_on()
        row = direct.execute("SELECT count(*) FROM done").fetchone()
    assert row == (load.counts.committed,)
    return load.counts


def roll_out(poolers: Poolers, database: str, times: int) -> Counts:
    """Do the same under a psycopg_pool, as a deployment does it."""
    signals = (signal.SIGTERM,)
    return restart(poolers, database, times, loading=pooling, signals=signals)


def main() -> int:
    """Run from the command line; 1 if a transaction has failed."""
    times = int(sys.argv[1])
    # It warns of each connection that it has lost: that is what is played here.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    plays: list[tuple[str, dict[str, Setting], Callable[..., Counts]]] = [
        ("restarts", {}, restart),
        ("rollouts", ROLLOUT, roll_out),
    ]
    failed = False
    nursery = Nursery()
    try:
        with EmbeddedPostgres() as server:
            for name, settings, play in plays:
                place = f"host={server.host} port={server.port} dbname={name}"
                database = server.createdb(name)
                with (
                    tempfile.TemporaryDirectory() as directory,
                    running(nursery, Path(directory), place, **settings) as poolers,
                ):
                    counts = play(poolers, database, times)
                print(f"{times} {name}: {counts}", flush=True)
                failed = failed or bool(counts.failed)
    finally:
        nursery.close()
    return failed


if __name__ == "__main__":
    sys.exit(main())
