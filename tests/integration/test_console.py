"""The console of a running pooler, by psycopg and the simple protocol."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow, dict_row

from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import PATIENCE, until

Connection = psycopg.Connection[TupleRow]

VIEWER = "viewer"
STRANGER = "stranger"
CONSOLE = "pgbouncer"


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        pool_mode="transaction",
        default_pool_size=2,
        admin_users="postgres",
        stats_users=VIEWER,
        users={VIEWER: "", STRANGER: ""},
    )


@pytest.fixture
def console(pooler: PoolerProcess) -> Iterator[Connection]:
    with pooler.connect(CONSOLE) as connection:
        yield connection


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as executor:
        yield executor


def table(console: Connection, command: bytes) -> list[dict[str, Any]]:
    with console.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(command).fetchall()


def row(console: Connection, command: bytes, **wanted: str) -> dict[str, Any]:
    rows = table(console, command)
    (found,) = [r for r in rows if all(r[k] == v for k, v in wanted.items())]
    return found


def tag(console: Connection, command: bytes) -> str | None:
    return console.execute(command).statusmessage


def test_it_gives_itself_out_as_pgbouncer(console: Connection) -> None:
    assert console.info.parameter_status("server_version") == "1.25.2/bouncer"
    assert console.execute(b"SHOW VERSION").fetchall() == [("PgBouncer 1.25.2",)]
    assert console.info.backend_pid > 4_194_304


def test_it_shows_what_a_client_does(
    pooler: PoolerProcess, console: Connection
) -> None:
    with pooler.connect(application_name="shopping") as client:
        with client.transaction():
            client.execute("SELECT 1")
            (backend,) = pooler.backends()
            pool = row(console, b"SHOW POOLS", database="app")
            assert (pool["cl_active"], pool["sv_active"]) == (1, 1)
            shown = row(console, b"SHOW CLIENTS", database="app")
            server = row(console, b"SHOW SERVERS", database="app")
            assert shown["state"] == server["state"] == "active"
            assert (shown["link"], server["link"]) == (server["ptr"], shown["ptr"])
            assert shown["application_name"] == "shopping"
            assert (shown["addr"], shown["local_port"]) == ("127.0.0.1", pooler.port)
            assert server["remote_pid"] == backend.pid
            assert server["port"] == pooler.server.port
        pool = row(console, b"SHOW POOLS", database="app")
        assert (pool["cl_active"], pool["sv_active"], pool["sv_idle"]) == (1, 0, 1)
        shown = row(console, b"SHOW CLIENTS", database="app")
        assert (shown["state"], shown["link"]) == ("idle", "")


def test_it_counts_what_goes_through(
    pooler: PoolerProcess, console: Connection
) -> None:
    with pooler.connect() as client:
        for _ in range(5):
            client.execute("SELECT pg_sleep(0.001)")
        stats = row(console, b"SHOW STATS", database="app")
    assert stats["total_query_count"] == stats["total_xact_count"] == 5
    assert stats["total_server_assignment_count"] == 5
    assert stats["total_client_login_count"] == 1
    assert stats["total_query_time"] >= 5_000
    assert stats["total_received"] > 0
    assert stats["total_sent"] > 0


def test_it_lists_the_databases(pooler: PoolerProcess, console: Connection) -> None:
    app = row(console, b"SHOW DATABASES", name="app")
    assert (app["database"], app["port"]) == ("pooled", pooler.server.port)
    assert app["pool_size"] == 2
    assert row(console, b"SHOW DATABASES", name=CONSOLE)["pool_mode"] == "statement"


def test_help_is_a_notice(console: Connection) -> None:
    told: list[str | None] = []
    console.add_notice_handler(lambda notice: told.append(notice.message_detail))
    assert tag(console, b"SHOW HELP") == "SHOW"
    assert "SHUTDOWN" in (told[0] or "")


def test_an_error_leaves_the_session_usable(console: Connection) -> None:
    with pytest.raises(psycopg.errors.ProtocolViolation, match="use SHOW HELP;"):
        console.execute(b"SELECT 1")
    assert tag(console, b"SHOW VERSION") == "SHOW"


def test_a_stats_user_only_looks(pooler: PoolerProcess) -> None:
    with pooler.connect(CONSOLE, user=VIEWER) as viewer:
        assert table(viewer, b"SHOW POOLS")
        with pytest.raises(psycopg.errors.ProtocolViolation, match="admin access"):
            viewer.execute(b"PAUSE")


def test_anybody_else_is_not_let_in(pooler: PoolerProcess) -> None:
    with pytest.raises(psycopg.OperationalError, match="not allowed"):
        pooler.connect(CONSOLE, user=STRANGER)


def test_reload_takes_the_file_over(pooler: PoolerProcess, console: Connection) -> None:
    pooler.write_ini(default_pool_size=7)
    assert tag(console, b"RELOAD") == "RELOAD"
    assert row(console, b"SHOW DATABASES", name="app")["pool_size"] == 7


def test_a_broken_file_is_not_taken_over(
    pooler: PoolerProcess, console: Connection
) -> None:
    pooler.write_ini(default_pool_size="many")
    with pytest.raises(psycopg.errors.ConfigFileError, match="RELOAD failed"):
        console.execute(b"RELOAD")
    assert row(console, b"SHOW DATABASES", name="app")["pool_size"] == 2


def test_pause_waits_for_the_transaction_and_resume_lets_clients_go_on(
    pooler: PoolerProcess, console: Connection, threads: ThreadPoolExecutor
) -> None:
    with pooler.connect() as client, pooler.connect(CONSOLE) as other:
        with client.transaction():
            client.execute("SELECT 1")
            paused = threads.submit(tag, console, b"PAUSE")
            pooler.wait_for_log("PAUSE command issued")
            # Another console looks on meanwhile.
            assert row(other, b"SHOW POOLS", database="app")["sv_active"] == 1
            assert not paused.done()
        assert paused.result(PATIENCE) == "PAUSE"
        pooler.wait_for_backends(0)
        answered = threads.submit(client.execute, "SELECT 2")
        _wait_for_waiting(other, 1)
        assert tag(console, b"RESUME") == "RESUME"
        assert answered.result(PATIENCE).fetchone() == (2,)


def test_a_cancelled_pause_is_undone(
    pooler: PoolerProcess, console: Connection, threads: ThreadPoolExecutor
) -> None:
    with pooler.connect() as client:
        with client.transaction():
            client.execute("SELECT 1")
            paused: Future[Any] = threads.submit(tag, console, b"PAUSE")
            pooler.wait_for_log("PAUSE command issued")
            console.cancel_safe()
            with pytest.raises(psycopg.errors.QueryCanceled):
                paused.result(PATIENCE)
        assert client.execute("SELECT 2").fetchone() == (2,)


def test_a_client_that_is_killed_is_told_so(
    pooler: PoolerProcess, console: Connection
) -> None:
    with pooler.connect(application_name="gone") as client, pooler.connect() as other:
        client.execute("BEGIN")
        shown = row(console, b"SHOW CLIENTS", application_name="gone")
        assert tag(console, b"KILL_CLIENT %d" % int(shown["id"])) == "KILL_CLIENT"
        with pytest.raises(psycopg.errors.AdminShutdown, match="admin forced"):
            client.execute("SELECT 1")
        assert other.execute("SELECT 1").fetchone() == (1,)


def test_clients_of_a_database_that_is_killed_are_told_so_and_wait_when_they_return(
    pooler: PoolerProcess, console: Connection, threads: ThreadPoolExecutor
) -> None:
    with pooler.connect() as client:
        client.execute("SELECT 1")
        assert tag(console, b"KILL") == "KILL"
        with pytest.raises(psycopg.errors.AdminShutdown, match="database removed"):
            client.execute("SELECT 1")
    pooler.wait_for_backends(0)
    with pooler.connect() as again:
        answered = threads.submit(again.execute, "SELECT 2")
        _wait_for_waiting(console, 1)
        assert tag(console, b"RESUME") == "RESUME"
        assert answered.result(PATIENCE).fetchone() == (2,)


def test_a_disabled_database_takes_no_new_clients(
    pooler: PoolerProcess, console: Connection
) -> None:
    with pooler.connect() as client:
        assert tag(console, b"DISABLE app") == "DISABLE"
        assert client.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match='"app" is disabled'):
            pooler.connect()
        assert tag(console, b"ENABLE app") == "ENABLE"
        pooler.connect().close()


def test_what_is_suspended_goes_on_when_the_console_leaves(
    pooler: PoolerProcess, threads: ThreadPoolExecutor
) -> None:
    with pooler.connect() as client:
        with pooler.connect(CONSOLE) as console:
            assert tag(console, b"SUSPEND") == "SUSPEND"
            answered = threads.submit(client.execute, "SELECT 1")
        assert answered.result(PATIENCE).fetchone() == (1,)


def test_servers_are_replaced_before_wait_close_is_answered(
    pooler: PoolerProcess, console: Connection, threads: ThreadPoolExecutor
) -> None:
    with pooler.connect() as client:
        with client.transaction():
            client.execute("SELECT 1")
            (old,) = pooler.pids()
            assert tag(console, b"RECONNECT") == "RECONNECT"
            closed = threads.submit(tag, console, b"WAIT_CLOSE")
            pooler.wait_for_log("WAIT_CLOSE command issued")
            assert not closed.done()
        assert closed.result(PATIENCE) == "WAIT_CLOSE"
        client.execute("SELECT 1")
        until(lambda: old not in pooler.pids(), "the old server has ended")


def test_a_shutdown_at_once_ends_the_console_too(
    pooler: PoolerProcess, console: Connection
) -> None:
    with pytest.raises(psycopg.OperationalError):
        console.execute(b"SHUTDOWN")
    assert pooler.wait() == 0


def test_a_shutdown_waits_for_servers(
    pooler: PoolerProcess, console: Connection
) -> None:
    with pooler.connect() as client:
        with client.transaction():
            client.execute("SELECT 1")
            assert tag(console, b"SHUTDOWN WAIT_FOR_SERVERS") == "SHUTDOWN"
            assert row(console, b"SHOW POOLS", database="app")["sv_active"] == 1
        assert pooler.wait() == 0


def test_a_shutdown_waits_for_clients(
    pooler: PoolerProcess, console: Connection
) -> None:
    with pooler.connect() as client:
        assert tag(console, b"SHUTDOWN WAIT_FOR_CLIENTS") == "SHUTDOWN"
        assert client.execute("SELECT 1").fetchone() == (1,)
    assert tag(console, b"SHOW VERSION") == "SHOW"
    console.close()
    assert pooler.wait() == 0


def _wait_for_waiting(console: Connection, number: int) -> None:
    until(
        lambda: row(console, b"SHOW POOLS", database="app")["cl_waiting"] == number,
        f"{number} clients wait",
    )
