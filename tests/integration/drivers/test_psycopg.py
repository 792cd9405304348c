"""psycopg with its defaults: what its habits cost, and the state that it may keep."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow
from psycopg.types import TypeInfo

from tests.fixtures.observing import Observed

Connection = psycopg.Connection[TupleRow]


@pytest.fixture
def client(observed: Observed) -> Iterator[Connection]:
    with psycopg.connect(observed.pooler.dsn()) as connection:
        yield connection


def test_transactions_cost_nothing(observed: Observed, client: Connection) -> None:
    for number in range(8):
        # From the sixth time on it is a prepared statement.
        assert client.execute("SELECT %s::int", (number,)).fetchone() == (number,)
        client.commit()
    client.execute("SELECT 1")
    client.rollback()
    with client.transaction(), client.transaction():
        client.execute("SELECT 1")
    with pytest.raises(psycopg.errors.DivisionByZero):
        client.execute("SELECT 1 / %s", (0,))
    client.rollback()
    assert observed.cost() == []


def test_characteristics_of_transactions_cost_nothing(
    observed: Observed, client: Connection
) -> None:
    client.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
    client.read_only = client.deferrable = True
    client.execute("SELECT 1")
    client.commit()
    client.isolation_level = client.read_only = client.deferrable = None
    client.tpc_begin("one")
    client.execute("SELECT 1")
    client.tpc_prepare()
    client.tpc_commit()
    assert observed.cost() == []


def test_autocommit_and_pipelines_cost_nothing(
    observed: Observed, client: Connection
) -> None:
    client.autocommit = True
    for number in range(8):
        client.execute("SELECT %s::int", (number,))
    with client.pipeline():
        numbers = [client.execute("SELECT %s::int", (n,)) for n in range(8)]
    assert [cursor.fetchone() for cursor in numbers] == [(n,) for n in range(8)]
    with client.pipeline(), client.transaction():
        client.execute("SELECT 1")
    assert observed.cost() == []


def test_copies_many_rows_and_cursors_on_the_server_cost_nothing(
    observed: Observed, client: Connection
) -> None:
    client.execute("CREATE TABLE t (i int)")
    with client.cursor() as cursor:
        with cursor.copy("COPY t FROM STDIN") as into:
            into.write_row((1,))
        cursor.executemany("INSERT INTO t VALUES (%s)", [(2,), (3,)])
        with cursor.copy("COPY t TO STDOUT") as out:
            assert b"".join(map(bytes, out)) == b"1\n2\n3\n"
    with client.cursor("mine") as cursor:
        assert cursor.execute("SELECT i FROM t").fetchall() == [(1,), (2,), (3,)]
    TypeInfo.fetch(client, "hstore")
    client.commit()
    assert observed.cost() == []


def test_a_parameter_that_is_reported_costs_nothing(
    observed: Observed, client: Connection
) -> None:
    client.execute("SET TIME ZONE 'Asia/Tokyo'")
    client.execute("SELECT set_config('application_name', 'mine', false)")
    client.commit()
    assert observed.cost() == []
    assert client.execute("SHOW TimeZone").fetchone() == ("Asia/Tokyo",)


def test_a_cursor_with_hold_keeps_its_server_until_it_is_closed(
    observed: Observed, client: Connection
) -> None:
    with client.cursor("mine", withhold=True) as cursor:
        cursor.execute("SELECT generate_series(1, 3)")
        client.commit()
        assert observed.pins() == ["cursor with hold"]
        assert cursor.fetchall() == [(1,), (2,), (3,)]
        client.commit()
    client.commit()
    assert observed.pins() == []


def test_a_lock_of_the_session_keeps_its_server_until_it_is_released(
    observed: Observed, client: Connection
) -> None:
    client.autocommit = True
    client.execute("SELECT pg_advisory_lock(7)")
    assert observed.pins() == ["advisory lock"]
    assert client.execute("SELECT pg_advisory_unlock(7)").fetchone() == (True,)
    assert observed.pins() == []


def test_a_temporary_table_keeps_its_server_until_it_is_dropped(
    observed: Observed, client: Connection
) -> None:
    client.execute("CREATE TEMP TABLE mine (i int)")
    client.commit()
    assert observed.pins() == ["temporary object"]
    client.execute("INSERT INTO mine VALUES (1)")
    client.execute("DROP TABLE mine")
    client.commit()
    assert observed.pins() == []


def test_a_parameter_that_is_not_reported_is_asked_for(
    observed: Observed, client: Connection
) -> None:
    client.execute("SET statement_timeout = '7s'")
    client.commit()
    assert observed.cost()
    assert client.execute("SHOW statement_timeout").fetchone() == ("7s",)
    client.rollback()
    assert observed.cost() == []
