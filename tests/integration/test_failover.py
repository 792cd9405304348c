"""A primary and its standby: who gets which, before, while and after they change."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedPostgres
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.standby import Standby
from tests.fixtures.waiting import until

#: server_login_retry, in seconds.
RETRY = 3
WRITERS = 4


@pytest.fixture
def primary() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tcp=False) as primary:
        primary.createdb(POOLED)
        primary.psql("CREATE TABLE t (n serial)", POOLED)
        yield primary


@pytest.fixture
def standby(primary: EmbeddedPostgres) -> Iterator[Standby]:
    with Standby(primary) as standby:
        yield standby


class Application:
    """Threads that do one transaction after the other, and connect again if they must.

    Attributes:
        refused: what they were told instead.
    """

    def __init__(self, pooler: PoolerProcess, database: str, sql: str) -> None:
        self._pooler = pooler
        self._database = database
        self._sql = sql
        self._over = threading.Event()
        self._done = 0
        self._lock = threading.Lock()
        self.refused: set[str | None] = set()
        self._threads = [threading.Thread(target=self._run) for _ in range(WRITERS)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                with self._pooler.connect(self._database) as client:
                    while not self._over.is_set():
                        client.execute(self._sql)
                        with self._lock:
                            self._done += 1
            except psycopg.OperationalError as error:
                self.refused.add(error.sqlstate)

    def wait_for_more(self, seconds: float) -> float:
        """Return when each may have done one more; give the seconds that it took."""
        began = time.monotonic()
        enough = self._done + 2 * WRITERS
        until(lambda: self._done >= enough, "transactions go on", seconds=seconds)
        return time.monotonic() - began

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def in_recovery(pooler: PoolerProcess, database: str) -> object:
    with pooler.connect(database) as client:
        row = client.execute("SELECT pg_is_in_recovery()").fetchone()
    assert row is not None
    return row[0]


def is_refused(pooler: PoolerProcess, database: str) -> Callable[[], str | None]:
    def ask() -> str | None:
        try:
            in_recovery(pooler, database)
        except psycopg.OperationalError as error:
            return str(error)
        return None

    return ask


def test_when_the_standby_is_promoted_new_transactions_follow(
    primary: EmbeddedPostgres, standby: Standby, start_pooler: StartPooler
) -> None:
    hosts = f"dbname={POOLED} host={primary.socket_dir},{standby.socket_dir}"
    pooler = start_pooler(
        # The one that is there at the end.
        server=standby,
        database_options=f"{hosts} target_session_attrs=read-write",
        databases={
            "reports": f"{hosts} target_session_attrs=standby",
            "either": f"{hosts} target_session_attrs=prefer-standby",
        },
        pool_mode="transaction",
        server_login_retry=RETRY,
    )
    with ExitStack() as stack:
        writing = Application(pooler, "app", "INSERT INTO t DEFAULT VALUES")
        stack.callback(writing.stop)
        reading = Application(pooler, "reports", "SELECT count(*) FROM t")
        stack.callback(reading.stop)
        for application in (writing, reading):
            application.wait_for_more(10)
        assert in_recovery(pooler, "app") is False
        assert in_recovery(pooler, "reports") is True
        assert in_recovery(pooler, "either") is True

        primary.stop("immediate")
        reading.wait_for_more(10)
        refused = is_refused(pooler, "app")
        until(lambda: "session is read-only" in (refused() or ""), "none is left")
        # Those who only read have not noticed.
        assert not reading.refused

        standby.promote()
        assert writing.wait_for_more(10) < RETRY
        assert writing.refused <= {"08001", "08006", "57P02"}
        assert in_recovery(pooler, "app") is False
        refused = is_refused(pooler, "reports")
        until(lambda: "not in hot standby" in (refused() or ""), "no standby is left")
        assert in_recovery(pooler, "either") is False
