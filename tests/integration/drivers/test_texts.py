"""What drivers without Python send of their own, by their sources."""

import pytest

from tests.fixtures.observing import Observed
from tests.integration.programs import run
from tests.integration.wire import Wire, kinds, log_in

#: Of pgjdbc: org.postgresql.jdbc.PgConnection and core.v3.ConnectionFactoryImpl.
JDBC = (
    "SET application_name = 'PostgreSQL JDBC Driver'",
    "SHOW TRANSACTION ISOLATION LEVEL",
    "select current_schema()",
    "select current_catalog",
    "BEGIN",
    "COMMIT",
    # isValid
    "",
)
#: Of Npgsql: a connection that goes back to its pool is reset by the one or the other,
#: in front of the next statement.
NPGSQL = (
    "DISCARD ALL",
    (
        "SET SESSION AUTHORIZATION DEFAULT;RESET ALL;CLOSE ALL;UNLISTEN *;"
        "SELECT pg_advisory_unlock_all();DISCARD SEQUENCES;DISCARD TEMP"
    ),
)
#: What is asked to see whether a connection lives.
PINGS = ("SELECT 1", "select 1;", "", ";", "-- ping", "/* ping */ SELECT 1")
#: Of parameters that PostgreSQL reports.
REPORTED = (
    "SET client_encoding TO 'UTF8'",
    "SET datestyle TO ISO",
    "set session timezone to 'UTC'",
    "SET standard_conforming_strings = on",
    "SELECT set_config('TimeZone', 'UTC', false)",
    "RESET TimeZone",
)


@pytest.fixture
def client(observed: Observed) -> Wire:
    return log_in(observed.pooler)


@pytest.mark.parametrize(
    "texts",
    [JDBC, NPGSQL, PINGS, REPORTED],
    ids=["JDBC", "Npgsql", "pings", "reported parameters"],
)
def test_they_cost_nothing(
    observed: Observed, client: Wire, texts: tuple[str, ...]
) -> None:
    for text in texts:
        assert "E" not in kinds(client.query(text)), text
    assert observed.cost() == []


def test_what_older_jdbc_drivers_ask_for_at_startup_is_theirs_and_costs_nothing(
    observed: Observed, client: Wire
) -> None:
    jdbc = log_in(observed.pooler, extra_float_digits="2")
    for _ in range(2):
        assert jdbc.value("SHOW extra_float_digits") == "2"
        assert client.value("SHOW extra_float_digits") == "1"
    assert observed.cost() == []


def test_characteristics_of_the_session_stay_with_the_client_of_jdbc(
    observed: Observed, client: Wire
) -> None:
    other = log_in(observed.pooler)
    client.query("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    for _ in range(2):
        assert other.value("SHOW transaction_read_only") == "off"
        assert client.value("SHOW transaction_read_only") == "on"
    client.query("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
    assert client.value("SHOW transaction_read_only") == "off"
    assert observed.pins() == []


def test_psql_costs_nothing(observed: Observed) -> None:
    run(observed.pooler, "psql", "-Xqt", given="SELECT 1;\n\\d\n\\df\n\\l\n\\dn\n")
    assert observed.cost() == []


def test_pg_dump_sets_much_and_leaves_nothing(observed: Observed) -> None:
    run(observed.pooler, "pg_dump", "--schema-only")
    assert observed.pins() == []
    with observed.pooler.connect() as client:
        shown = client.execute("SHOW extra_float_digits").fetchone()
        assert shown == ("1",)
