"""A client in a thread, which writes down what it was told and what it was owed."""

import os
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import psycopg
from psycopg.rows import TupleRow

from .claims import Claim, Outcome

Connection = psycopg.Connection[TupleRow]

TABLE = "CREATE TABLE entries (id bigint)"

#: Errors that say that nothing was executed: no server could be had.
_NOT_EXECUTED = {"08001", "53300", "57P03"}

#: What libpq says where a connection ends without a word of PostgreSQL's.
_LOST = (
    "server closed the connection unexpectedly",
    "Connection refused",
    "Connection reset by peer",
    "Broken pipe",
    "the connection is closed",
    "connection socket closed",
    "the connection is lost",
    "connection timeout expired",
    # psycopg's word for a pipeline whose Sync is answered by a FATAL.
    "cannot exit pipeline mode while busy",
)

_SIZES = (1, 10, 1000, 20_000)
_IDS_PER_CUSTOMER = 10_000_000
_RETRY_PAUSE = 0.02


class Customer(threading.Thread):
    """Connects, works, loses the connection, connects again, until it is stopped.

    Attributes:
        claims: of all rows that it ever tried to write.
        complaints: replies that were not for it.
        errors: how often it was told what.
        done: pieces of work that went well.
        doing: what it is at.
    """

    def __init__(self, number: int, dsn: str, seed: int) -> None:
        super().__init__(name=f"customer {number}", daemon=True)
        self.claims: list[Claim] = []
        self.complaints: list[str] = []
        self.errors: Counter[str] = Counter()
        self.done = 0
        self.doing = "nothing yet"
        self._dsn = dsn
        self._chance = random.Random(f"{seed}/{number}")
        self._next_id = number * _IDS_PER_CUSTOMER
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Have it end after what it is doing."""
        self._stopped.set()

    def run(self) -> None:
        """Live, over many connections."""
        while not self._stopped.is_set():
            try:
                self._connect_and_work()
            except psycopg.Error as error:
                self._note(error)
                self._stopped.wait(_RETRY_PAUSE)
            except Exception as error:
                # Told to who looks; nobody could catch it.
                self.complaints.append(f"{self.name}, {self.doing}: {error!r}")
        self.doing = "nothing any more"

    def _connect_and_work(self) -> None:
        self.doing = "connect"
        connection = psycopg.connect(
            self._dsn, autocommit=True, prepare_threshold=None, connect_timeout=20
        )
        with closing(connection):
            for _ in range(self._chance.randrange(5, 60)):
                if self._stopped.is_set() or connection.closed:
                    return
                work = self._chance.choice(WORK)
                self.doing = work.__name__
                work(self, connection)
                self.done += 1

    def _note(self, error: psycopg.Error) -> None:
        if error.sqlstate is not None:
            severity = error.diag.severity_nonlocalized
            self.errors[f"{severity} {error.sqlstate}"] += 1
        elif any(words in str(error) for words in _LOST):
            self.errors["lost"] += 1
        else:
            self.errors["odd"] += 1
            self.complaints.append(f"{self.name}, {self.doing}: {error}")

    # Reads

    def read(self, connection: Connection) -> None:
        tag, number, size = self._question()
        cursor = connection.execute(
            f"SELECT '{tag}', i, repeat('x', {size}) "
            f"FROM generate_series(1, {number}) AS i".encode()
        )
        self._compare(tag, number, size, cursor.fetchall())

    def read_with_parameters(self, connection: Connection) -> None:
        tag, number, size = self._question()
        cursor = connection.execute(
            "SELECT %s::text, i, repeat('x', %s) FROM generate_series(1, %s) AS i",
            (tag, size, number),
        )
        self._compare(tag, number, size, cursor.fetchall())

    def read_in_a_pipeline(self, connection: Connection) -> None:
        tags = [self._tag() for _ in range(4)]
        with connection.pipeline():
            cursors = [connection.execute("SELECT %s::text", (tag,)) for tag in tags]
        rows = [cursor.fetchall() for cursor in cursors]
        self._expect([[(tag,)] for tag in tags], rows)

    def read_and_fail(self, connection: Connection) -> None:
        try:
            connection.execute(f"SELECT '{self._tag()}'; SELECT 1 / 0".encode())
        except psycopg.errors.DivisionByZero:
            return
        self._expect("division by zero", "no error")

    def _question(self) -> tuple[str, int, int]:
        return self._tag(), self._chance.randrange(1, 6), self._chance.choice(_SIZES)

    def _tag(self) -> str:
        return f"{self.name}: {self._new_id()}"

    def _compare(self, tag: str, number: int, size: int, rows: list[TupleRow]) -> None:
        self._expect([(tag, i, "x" * size) for i in range(1, number + 1)], rows)

    def _expect(self, wanted: object, got: object) -> None:
        if got != wanted:
            self.complaints.append(
                f"{self.name}, {self.doing}: "
                f"wanted {str(wanted)[:200]}, got {str(got)[:200]}"
            )

    # Writes

    def insert(self, connection: Connection) -> None:
        with self._claim(1) as claim:
            claim.outcome = Outcome.UNKNOWN
            self._insert(connection, claim)
            claim.outcome = Outcome.DONE

    def insert_with_parameters(self, connection: Connection) -> None:
        with self._claim(1) as claim:
            claim.outcome = Outcome.UNKNOWN
            cursor = connection.execute("INSERT INTO entries VALUES (%s)", claim.ids)
            self._expect("INSERT 0 1", cursor.statusmessage)
            claim.outcome = Outcome.DONE

    def insert_in_a_pipeline(self, connection: Connection) -> None:
        # Up to the one Sync at its end a pipeline is one transaction.
        with self._claim(3) as claim:
            claim.outcome = Outcome.UNKNOWN
            with connection.pipeline():
                for number in claim.ids:
                    connection.execute("INSERT INTO entries VALUES (%s)", (number,))
            claim.outcome = Outcome.DONE

    def insert_and_fail(self, connection: Connection) -> None:
        with self._claim(1) as claim:
            sql = f"INSERT INTO entries VALUES ({claim.ids[0]}); SELECT 1 / 0"
            try:
                connection.execute(sql.encode())
            except psycopg.errors.DivisionByZero:
                return
            self._expect("division by zero", "no error")

    def copy(self, connection: Connection) -> None:
        with self._claim(20) as claim, connection.cursor() as cursor:
            try:
                self._copy(cursor, claim)
            except ValueError as error:
                # psycopg unpacks one result; a FATAL and the end behind it are two.
                raise psycopg.OperationalError("the connection is lost") from error
            self._expect("COPY 20", cursor.statusmessage)
            claim.outcome = Outcome.DONE

    def _copy(self, cursor: psycopg.Cursor[TupleRow], claim: Claim) -> None:
        with cursor.copy("COPY entries FROM STDIN") as copy:
            for number in claim.ids:
                copy.write_row((number,))
            claim.outcome = Outcome.UNKNOWN

    def commit(self, connection: Connection) -> None:
        with self._claim(3) as claim:
            self._begin(connection, claim)
            claim.outcome = Outcome.UNKNOWN
            cursor = connection.execute(b"COMMIT")
            self._expect("COMMIT", cursor.statusmessage)
            claim.outcome = Outcome.DONE

    def roll_back(self, connection: Connection) -> None:
        with self._claim(2) as claim:
            self._begin(connection, claim)
            cursor = connection.execute(b"ROLLBACK")
            self._expect("ROLLBACK", cursor.statusmessage)

    def commit_what_failed(self, connection: Connection) -> None:
        with self._claim(2) as claim:
            self._begin(connection, claim)
            self.read_and_fail(connection)
            cursor = connection.execute(b"COMMIT")
            self._expect("ROLLBACK", cursor.statusmessage)

    def _begin(self, connection: Connection, claim: Claim) -> None:
        connection.execute(b"BEGIN")
        self._insert(connection, claim)
        cursor = connection.execute(
            "SELECT count(*) FROM entries WHERE id = ANY(%s)", (list(claim.ids),)
        )
        self._expect([(len(claim.ids),)], cursor.fetchall())

    def _insert(self, connection: Connection, claim: Claim) -> None:
        values = ", ".join(f"({number})" for number in claim.ids)
        cursor = connection.execute(f"INSERT INTO entries VALUES {values}".encode())
        self._expect(f"INSERT 0 {len(claim.ids)}", cursor.statusmessage)

    @contextmanager
    def _claim(self, number: int) -> Iterator[Claim]:
        ids = tuple(self._new_id() for _ in range(number))
        claim = Claim(ids, f"{self.name}, {self.doing}")
        self.claims.append(claim)
        try:
            yield claim
        except psycopg.Error as error:
            severity = error.diag.severity_nonlocalized
            if severity == "ERROR" or error.sqlstate in _NOT_EXECUTED:
                claim.outcome = Outcome.UNDONE
            raise

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    # Ways to go

    def leave_a_transaction(self, connection: Connection) -> None:
        with self._claim(2) as claim:
            self._begin(connection, claim)
            self._leave(connection)

    def leave_a_batch(self, connection: Connection) -> None:
        # What was executed and not synced is rolled back.
        with self._claim(1) as claim:
            connection.pgconn.enter_pipeline_mode()
            connection.pgconn.send_query_params(
                b"INSERT INTO entries VALUES (%d)" % claim.ids[0], None
            )
            connection.pgconn.send_flush_request()
            connection.pgconn.flush()
            self._leave(connection)

    def leave_a_query(self, connection: Connection) -> None:
        connection.pgconn.send_query(b"SELECT repeat('x', 50000), pg_sleep(0.02)")
        connection.pgconn.flush()
        self._leave(connection)

    def leave_a_copy(self, connection: Connection) -> None:
        # psycopg would end the copy at the end of the block, and cannot any more.
        with (
            self._claim(1) as claim,
            suppress(psycopg.Error),
            connection.cursor().copy("COPY entries FROM STDIN") as copy,
        ):
            copy.write_row(claim.ids)
            self._leave(connection)

    def cancel(self, connection: Connection) -> None:
        connection.pgconn.send_query(b"SELECT pg_sleep(0.2)")
        connection.pgconn.flush()
        try:
            connection.cancel_safe(timeout=20)
        finally:
            self._leave(connection)

    def _leave(self, connection: Connection) -> None:
        if self._chance.random() < 0.5:
            # Without a word: FIN, and no Terminate before it.
            sock = socket.socket(fileno=os.dup(connection.fileno()))
            # An error: it was reset meanwhile.
            with sock, suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        connection.close()


Work = Callable[[Customer, Connection], None]

WORK: tuple[Work, ...] = (
    *(Customer.read,) * 6,
    *(Customer.read_with_parameters,) * 6,
    *(Customer.read_in_a_pipeline,) * 3,
    *(Customer.read_and_fail,) * 2,
    *(Customer.insert,) * 4,
    *(Customer.insert_with_parameters,) * 4,
    *(Customer.insert_in_a_pipeline,) * 3,
    *(Customer.insert_and_fail,) * 2,
    *(Customer.copy,) * 2,
    *(Customer.commit,) * 4,
    *(Customer.roll_back,) * 2,
    *(Customer.commit_what_failed,) * 2,
    Customer.leave_a_transaction,
    Customer.leave_a_batch,
    Customer.leave_a_query,
    Customer.leave_a_copy,
    Customer.cancel,
)
