"""Rolling restarts: two poolers on one port, and clients that must not notice.

``python -m tests.integration.rolling 20`` does so many of them and prints what it saw.
"""

import contextlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psycopg

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.embedded.place import HOST, dsn
from tests.fixtures.nursery import Nursery
from tests.fixtures.pooler_files import DATABASE, USER, PoolerFiles
from tests.fixtures.pooling import free_port
from tests.fixtures.waiting import PATIENCE, until

_CLIENTS = 4
_TRANSACTIONS_PER_CONNECTION = 5
#: So many transactions are to pass while two processes listen, and while one does.
_BETWEEN = 40


@dataclass
class Counts:
    """What the clients have seen.

    Attributes:
        committed: transactions whose COMMIT was answered.
        reconnects: connections that were lost, or not got, outside of a transaction.
        failed: what went wrong within a transaction.
    """

    committed: int = 0
    reconnects: int = 0
    failed: list[str] = field(default_factory=list)


class Load:
    """Clients that connect, do a few transactions, and connect anew."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(_CLIENTS)]
        self.counts = Counts()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def go_on(self, transactions: int = _BETWEEN) -> None:
        """Return when so many more were done."""
        target = self.counts.committed + transactions
        until(
            lambda: self.counts.committed >= target or self.counts.failed,
            f"{transactions} more transactions; so far {self.counts}",
        )

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                connection = psycopg.connect(
                    self._where, autocommit=True, prepare_threshold=None
                )
            except psycopg.OperationalError:
                self._count_reconnect()
                continue
            with contextlib.closing(connection):
                for _ in range(_TRANSACTIONS_PER_CONNECTION):
                    if not self._transact(connection):
                        break

    def _transact(self, client: "psycopg.Connection[psycopg.rows.TupleRow]") -> bool:
        """Do one transaction; False if the connection is lost."""
        try:
            client.execute("BEGIN")
        except psycopg.OperationalError:
            # Nothing has run: a client may always begin again.
            self._count_reconnect()
            return False
        try:
            client.execute("INSERT INTO done VALUES (1)")
            client.execute("COMMIT")
        except psycopg.Error as error:
            with self._lock:
                self.counts.failed.append(str(error))
            return False
        with self._lock:
            self.counts.committed += 1
        return True

    def _count_reconnect(self) -> None:
        with self._lock:
            self.counts.reconnects += 1


class Poolers:
    """Processes that come and go on one port.

    Args:
        place: host, port and name of the database behind them, for its line.
    """

    def __init__(self, nursery: Nursery, directory: Path, place: str) -> None:
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
def running(nursery: Nursery, directory: Path, place: str) -> Iterator[Poolers]:
    """Give a place for poolers, with one of them."""
    poolers = Poolers(nursery, directory, place)
    try:
        poolers.start()
        yield poolers
    finally:
        poolers.close()


def restart(poolers: Poolers, database: str, times: int) -> Counts:
    """Replace the pooler so many times under load; return what the clients saw.

    ``database`` is the one behind them, empty: it gets one row for each COMMIT.
    """
    with psycopg.connect(database, autocommit=True) as direct:
        direct.execute("CREATE TABLE done (one int)")
        with Load(poolers.dsn) as load:
            for number in range(times):
                load.go_on()
                poolers.start()
                load.go_on()
                poolers.stop_the_oldest((signal.SIGTERM, signal.SIGINT)[number % 2])
            load.go_on()
        row = direct.execute("SELECT count(*) FROM done").fetchone()
    assert row == (load.counts.committed,)
    return load.counts


def main() -> int:
    """Run from the command line; 1 if a transaction has failed."""
    times = int(sys.argv[1])
    nursery = Nursery()
    try:
        with (
            EmbeddedPostgres() as server,
            tempfile.TemporaryDirectory() as directory,
        ):
            name = "rolling"
            place = f"host={server.host} port={server.port} dbname={name}"
            database = server.createdb(name)
            with running(nursery, Path(directory), place) as poolers:
                counts = restart(poolers, database, times)
    finally:
        nursery.close()
    print(f"{times} restarts: {counts}")
    return bool(counts.failed)


if __name__ == "__main__":
    sys.exit(main())
