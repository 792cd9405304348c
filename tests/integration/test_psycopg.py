"""psycopg through the pooler with its defaults, in session and in transaction mode."""

import random
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from tests.fixtures.pooling import PoolerProcess, StartPooler

Connection = psycopg.Connection[TupleRow]
Connect = Callable[..., Connection]

MEGABYTE = 1024 * 1024

#: psycopg's default.
PREPARE_THRESHOLD = 5


@pytest.fixture(params=["transaction", "session"])
def pooler(request: pytest.FixtureRequest, start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode=request.param, default_pool_size=2)


@pytest.fixture
def connect(pooler: PoolerProcess) -> Connect:
    def connect_with_defaults(**options: Any) -> Connection:
        return pooler.connect(prepare_threshold=PREPARE_THRESHOLD, **options)

    return connect_with_defaults


def test_what_one_client_commits_another_one_sees(connect: Connect) -> None:
    with connect(autocommit=False) as one, connect() as other:
        one.execute("CREATE TABLE t (i int)")
        one.execute("INSERT INTO t SELECT generate_series(1, %s)", (1000,))
        one.commit()
        assert other.execute("SELECT sum(i) FROM t").fetchone() == (500_500,)


def test_what_one_client_rolls_back_nobody_sees(connect: Connect) -> None:
    with connect() as one, connect() as other:
        one.execute("CREATE TABLE t (i int)")
        with one.transaction(force_rollback=True):
            one.execute("INSERT INTO t VALUES (1)")
        assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_an_error_fails_the_transaction_and_the_session_goes_on(
    connect: Connect,
) -> None:
    with connect(autocommit=False) as client:
        for _ in range(3):
            with pytest.raises(psycopg.errors.DivisionByZero):
                client.execute("SELECT 1 / %s", (0,))
            with pytest.raises(psycopg.errors.InFailedSqlTransaction):
                client.execute("SELECT 1")
            client.rollback()
            assert client.execute("SELECT %s", ("well",)).fetchone() == ("well",)
            client.commit()


def test_an_error_outside_a_transaction_leaves_nothing(connect: Connect) -> None:
    with connect() as client:
        with pytest.raises(psycopg.errors.UndefinedTable):
            client.execute("SELECT * FROM nowhere")
        assert client.execute("SELECT 1").fetchone() == (1,)
        assert client.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_a_savepoint_saves_what_was_before_it(connect: Connect) -> None:
    with connect() as client:
        client.execute("CREATE TABLE t (i int UNIQUE)")
        with client.transaction():
            client.execute("INSERT INTO t VALUES (1)")
            with pytest.raises(psycopg.errors.UniqueViolation), client.transaction():
                client.execute("INSERT INTO t VALUES (2), (1)")
            client.execute("INSERT INTO t VALUES (3)")
        rows = client.execute("SELECT i FROM t ORDER BY i").fetchall()
        assert rows == [(1,), (3,)]


def test_many_rows_by_executemany(connect: Connect) -> None:
    with connect() as client:
        client.execute("CREATE TABLE t (i int, s text)")
        rows = [(number, "x" * number) for number in range(500)]
        with client.cursor() as cursor:
            cursor.executemany("INSERT INTO t VALUES (%s, %s)", rows)
        stored = client.execute("SELECT i, s FROM t ORDER BY i").fetchall()
        assert stored == rows


def test_a_hundred_megabytes_are_copied_in_and_out(connect: Connect) -> None:
    line = "".join(random.Random(7).choices("abcdefghij", k=1023)) + "\n"
    block = line.encode() * 1024
    with connect() as client, client.cursor() as cursor:
        cursor.execute("CREATE UNLOGGED TABLE t (s text)")
        with cursor.copy("COPY t FROM STDIN") as copying:
            for _ in range(100):
                copying.write(block)
        assert cursor.rowcount == 100 * 1024
        size = 0
        with cursor.copy("COPY t TO STDOUT") as copying:
            for data in copying:
                size += len(data)
                assert bytes(data).strip(line.encode()) == b""
        assert size == 100 * MEGABYTE
        assert cursor.execute("SELECT 1").fetchone() == (1,)


