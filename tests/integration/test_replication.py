"""Replication through the pooler: PostgreSQL's own programs, and single commands.

Physical replication names no database: the programs send ``replication`` instead, so
that is the line of [databases] which they need.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from pgwire.copying import CopyDone
from pgwire.diagnostics import ErrorResponse
from pgwire.frontend import Query, Terminate
from pgwire.startup import StartupMessage
from tests.fixtures.pooler_files import POOLED, USER
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.programs import program
from tests.integration.wire import Wire, connect, kinds, log_in

PHYSICAL = "replication"
SLOT = "pooled_slot"
SECONDS = 60


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        databases={PHYSICAL: ""},
        pool_mode="transaction",
        default_pool_size=1,
        admin_users=USER,
    )


def run(pooler: PoolerProcess, name: str, *arguments: str) -> str:
    """Run a program that takes no connection string; return what it printed."""
    where = ["-h", pooler.host, "-p", str(pooler.port), "-U", USER]
    done = subprocess.run(
        [str(program(pooler, name)), *where, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("PG")},
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def replicate(pooler: PoolerProcess, kind: str = "database", name: str = "app") -> Wire:
    """Return a client that has logged in to replicate."""
    return log_in(pooler, name, replication=kind)


def ask_in(pooler: PoolerProcess, name: str = "app") -> Wire:
    """Return a client that has asked to replicate, whatever is answered."""
    wire = connect(pooler)
    words = {"user": USER, "database": name, "replication": "database"}
    wire.send(StartupMessage(0, words).encode())
    return wire


def ended(wire: Wire) -> ErrorResponse:
    """Return the error with which a connection ends; it is the last message."""
    messages = wire.rest()
    assert messages, "the connection ended without a word"
    return messages[-1].error


def senders(pooler: PoolerProcess) -> int:
    """Count PostgreSQL's processes that are there to replicate."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender'"
    return int(pooler.server.psql(query))


def wait_for_senders(pooler: PoolerProcess, number: int) -> None:
    until(lambda: senders(pooler) == number, f"{number} WAL senders")


def lsn(pooler: PoolerProcess) -> str:
    return pooler.server.psql("SELECT pg_current_wal_insert_lsn()")


def slots(pooler: PoolerProcess) -> str:
    return pooler.server.psql("SELECT count(*) FROM pg_replication_slots")


@contextmanager
def logical_slot(pooler: PoolerProcess) -> Iterator[None]:
    """Have a slot of the pooled database, made and dropped past the pooler."""
    sql = f"SELECT pg_create_logical_replication_slot('{SLOT}', 'test_decoding')"
    pooler.server.psql(sql, POOLED)
    try:
        yield
    finally:
        pooler.server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_replication")
        wait_for_senders(pooler, 0)
        pooler.server.psql(f"SELECT pg_drop_replication_slot('{SLOT}')")


def stream(pooler: PoolerProcess) -> Wire:
    """Return a client to which the slot is streamed."""
    wire = replicate(pooler)
    wire.send(Query(f"START_REPLICATION SLOT {SLOT} LOGICAL 0/0".encode()).encode())
    assert wire.read().kind == "W"
    return wire


# PostgreSQL's programs


