"""PREPARE, EXECUTE and DEALLOCATE through the pooler in transaction mode: another
server after each transaction, and clients that choose the same names."""

import asyncio

import psycopg
import pytest
from psycopg.pq import ExecStatus
from psycopg.rows import TupleRow

from pgwire.frontend import Query
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.eager import open_client
from tests.integration.rotation import SERVERS, error_of, rotating, rotating_all, value
from tests.integration.wire import kinds, log_in

Connection = psycopg.Connection[TupleRow]

CLIENTS = 8
ROUNDS = 6


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return rotating_all(start_pooler)


@pytest.fixture
def client(pooler: PoolerProcess) -> Connection:
    return pooler.keep(pooler.connect())


# One client


def test_a_statement_is_executed_on_both_servers(
    pooler: PoolerProcess, client: Connection
) -> None:
    client.execute("PREPARE p(int, text) AS SELECT pg_backend_pid(), $1 + 1, $2 || 'b'")
    rows = [client.execute(f"EXECUTE p({n}, 'a')").fetchone() for n in range(6)]
    assert [row[1:] for row in rows if row] == [(n + 1, "ab") for n in range(6)]
    assert {row[0] for row in rows if row} == set(pooler.pids())


def test_the_same_name_for_different_statements_of_many_clients(
    pooler: PoolerProcess,
) -> None:
    async def one(number: int) -> None:
        async with open_client(pooler) as client:
            client.prepare_threshold = None
            await client.execute(f"PREPARE p(int) AS SELECT {number} * 100 + $1")
            for n in range(ROUNDS):
                cursor = await client.execute(f"EXECUTE p({n})")
                assert await cursor.fetchone() == (number * 100 + n,)
            await client.execute("DEALLOCATE p")

    async def main() -> None:
        async with asyncio.timeout(30):
            await asyncio.gather(*(one(number) for number in range(CLIENTS)))

    asyncio.run(main())
    assert len(pooler.backends()) == SERVERS


def test_the_same_statement_of_many_clients_under_the_same_name(
    pooler: PoolerProcess,
) -> None:
    clients = [pooler.keep(pooler.connect()) for _ in range(4)]
    for client in clients:
        client.execute("PREPARE p AS SELECT 7")
    for client in clients:
        assert value(client, "EXECUTE p") == 7
    clients[0].execute("DEALLOCATE p")
    assert [value(client, "EXECUTE p") for client in clients[1:]] == [7, 7, 7]


def test_more_statements_than_a_server_keeps(start_pooler: StartPooler) -> None:
    pooler = rotating(start_pooler, max_prepared_statements=2)
    with pooler.connect() as client:
        for n in range(5):
            client.execute(f"PREPARE p{n} AS SELECT {n}")
        for n in (4, 0, 3, 1, 2, 0):
            assert value(client, f"EXECUTE p{n}") == n
        assert client.execute(
            "EXECUTE p0; EXECUTE p1; EXECUTE p2; EXECUTE p3"
        ).fetchone() == (0,)


# Transactions


def test_a_rollback_does_not_undo_a_prepare(client: Connection) -> None:
    client.execute("BEGIN")
    client.execute("PREPARE p AS SELECT 1")
    client.execute("ROLLBACK")
    assert [value(client, "EXECUTE p") for _ in range(3)] == [1, 1, 1]


def test_what_ends_a_failed_transaction_may_execute_behind_it(
    client: Connection,
) -> None:
    client.execute("PREPARE p AS SELECT pg_backend_pid()")
    found = set()
    for _ in range(4):
        client.execute("BEGIN")
        with pytest.raises(psycopg.errors.DivisionByZero):
            client.execute("SELECT 1 / 0")
        cursor = client.execute("COMMIT; SELECT 1; EXECUTE p; SELECT 2")
        tags = []
        while True:
            tags.append(cursor.statusmessage)
            if len(tags) == 3:
                found.add(cursor.fetchone())
            if not cursor.nextset():
                break
        assert tags == ["ROLLBACK", "SELECT 1", "SELECT 1", "SELECT 1"]
    assert len(found) == SERVERS