def test_a_copy_that_the_client_breaks_off_stores_nothing(connect: Connect) -> None:
    with connect() as client, client.cursor() as cursor:
        cursor.execute("CREATE TABLE t (i int)")
        with pytest.raises(ZeroDivisionError):
            copy_and_fail(cursor)
        assert cursor.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_copy_with_bad_data_fails_and_the_session_goes_on(connect: Connect) -> None:
    with connect() as client, client.cursor() as cursor:
        cursor.execute("CREATE TABLE t (i int)")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            copy_nonsense(cursor)
        assert cursor.execute("SELECT count(*) FROM t").fetchone() == (0,)


def copy_and_fail(cursor: psycopg.Cursor[TupleRow]) -> None:
    with cursor.copy("COPY t FROM STDIN") as copying:
        copying.write(b"1\n2\n")
        raise ZeroDivisionError


def copy_nonsense(cursor: psycopg.Cursor[TupleRow]) -> None:
    with cursor.copy("COPY t FROM STDIN") as copying:
        for _ in range(20):
            copying.write(b"1\nnumber\n" * 10_000)


def test_a_cursor_on_the_server_gives_its_rows_piece_by_piece(
    connect: Connect,
) -> None:
    with (
        connect() as client,
        client.transaction(),
        client.cursor("pieces") as cursor,
    ):
        cursor.itersize = 100
        cursor.execute("SELECT generate_series(1, 2500)")
        assert sum(row[0] for row in cursor) == 2500 * 2501 // 2


def test_a_row_of_fifty_megabytes_goes_both_ways(connect: Connect) -> None:
    value = random.Random(7).randbytes(MEGABYTE) * 50
    with connect() as client, client.cursor(binary=True) as cursor:
        cursor.execute("SELECT %b", (value,))
        assert cursor.fetchone() == (value,)


def test_notices_reach_the_client_that_caused_them(connect: Connect) -> None:
    heard: dict[str, list[str | None]] = {"one": [], "other": []}
    with connect() as one, connect() as other:
        one.add_notice_handler(lambda n: heard["one"].append(n.message_primary))
        other.add_notice_handler(lambda n: heard["other"].append(n.message_primary))
        one.execute("DO $$ BEGIN RAISE NOTICE 'for one'; END $$")
        other.execute("DO $$ BEGIN RAISE NOTICE 'for the other'; END $$")
    assert heard == {"one": ["for one"], "other": ["for the other"]}


def test_a_prepared_transaction_is_committed_later(connect: Connect) -> None:
    with connect(autocommit=False) as client, connect() as other:
        client.execute("CREATE TABLE t (i int)")
        client.commit()
        client.tpc_begin("left")
        client.execute("INSERT INTO t VALUES (1)")
        client.tpc_prepare()
        assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)
        client.tpc_commit()
        assert other.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_a_pipeline_answers_in_order(connect: Connect) -> None:
    with connect() as client, client.pipeline():
        cursors = [client.execute("SELECT %s::int", (n,)) for n in range(200)]
        assert [cursor.fetchone() for cursor in cursors] == [(n,) for n in range(200)]


def test_an_error_in_a_pipeline_skips_what_is_behind_it(connect: Connect) -> None:
    with connect() as client:
        client.execute("CREATE TABLE t (i int)")
        with pytest.raises(psycopg.errors.DivisionByZero):
            fail_in_a_pipeline(client)
        assert client.execute("SELECT count(*) FROM t").fetchone() == (0,)


def fail_in_a_pipeline(client: Connection) -> None:
    with client.pipeline():
        client.execute("SELECT 1 / 0")
        client.execute("INSERT INTO t VALUES (1)")
