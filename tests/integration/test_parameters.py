"""Session parameters belong to the client: it finds them on whatever server it gets."""

from datetime import UTC, datetime

import psycopg
import pytest

from tests.fixtures.pooler_files import DATABASE
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.test_limits import ended
from tests.integration.wire import kinds, log_in

STARTUP = {
    "application_name": ("one", "other"),
    "DateStyle": ("ISO, DMY", "German, DMY"),
    "TimeZone": ("Europe/Berlin", "Asia/Tokyo"),
    "client_encoding": ("LATIN1", "UTF8"),
    "IntervalStyle": ("iso_8601", "postgres"),
    "standard_conforming_strings": ("off", "on"),
    # Not reported by PostgreSQL.
    "work_mem": ("5MB", "6MB"),
    "search_path": ('"B c", public', "pg_catalog"),
}


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode="transaction", default_pool_size=1)


@pytest.mark.parametrize("name", STARTUP)
def test_two_clients_alternate_and_each_has_its_own_value(
    pooler: PoolerProcess, name: str
) -> None:
    clients = [
        log_in(pooler, DATABASE, minor=0, **{name: value}) for value in STARTUP[name]
    ]
    for _ in range(3):
        for client, value in zip(clients, STARTUP[name], strict=True):
            assert client.value(f"SHOW {name}") == value
    assert len(pooler.backends()) == 1


def test_the_welcome_reports_the_clients_own_values(pooler: PoolerProcess) -> None:
    with psycopg.connect(
        pooler.dsn(), application_name="mine", options="-c timezone=Asia/Tokyo"
    ) as client:
        status = client.info.parameter_status
        assert status("application_name") == "mine"
        assert status("TimeZone") == "Asia/Tokyo"
        row = client.execute("SHOW server_version").fetchone()
        assert row == (status("server_version"),)


def test_text_is_sent_in_the_encoding_of_its_client(pooler: PoolerProcess) -> None:
    with (
        pooler.connect(client_encoding="latin1") as one,
        pooler.connect(client_encoding="utf8") as other,
    ):
        for client in (one, other, one, other):
            row = client.execute("SELECT %s, length(%s)", ("Grüße", "Grüße")).fetchone()
            assert row == ("Grüße", 5)


def test_a_change_during_the_session_stays_with_the_client(
    pooler: PoolerProcess,
) -> None:
    one, other = log_in(pooler), log_in(pooler)
    default = other.value("SHOW TimeZone")
    # The server reports it, so that the pooler knows; and so does the client.
    assert "S" in kinds(one.query("SET TimeZone = 'Asia/Tokyo'"))
    for _ in range(3):
        assert other.value("SHOW TimeZone") == default
        assert one.value("SHOW TimeZone") == "Asia/Tokyo"


def test_a_change_that_is_rolled_back_is_not_kept(pooler: PoolerProcess) -> None:
    one, other = log_in(pooler), log_in(pooler)
    default = one.value("SHOW TimeZone")
    one.query("BEGIN; SET TimeZone = 'Asia/Tokyo'; ROLLBACK")
    one.query("BEGIN; SET LOCAL TimeZone = 'Asia/Tokyo'; COMMIT")
    for client in (other, one, other):
        assert client.value("SHOW TimeZone") == default


def test_values_are_set_for_extended_batches_too(pooler: PoolerProcess) -> None:
    with (
        pooler.connect(options="-c timezone=Asia/Tokyo") as one,
        pooler.connect(options="-c timezone=UTC") as other,
    ):
        moment = datetime(2000, 1, 1, tzinfo=UTC)
        for client, hour in ((one, "09"), (other, "00"), (one, "09"), (other, "00")):
            row = client.execute("SELECT to_char(%s, 'HH24')", (moment,)).fetchone()
            assert row == (hour,)


def test_a_value_that_the_server_refuses_ends_that_client_alone(
    pooler: PoolerProcess,
) -> None:
    good = log_in(pooler)
    pid = good.value("SELECT pg_backend_pid()")
    bad = log_in(pooler, TimeZone="Nowhere/Never")
    bad.send(b"Q\0\0\0\x0dSELECT 1\0")
    error = ended(bad)
    assert (error.severity, error.sqlstate) == ("FATAL", "22023")
    assert "Nowhere/Never" in error.message
    assert good.value("SELECT pg_backend_pid()") == pid


def test_a_spelling_of_the_default_costs_nothing(pooler: PoolerProcess) -> None:
    client = log_in(pooler, client_encoding="utf-8", application_name="")
    assert client.value("SELECT 1") == "1"
    assert client.value("SHOW client_encoding") == "UTF8"


def test_parameters_of_the_database_line_are_the_servers(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=1,
        database_options="application_name=mine timezone=Asia/Tokyo "
        "datestyle=German client_encoding=LATIN1",
    )
    client = log_in(pooler)
    assert client.value("SHOW application_name") == "mine"
    assert client.value("SHOW TimeZone") == "Asia/Tokyo"
    assert client.value("SHOW DateStyle") == "German, DMY"
    assert client.value("SHOW client_encoding") == "LATIN1"


def test_connect_query_is_run_on_each_server(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=1,
        database_options="connect_query='SET work_mem = ''7MB'''",
    )
    assert log_in(pooler).value("SHOW work_mem") == "7MB"


def test_a_literal_stays_what_it_was_when_its_statement_was_prepared(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=2)
    epoch = "SELECT extract(epoch FROM timestamptz '2020-01-01 00:00')::int"
    with pooler.connect(prepare_threshold=0) as client, pooler.connect() as other:
        client.execute("SET TimeZone TO 'Asia/Tokyo'")
        before = client.execute(epoch, prepare=True).fetchone()
        client.execute("SET TimeZone TO 'UTC'")
        with other.transaction():
            # Whichever server the other one has, the client's is the other one.
            other.execute("SELECT 1")
            assert client.execute(epoch, prepare=True).fetchone() == before
            with client.transaction():
                assert client.execute("SHOW TimeZone").fetchone() == ("UTC",)
        for _ in range(3):
            assert client.execute(epoch, prepare=True).fetchone() == before
            assert client.execute("SHOW TimeZone").fetchone() == ("UTC",)