def test_pg_basebackup_takes_a_backup(pooler: PoolerProcess, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    run(pooler, "pg_basebackup", "-D", str(backup), "-X", "stream", "-c", "fast", "-N")
    version = (backup / "PG_VERSION").read_text().strip()
    assert version == str(pooler.server.version[0])
    verifier = program(pooler, "pg_verifybackup")
    subprocess.run([str(verifier), "-q", str(backup)], check=True, timeout=SECONDS)
    wait_for_senders(pooler, 0)


def test_pg_receivewal_receives_a_segment(
    pooler: PoolerProcess, tmp_path: Path
) -> None:
    slot = ["--slot", SLOT]
    # The program's own --create-slot keeps no WAL before the first use.
    sql = f"SELECT pg_create_physical_replication_slot('{SLOT}', true)"
    pooler.server.psql(sql)
    name = pooler.server.psql("SELECT pg_walfile_name(pg_current_wal_lsn())")
    pooler.server.psql("SELECT pg_logical_emit_message(false, 'test', 'some WAL')")
    end = pooler.server.psql("SELECT pg_switch_wal()")
    # So that there is something behind the end.
    pooler.server.psql("SELECT pg_logical_emit_message(false, 'test', 'more WAL')")
    pooler.server.psql("CHECKPOINT")
    try:
        where = ["-D", str(tmp_path), "--no-loop", "--synchronous", "-s", "1"]
        run(pooler, "pg_receivewal", *slot, *where, "--endpos", end)
        received = [path.name for path in tmp_path.iterdir()]
        assert any(found.startswith(name) for found in received), received
    finally:
        wait_for_senders(pooler, 0)
        run(pooler, "pg_receivewal", *slot, "--drop-slot")
    assert slots(pooler) == "0"


def test_pg_recvlogical_makes_reads_and_drops_a_slot(
    pooler: PoolerProcess, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    slot = ["-d", "app", "--slot", SLOT]
    run(pooler, "pg_recvlogical", *slot, "--create-slot", "-P", "test_decoding")
    try:
        with pooler.connect() as client:
            client.execute("CREATE TABLE t (i int)")
            client.execute("INSERT INTO t VALUES (7)")
        start = ["--start", "-f", str(out), "--endpos", lsn(pooler), "--no-loop"]
        # So that there is something behind the end.
        pooler.server.psql("SELECT pg_logical_emit_message(true, 'test', '')", POOLED)
        run(pooler, "pg_recvlogical", *slot, *start)
        assert "table public.t: INSERT: i[integer]:7" in out.read_text()
    finally:
        wait_for_senders(pooler, 0)
        run(pooler, "pg_recvlogical", *slot, "--drop-slot")
    assert slots(pooler) == "0"


# Single commands


def test_psycopg_asks_for_the_system(pooler: PoolerProcess) -> None:
    where = pooler.dsn(replication="database")
    with psycopg.connect(where, autocommit=True) as client:
        cursor = psycopg.ClientCursor(client)
        row = cursor.execute("IDENTIFY_SYSTEM").fetchone()
        assert row is not None
        assert row[3] == POOLED
        assert cursor.execute("SELECT 1").fetchone() == (1,)
        assert senders(pooler) == 1
    wait_for_senders(pooler, 0)


def test_the_programs_own_settings_reach_the_server(pooler: PoolerProcess) -> None:
    words = {"replication": "database", "options": "-c work_mem=5MB -c geqo=off"}
    with psycopg.connect(pooler.dsn(**words), autocommit=True) as client:
        cursor = psycopg.ClientCursor(client)
        assert cursor.execute("SHOW work_mem").fetchone() == ("5MB",)
        assert cursor.execute("SHOW geqo").fetchone() == ("off",)


def test_what_replicates_takes_no_server_of_the_pool(pooler: PoolerProcess) -> None:
    first, second = replicate(pooler), replicate(pooler)
    assert senders(pooler) == 2
    # The pool has one server, and that is free.
    assert log_in(pooler).value("SELECT 1") == "1"
    pids = {wire.value("SELECT pg_backend_pid()") for wire in (first, second)}
    assert len(pids) == 2
    first.close()
    wait_for_senders(pooler, 1)
    second.send(Terminate().encode())
    wait_for_senders(pooler, 0)
    pooler.wait_for_log("client close request")


def test_the_console_shows_who_replicates(pooler: PoolerProcess) -> None:
    replicate(pooler)
    replicate(pooler, "on", PHYSICAL)
    log_in(pooler)
    for what, expected in (
        ("CLIENTS", [("app", "none"), ("app", "logical"), (PHYSICAL, "physical")]),
        ("SERVERS", [("app", "logical"), ("app", "none"), (PHYSICAL, "physical")]),
    ):
        with pooler.connect("pgbouncer") as console:
            rows = psycopg.ClientCursor(console).execute(f"SHOW {what}").fetchall()
        found = [(row[2], row[3]) for row in rows if row[2] != "pgbouncer"]
        assert sorted(found) == sorted(expected)


def test_a_refusal_of_the_servers_reaches_the_client(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(databases={"other": "dbname=nowhere"})
    error = ended(ask_in(pooler, "other"))
    assert (error.severity, error.sqlstate) == ("FATAL", "3D000")
    assert error.message == 'database "nowhere" does not exist'


def test_limits_hold_for_who_replicates(start_pooler: StartPooler) -> None:
    pooler = start_pooler(database_options="max_db_client_connections=1")
    first = replicate(pooler)
    assert ended(ask_in(pooler)).sqlstate == "53300"
    first.close()
    pooler.wait_for_log("client unexpected eof")
    replicate(pooler)


def test_a_server_is_awaited_where_a_shared_limit_is_full(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(max_db_connections=1, pool_mode="transaction")
    holder = log_in(pooler)
    holder.query("BEGIN")
    wire = ask_in(pooler)
    pooler.wait_for_log("replication=database")
    assert holder.value("SELECT 1") == "1"
    assert senders(pooler) == 0
    holder.query("COMMIT")
    wire.until_ready()
    assert senders(pooler) == 1


# Streams


def test_a_stream_runs_in_both_directions(pooler: PoolerProcess) -> None:
    with logical_slot(pooler):
        wire = stream(pooler)
        with pooler.direct() as direct:
            direct.execute("CREATE TABLE t AS SELECT 7 AS i")
        while b"table public.t: INSERT: i[integer]:7" not in wire.read().body:
            pass
        wire.send(CopyDone().encode())
        found = kinds(wire.until_ready())
        assert "c" in found
        assert found.endswith("CCZ")
        assert wire.value("SELECT 1") == "1"
        wire.close()


def test_what_no_server_would_survive_is_refused_here(pooler: PoolerProcess) -> None:
    wire = replicate(pooler)
    wire.send(b"!\0\0\0\4")
    assert ended(wire).sqlstate == "08P01"
    wait_for_senders(pooler, 0)


def test_a_cancel_request_reaches_the_clients_own_server(
    pooler: PoolerProcess,
) -> None:
    wire = replicate(pooler)
    wire.send(Query(b"SELECT pg_sleep(60)").encode())
    running = "SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'"
    until(lambda: pooler.server.psql(running) == "1", "the query runs")
    with connect(pooler) as asking:
        asking.send(wire.cancel_request)
    assert wire.read_to("E")[-1].error.sqlstate == "57014"
    wire.until_ready()
    assert wire.value("SELECT 1") == "1"


def test_a_server_that_is_terminated_is_quoted(pooler: PoolerProcess) -> None:
    with logical_slot(pooler):
        wire = stream(pooler)
        pooler.server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_replication")
        assert ended(wire).sqlstate == "57P01"
        pooler.wait_for_log("server sent a FATAL error")


def test_a_shutdown_ends_a_stream_and_says_so(pooler: PoolerProcess) -> None:
    with logical_slot(pooler):
        wire = stream(pooler)
        console = pooler.keep(pooler.connect("pgbouncer"))
        with pytest.raises(psycopg.OperationalError):
            console.execute("SHUTDOWN")
        error = ended(wire)
        assert error.sqlstate == "57P01"
        assert pooler.wait() == 0
