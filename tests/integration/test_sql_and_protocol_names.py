"""Statements that SQL has prepared and the protocol uses, and the other way round."""

import psycopg
import pytest
from psycopg.pq import ExecStatus
from psycopg.rows import TupleRow

from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.rotation import error_of, rotating_all, value

Connection = psycopg.Connection[TupleRow]


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return rotating_all(start_pooler)


@pytest.fixture
def client(pooler: PoolerProcess) -> Connection:
    return pooler.keep(pooler.connect())


def test_what_sql_prepared_is_bound_by_the_protocol(client: Connection) -> None:
    client.execute("PREPARE p(int, text) AS SELECT $1 + 1, $2")
    for n in range(4):
        result = client.pgconn.exec_prepared(b"p", [b"%d" % n, b"text"])
        assert result.status == ExecStatus.TUPLES_OK, result.error_message
        assert result.get_value(0, 0) == b"%d" % (n + 1)
        described = client.pgconn.describe_prepared(b"p")
        assert [described.param_type(i) for i in range(2)] == [23, 25]
    error = client.pgconn.prepare(b"p", b"SELECT 2")
    assert (
        error.get_error_message()
        .strip()
        .endswith('prepared statement "p" already exists')
    )
    client.execute("DEALLOCATE p")
    error = client.pgconn.exec_prepared(b"p", [b"1", b"text"])
    assert 'prepared statement "p" does not exist' in error.get_error_message()


def test_what_the_protocol_prepared_is_executed_by_sql(client: Connection) -> None:
    client.pgconn.prepare(b"p", b"SELECT $1 + 1", [23])
    assert [value(client, f"EXECUTE p({n})") for n in range(4)] == [1, 2, 3, 4]
    assert error_of(client, "PREPARE p AS SELECT 2").sqlstate == "42P05"
    client.execute("DEALLOCATE p")
    for _ in range(3):
        assert error_of(client, "EXECUTE p(1)").sqlstate == "26000"
    client.pgconn.prepare(b"p", b"SELECT 5")
    assert [value(client, "EXECUTE p") for _ in range(3)] == [5, 5, 5]


@pytest.mark.parametrize("binary", [False, True])
def test_what_is_executed_may_name_statements_itself(
    client: Connection, binary: bool
) -> None:
    for n in range(3):
        client.pgconn.prepare(b"make", b"PREPARE p AS SELECT %d" % n)
        client.pgconn.prepare(b"run", b"EXECUTE p")
        client.pgconn.prepare(b"drop", b"DEALLOCATE p")
        client.execute("EXECUTE make", binary=binary)
        for _ in range(3):
            assert client.execute("EXECUTE run", binary=binary).fetchone() == (n,)
        client.execute("EXECUTE drop", binary=binary)
        assert error_of(client, "EXECUTE p").sqlstate == "26000"
        assert error_of(client, "EXECUTE run").sqlstate == "26000"
        client.pgconn.prepare(b"itself", b"DEALLOCATE itself")
        client.execute("EXECUTE itself", binary=binary)
        assert error_of(client, "EXECUTE itself").sqlstate == "26000"
        client.execute("DEALLOCATE ALL")
