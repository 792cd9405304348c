"""SET, SHOW CONFIG and RELOAD on the console of a running pooler."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from pgpool_py.admin.directory import SHOWS
from tests.fixtures.pooling import PoolerProcess, StartPooler

Connection = psycopg.Connection[TupleRow]

CONSOLE = "pgbouncer"


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        pool_mode="transaction", default_pool_size=2, admin_users="postgres"
    )


@pytest.fixture
def console(pooler: PoolerProcess) -> Iterator[Connection]:
    with pooler.connect(CONSOLE) as connection:
        yield connection


def config(console: Connection) -> dict[str, str]:
    return {key: value for key, value, *_ in console.execute(b"SHOW CONFIG")}


def refusal(console: Connection, command: bytes) -> str | None:
    with pytest.raises(psycopg.errors.ProtocolViolation, match="SET failed") as caught:
        console.execute(command)
    return caught.value.diag.message_detail


@pytest.mark.parametrize("name", SHOWS)
def test_everything_can_be_shown_while_a_client_works(
    pooler: PoolerProcess, console: Connection, name: str
) -> None:
    with pooler.connect(prepare_threshold=0) as client, client.transaction():
        client.execute("SELECT 1")
        assert console.execute(f"SHOW {name}".encode()).statusmessage == "SHOW"


def test_prepared_statements_are_counted_on_both_sides(
    pooler: PoolerProcess, console: Connection
) -> None:
    with pooler.connect(prepare_threshold=0) as client, client.transaction():
        for number in (1, 2):
            client.execute(f"SELECT {number}")
        shown = {
            (row[0], row[19])
            for show in (b"SHOW CLIENTS", b"SHOW SERVERS")
            for row in console.execute(show)
            if row[2] == "app"
        }
    assert shown == {("C", 2), ("S", 2)}


def test_a_setting_has_its_effect_until_the_next_reload(
    pooler: PoolerProcess, console: Connection
) -> None:
    with pooler.connect() as client:
        console.execute(b"SET query_timeout = '0.2'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            client.execute("SELECT pg_sleep(60)")
        assert config(console)["query_timeout"] == "0.2"
        console.execute(b"RELOAD")
        assert config(console)["query_timeout"] == "0"
        client.execute("SELECT pg_sleep(0.4)")


def test_a_reload_reads_the_file_that_was_set(
    pooler: PoolerProcess, console: Connection, tmp_path: Path
) -> None:
    written = config(console)["conffile"]
    text = Path(written).read_text()
    other = tmp_path / "other.ini"
    other.write_text(text.replace("default_pool_size = 2", "default_pool_size = 5"))
    console.execute(f"SET conffile = '{other}'".encode())
    assert config(console)["default_pool_size"] == "2"
    console.execute(b"RELOAD")
    shown = config(console)
    assert (shown["default_pool_size"], shown["conffile"]) == ("5", str(other))


def test_users_of_another_file_can_log_in(
    pooler: PoolerProcess, console: Connection, tmp_path: Path
) -> None:
    users = tmp_path / "others.txt"
    users.write_text('"postgres" ""\n"another" ""\n')
    with pytest.raises(psycopg.OperationalError):
        pooler.connect(CONSOLE, user="another")
    console.execute(f"SET auth_file = '{users}'".encode())
    console.execute(b"SET stats_users = another")
    with pooler.connect(CONSOLE, user="another") as viewer:
        viewer.execute(b"SHOW POOLS")


def test_what_cannot_be_opened_is_not_set(console: Connection, tmp_path: Path) -> None:
    before = config(console)
    missing = tmp_path / "missing"
    broken = tmp_path / "broken.txt"
    broken.write_text('"ann" "hunter2\n')
    found = refusal(console, f"SET auth_file = '{missing}'".encode())
    assert found == f"auth_file: {missing} cannot be read: No such file or directory"
    found = refusal(console, f"SET auth_file = '{broken}'".encode()) or ""
    assert f"auth_file: {broken}:1: " in found
    assert "hunter2" not in found
    found = refusal(console, f"SET logfile = '{missing}/log'".encode()) or ""
    assert "No such file or directory" in found
    assert config(console) == before


def test_the_log_goes_where_it_is_set_and_says_as_much(
    console: Connection, tmp_path: Path
) -> None:
    log = tmp_path / "other.log"
    console.execute(f"SET logfile = '{log}'".encode())
    console.execute(b"SET verbose = 1")
    console.execute(b"SET log_stats = 0")
    assert "SET 'log_stats' command issued" in log.read_text()