def test_what_a_failed_transaction_had_set_is_gone_with_it(client: Connection) -> None:
    client.execute("PREPARE p AS SELECT timestamptz '2020-01-01 00:00'")
    before = client.info.parameter_status("TimeZone")
    for _ in range(2 * SERVERS):
        client.execute("BEGIN; SET TimeZone TO 'Asia/Tokyo'; SAVEPOINT s")
        with pytest.raises(psycopg.errors.DivisionByZero):
            client.execute("SELECT 1 / 0")
        client.execute("COMMIT; EXECUTE p")
        assert client.info.parameter_status("TimeZone") == before
        assert value(client, "SHOW TimeZone") == before


def test_beside_other_names_it_may_be_executed_as_well(client: Connection) -> None:
    client.execute("PREPARE p AS SELECT 1")
    for _ in range(2 * SERVERS):
        client.execute("BEGIN")
        with pytest.raises(psycopg.errors.DivisionByZero):
            client.execute("SELECT 1 / 0")
        text = "COMMIT; EXECUTE p; PREPARE q AS SELECT 2; DEALLOCATE q"
        assert client.execute(text).statusmessage == "ROLLBACK"


def test_an_execute_is_a_part_of_its_transaction(client: Connection) -> None:
    client.execute("CREATE TABLE t (i int)")
    client.execute("PREPARE p(int) AS INSERT INTO t VALUES ($1)")
    for n in range(4):
        client.execute("BEGIN")
        client.execute(f"EXECUTE p({n})")
        client.execute("COMMIT" if n % 2 else "ROLLBACK")
    assert client.execute("SELECT i FROM t ORDER BY i").fetchall() == [(1,), (3,)]


# Errors


def test_errors_are_postgresqls_own_with_the_clients_names(client: Connection) -> None:
    client.execute("PREPARE p(int) AS SELECT $1")
    for _ in range(3):
        again = error_of(client, "PREPARE p AS SELECT 2")
        assert again.sqlstate == "42P05"
        assert again.diag.message_primary == 'prepared statement "p" already exists'
        for query in ("EXECUTE q", "DEALLOCATE q"):
            missing = error_of(client, query)
            assert missing.sqlstate == "26000"
            message = 'prepared statement "q" does not exist'
            assert missing.diag.message_primary == message
        wrong = error_of(client, "EXECUTE p(1, 2)")
        assert wrong.sqlstate == "42601"
        assert (wrong.diag.message_primary or "").endswith('prepared statement "p"')
        assert value(client, "EXECUTE p(5)") == 5


@pytest.mark.parametrize(
    "query",
    [
        "PREPARE é AS SELECT nothing",
        "EXECUTE p(nothing)",
        "EXPLAIN EXECUTE p(nothing)",
        "EXECUTE p(1); EXECUTE p(nothing)",
    ],
)
def test_an_error_points_to_where_it_is_in_the_clients_text(
    pooler: PoolerProcess, client: Connection, query: str
) -> None:
    with pooler.direct() as direct:
        for connection in (client, direct):
            connection.execute("PREPARE p(int) AS SELECT $1")
        expected = error_of(direct, query).diag.statement_position
        assert expected
        for binary in (False, True):
            if binary and ";" in query:
                continue
            with pytest.raises(psycopg.Error) as caught:
                client.execute(query, binary=binary)
            assert caught.value.diag.statement_position == expected


def test_what_can_be_prepared_no_more_is_told_as_by_postgresql(
    client: Connection,
) -> None:
    client.execute("CREATE TABLE t (i int)")
    client.execute("PREPARE p AS SELECT i FROM t")
    client.execute("DROP TABLE t")
    for _ in range(3):
        error = error_of(client, "EXECUTE p")
        assert error.sqlstate == "42P01", error
        client.execute("BEGIN")
        assert error_of(client, "EXECUTE p").sqlstate == "42P01"
        assert error_of(client, "EXECUTE p").sqlstate == "25P02"
        client.execute("ROLLBACK")
    client.execute("CREATE TABLE t AS SELECT 1 AS i")
    assert [value(client, "EXECUTE p") for _ in range(3)] == [1, 1, 1]


