"""PREPARE beside other statements of its text, in transaction mode."""

import psycopg
import pytest
from psycopg.rows import TupleRow

from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.rotation import rotating_all, value

Connection = psycopg.Connection[TupleRow]


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return rotating_all(start_pooler)


@pytest.fixture
def client(pooler: PoolerProcess) -> Connection:
    return pooler.keep(pooler.connect())


def test_beside_statements_without_names_it_goes_along(
    pooler: PoolerProcess, client: Connection
) -> None:
    client.execute("BEGIN; PREPARE p AS SELECT pg_backend_pid(), ';'; COMMIT; SELECT 1")
    pids = {value(client, "EXECUTE p") for _ in range(4)}
    assert pids == set(pooler.pids())
    # In a failed transaction, and on a server that has the same for another name.
    with pytest.raises(psycopg.errors.DivisionByZero):
        client.execute("BEGIN; SELECT 1 / 0")
    client.execute("ROLLBACK; PREPARE t AS SELECT pg_backend_pid(), ';'")
    assert {value(client, "EXECUTE t") for _ in range(4)} == pids
    assert {value(client, "EXECUTE p") for _ in range(4)} == pids
    # Done, though what comes behind it fails.
    with pytest.raises(psycopg.errors.DivisionByZero):
        client.execute("PREPARE q AS SELECT 7; SELECT 1 / 0")
    assert [value(client, "EXECUTE q") for _ in range(4)] == [7] * 4
    # Not done.
    with pytest.raises(psycopg.errors.DivisionByZero):
        client.execute("SELECT 1 / 0; PREPARE r AS SELECT 8")
    for _ in range(4):
        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            client.execute("EXECUTE r")
    with pytest.raises(psycopg.errors.SyntaxError) as refused:
        client.execute("SELECT 1; PREPARE s AS SELEC 1")
    assert refused.value.diag.statement_position == "24"


def test_several_statements_in_one_text_keep_the_server(
    pooler: PoolerProcess, client: Connection
) -> None:
    cursor = client.execute("PREPARE p AS SELECT pg_backend_pid(); EXECUTE p")
    pid = None
    while cursor.nextset():
        pid = cursor.fetchone()
    assert pid
    assert [client.execute("EXECUTE p").fetchone() for _ in range(4)] == [pid] * 4
    client.execute("DEALLOCATE p")
    client.execute("PREPARE p AS SELECT pg_backend_pid()")
    pids = {value(client, "EXECUTE p") for _ in range(4)}
    assert pids == set(pooler.pids())


@pytest.fixture
def checked(client: Connection) -> Connection:
    """Return a client with a table whose rows are looked at when they are committed."""
    client.execute("CREATE TABLE t (i int REFERENCES u DEFERRABLE INITIALLY DEFERRED)")
    return client


@pytest.fixture(autouse=True)
def referenced(pooler: PoolerProcess) -> None:
    with pooler.direct() as direct:
        direct.execute("CREATE TABLE u (i int PRIMARY KEY)")


FAILS = "INSERT INTO t VALUES (1)"


@pytest.mark.parametrize("beside", [FAILS, f"SET TimeZone TO 'Asia/Tokyo'; {FAILS}"])
def test_one_whose_transaction_cannot_be_committed_is_prepared_all_the_same(
    pooler: PoolerProcess, checked: Connection, beside: str
) -> None:
    # PostgreSQL does not tell of it.
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        checked.execute(f"{beside}; PREPARE p AS SELECT 7")
    assert [value(checked, "EXECUTE p") for _ in range(4)] == [7] * 4
    checked.execute("DEALLOCATE p")
    checked.execute("PREPARE p AS SELECT 8")
    assert [value(checked, "EXECUTE p") for _ in range(4)] == [8] * 4


@pytest.mark.parametrize("beside", [FAILS, f"SET TimeZone TO 'Asia/Tokyo'; {FAILS}"])
@pytest.mark.parametrize(
    "made",
    [
        "PREPARE p AS SELECT 7",
        "",
        "SELECT 1; PREPARE p AS SELECT 7; PREPARE q AS SELECT 8",
    ],
)
def test_one_that_is_dropped_there_is_gone(
    checked: Connection, beside: str, made: str
) -> None:
    if made:
        checked.execute(made)
    else:
        checked.pgconn.prepare(b"p", b"SELECT 7")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        checked.execute(f"{beside}; DEALLOCATE p")
    for _ in range(4):
        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            checked.execute("EXECUTE p")


@pytest.mark.parametrize("ends", [True, False])
def test_nobody_else_gets_it(
    pooler: PoolerProcess, checked: Connection, *, ends: bool
) -> None:
    other = pooler.keep(pooler.connect())
    for name in ("p", "q", "r", "s"):
        text = f"SET TimeZone TO 'Asia/Tokyo'; {FAILS}; PREPARE {name} AS SELECT 7"
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            checked.execute(text)
    if ends:
        checked.close()
    for name in ("p", "q", "r", "s") * 2:
        # Then what is there is left to the server.
        other.execute("DO $$BEGIN END$$")
        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            other.execute(f"EXECUTE {name}")
