"""Applications under load that lose no transaction, whatever becomes of poolers."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from tests.fixtures.waiting import PATIENCE, until

_CLIENTS = 4
#: So many transactions are to pass while two processes listen, and while one does.
_BETWEEN = 40
_OPTIONS = {"autocommit": True, "prepare_threshold": None}

Connection = psycopg.Connection[TupleRow]
#: Gives a connection for a block; OperationalError if there is none.
Connect = Callable[[], AbstractContextManager[Connection]]


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
    """Threads that take a connection, do a few transactions, and give it back.

    Each puts one row into the table ``done``.
    """

    def __init__(self, connect: Connect, *, transactions: int) -> None:
        self._connect = connect
        self._transactions = transactions
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(_CLIENTS)]
        self.counts = Counts()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Let all end what they do."""
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
            # A connection that was lost may say so once more when it is given back.
            with suppress(psycopg.OperationalError), ExitStack() as stack:
                try:
                    connection = stack.enter_context(self._connect())
                except psycopg.OperationalError:
                    self._count_reconnect()
                    continue
                for _ in range(self._transactions):
                    if not self._transact(connection):
                        break

    def _transact(self, client: Connection) -> bool:
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


@contextmanager
def connecting(where: str) -> Iterator[Load]:
    """Give clients that connect, do five transactions, and connect anew."""

    def connect() -> AbstractContextManager[Connection]:
        return contextlib.closing(
            psycopg.connect(where, autocommit=True, prepare_threshold=None)
        )

    with Load(connect, transactions=5) as load:
        yield load


@contextmanager
def pooling(where: str) -> Iterator[Load]:
    """Give an application with a psycopg_pool, whose connections stay open.

    They are not looked at before they are given out: that would only hide most of what
    becomes of them.
    """
    with (
        ConnectionPool(
            where,
            kwargs=_OPTIONS,
            min_size=_CLIENTS,
            max_size=_CLIENTS,
            timeout=PATIENCE,
            open=True,
        ) as pool,
        Load(pool.connection, transactions=1) as load,
    ):
        yield load