def test_nothing_of_a_text_is_told_if_what_it_executes_cannot_be_prepared(
    client: Connection,
) -> None:
    client.execute("CREATE TABLE t (i int)")
    client.execute("PREPARE p AS SELECT i FROM t")
    client.execute("CREATE TABLE u (i int)")
    client.execute("DROP TABLE t")
    for _ in range(3):
        query = "INSERT INTO u VALUES (1); EXECUTE p"
        result = client.pgconn.exec_(query.encode())
        assert result.status == ExecStatus.FATAL_ERROR
    assert value(client, "SELECT count(*) FROM u") == 0


# Dropped


@pytest.mark.parametrize("drop", ["DEALLOCATE ALL", "DISCARD ALL", "DEALLOCATE p"])
def test_what_is_dropped_is_gone_everywhere(client: Connection, drop: str) -> None:
    for n in range(3):
        client.execute(f"PREPARE p AS SELECT {n}")
        assert [value(client, "EXECUTE p") for _ in range(3)] == [n] * 3
        client.execute(drop)
        for _ in range(3):
            assert error_of(client, "EXECUTE p").sqlstate == "26000"


# By other ways


@pytest.mark.parametrize("threshold", [0, None])
def test_by_the_extended_protocol(pooler: PoolerProcess, threshold: int | None) -> None:
    with pooler.connect(prepare_threshold=threshold) as client:
        for n in range(4):
            client.execute(f"PREPARE p AS SELECT {n}", binary=True)
            for _ in range(3):
                assert client.execute("EXECUTE p", binary=True).fetchone() == (n,)
            with pytest.raises(psycopg.errors.DuplicatePreparedStatement):
                client.execute("PREPARE p AS SELECT 'another'", binary=True)
            client.execute("DEALLOCATE p", binary=True)
            with pytest.raises(psycopg.errors.InvalidSqlStatementName):
                client.execute("EXECUTE p", binary=True)


def test_in_a_pipeline(client: Connection) -> None:
    with client.pipeline():
        client.execute("PREPARE p(int) AS SELECT $1")
        cursors = [client.execute(f"EXECUTE p({n})") for n in range(4)]
        client.execute("DEALLOCATE p")
        client.execute("PREPARE p AS SELECT 'last'")
        last = client.execute("EXECUTE p")
        assert [cursor.fetchone() for cursor in cursors] == [(n,) for n in range(4)]
        assert last.fetchone() == ("last",)
    assert [value(client, "EXECUTE p") for _ in range(3)] == ["last"] * 3


def test_one_that_is_prepared_unseen_keeps_the_server(
    pooler: PoolerProcess, client: Connection
) -> None:
    client.execute("DO $$ BEGIN EXECUTE 'PREPARE p AS SELECT pg_backend_pid()'; END $$")
    assert len({value(client, "EXECUTE p") for _ in range(4)}) == 1
    client.execute("DEALLOCATE p")
    # It is reset before anybody is lent it.
    pids: set[object] = set()

    def both_are_lent() -> bool:
        pids.add(value(client, "SELECT pg_backend_pid()"))
        return pids == set(pooler.pids())

    until(both_are_lent, "both are lent")


def test_what_is_prepared_unseen_is_there_within_the_transaction(
    client: Connection,
) -> None:
    with client.transaction():
        client.execute("DO $$ BEGIN EXECUTE 'PREPARE p AS SELECT 5'; END $$")
        assert value(client, "EXECUTE p") == 5


def test_a_statement_is_read_as_when_it_was_prepared(client: Connection) -> None:
    client.execute("SET DateStyle = 'ISO, DMY'")
    client.execute("PREPARE p AS SELECT '01/02/2024'::date::text")
    client.execute("SET DateStyle = 'ISO, MDY'")
    assert [value(client, "EXECUTE p") for _ in range(4)] == ["2024-02-01"] * 4
    client.execute("BEGIN")
    client.execute("SET DateStyle = 'ISO, DMY'")
    client.execute("PREPARE q AS SELECT '01/02/2024'::date::text")
    client.execute("COMMIT")
    client.execute("SET DateStyle = 'ISO, MDY'")
    assert [value(client, "EXECUTE q") for _ in range(4)] == ["2024-02-01"] * 4


def test_what_is_executed_may_touch_the_session(client: Connection) -> None:
    client.execute("PREPARE p AS SELECT set_config('app.user', 'alice', false)")
    client.execute("PREPARE l AS SELECT pg_advisory_lock(1), pg_backend_pid()")
    client.execute("EXECUTE p")
    setting = "SELECT current_setting('app.user')"
    assert [value(client, setting) for _ in range(4)] == ["alice"] * 4
    row = client.execute("EXECUTE l").fetchone()
    assert row
    pids = {value(client, "SELECT pg_backend_pid()") for _ in range(4)}
    assert pids == {row[1]}


@pytest.mark.parametrize("limit", [0, 1])
def test_where_hardly_any_statement_is_kept(
    start_pooler: StartPooler, limit: int
) -> None:
    pooler = rotating(start_pooler, max_prepared_statements=limit)
    with pooler.connect() as client, pooler.connect() as other:
        for each in (client, other):
            each.execute(f"PREPARE p AS SELECT {id(each)}::bigint")
            each.execute(f"PREPARE q AS SELECT -{id(each)}::bigint")
        for _ in range(3):
            for each in (client, other):
                assert value(each, "EXECUTE p") == id(each)
                assert each.execute("EXECUTE q", binary=True).fetchone() == (-id(each),)
        other.execute("DEALLOCATE ALL")
        assert error_of(other, "EXECUTE p").sqlstate == "26000"
        assert value(client, "EXECUTE p") == id(client)


# Policies


def test_with_reject_it_is_allowed(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, session_state="reject"
    )
    with pooler.connect() as client, pooler.connect() as other:
        for each in (client, other):
            each.execute(f"PREPARE p AS SELECT {id(each)}::bigint")
        for each in (client, other):
            assert value(each, "EXECUTE p") == id(each)
            each.execute("DEALLOCATE p")


def test_with_pin_it_keeps_the_server(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=SERVERS,
        debug_rotate_servers=1,
        session_state="pin",
    )
    with pooler.connect() as client, pooler.connect() as other:
        with client.transaction():
            client.execute("SELECT 1")
            other.execute("SELECT 1")
        client.execute("PREPARE p AS SELECT pg_backend_pid()")
        assert len({value(client, "EXECUTE p") for _ in range(4)}) == 1
        client.execute("DEALLOCATE p")
        assert len({value(client, "SELECT pg_backend_pid()") for _ in range(4)}) == 2


def test_with_ignore_nothing_is_done_about_it(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, session_state="ignore"
    )
    with pooler.connect() as client, pooler.connect() as other:
        client.execute("PREPARE p AS SELECT 1")
        assert value(other, "EXECUTE p") == 1


def test_two_who_wait_for_parameters_do_not_take_the_server_in_turns_for_ever(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=1)
    holder = log_in(pooler)
    others = [log_in(pooler, application_name=name) for name in ("one", "two")]
    for _ in range(2):
        for other in others:
            # So that these values are known to be accepted.
            other.query("SELECT 1")
    holder.query("BEGIN")
    for other in others:
        other.send(Query(b"PREPARE q AS SELECT 1").encode())
    holder.query("SELECT 1")
    holder.query("COMMIT")
    for other in others:
        assert kinds(other.until_ready()) == "CZ"
