"""The throw-away server: it runs, and nothing of it stays."""

import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedError, EmbeddedPostgres, place, server
from pgpool_py.embedded.server import AuthMethod, StopMode

#: Milliseconds until a wait counts as failed.
DEADLINE_MS = 30_000


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedPostgres]:
    """Return a server that the tests of this file may stop and start."""
    with EmbeddedPostgres() as own:
        yield own


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def directories() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("pgpool-pg-*"))


def test_it_answers_as_superuser(postgres: EmbeddedPostgres) -> None:
    assert postgres.psql("SELECT current_user; SHOW server_encoding") == (
        "postgres\nUTF8"
    )
    reported = int(postgres.psql("SHOW server_version_num"))
    assert reported // 10000 == postgres.version[0]


def test_it_does_not_run_as_root(postgres: EmbeddedPostgres) -> None:
    assert postgres.data_dir.stat().st_uid != 0


def test_its_pid_is_postmaster(postgres: EmbeddedPostgres) -> None:
    first_line = (postgres.data_dir / "postmaster.pid").read_text().split("\n")[0]
    assert postgres.pid == int(first_line)


def test_a_failed_statement_stops_the_rest_and_is_reported(
    postgres: EmbeddedPostgres,
) -> None:
    with pytest.raises(EmbeddedError, match="division by zero"):
        postgres.psql("SELECT 1/0; CREATE TABLE never (i int)")
    assert postgres.psql("SELECT to_regclass('never') IS NULL") == "t"


def test_settings_given_override_the_defaults() -> None:
    with EmbeddedPostgres(settings={"fsync": "on", "app.name": "it's"}) as own:
        assert own.psql("SHOW fsync; SHOW full_page_writes; SHOW app.name") == (
            "on\noff\nit's"
        )


def test_a_new_database_of_any_name_can_be_connected_to(
    own_server: EmbeddedPostgres,
) -> None:
    with psycopg.connect(own_server.createdb("a \"b' c")) as connection:
        assert connection.info.dbname == "a \"b' c"


@pytest.mark.parametrize(
    ("auth", "stored"),
    [("password", "SCRAM-SHA-256$"), ("md5", "md5"), ("scram-sha-256", "SCRAM-")],
)
def test_only_the_password_lets_in(auth: AuthMethod, stored: str) -> None:
    with EmbeddedPostgres(auth=auth) as own:
        with psycopg.connect(own.dsn) as connection:
            sql = "SELECT rolpassword FROM pg_authid WHERE rolname = current_user"
            row = connection.execute(sql).fetchone()
            assert row is not None
            assert row[0].startswith(stored)
        with pytest.raises(psycopg.OperationalError, match="password authentication"):
            psycopg.connect(own.dsn, password="wrong")
        assert own.password is not None
        assert own.password not in repr(own)
        with pytest.raises(EmbeddedError) as caught:
            own.psql("nonsense")
        assert own.password not in str(caught.value)


def test_without_tcp_it_listens_on_the_unix_socket_only() -> None:
    with EmbeddedPostgres(tcp=False) as own:
        assert own.host == str(own.socket_dir)
        assert own.psql("SHOW listen_addresses") == ""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", own.port))


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_keeps_port_and_committed_data(
    own_server: EmbeddedPostgres, mode: StopMode
) -> None:
    # With synchronous_commit=off a crash may lose the last commits.
    own_server.psql(f"SET synchronous_commit = on; CREATE TABLE {mode} (i int)")
    before = own_server.pid, own_server.port
    own_server.restart(mode)
    assert own_server.port == before[1]
    assert own_server.pid != before[0]
    assert own_server.psql(f"SELECT count(*) FROM {mode}") == "0"


def test_a_stopped_server_refuses_until_started_again(
    own_server: EmbeddedPostgres,
) -> None:
    own_server.stop()
    assert not is_alive(own_server.pid)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((own_server.host, own_server.port))
    own_server.start()
    assert own_server.psql("SELECT 1") == "1"


def test_a_stop_has_nothing_to_do_where_the_server_is_stopped(
    own_server: EmbeddedPostgres,
) -> None:
    own_server.stop()
    own_server.stop()
    own_server.start()
    assert own_server.psql("SELECT 1") == "1"


def test_a_server_that_ended_by_itself_is_stopped_and_can_be_started(
    own_server: EmbeddedPostgres,
) -> None:
    for _ in range(2):
        # SIGINT is a fast shutdown, here one that nobody asked the keeper for.
        os.kill(own_server.pid, signal.SIGINT)
        own_server.stop()
        own_server.stop()
        own_server.start()
    assert own_server.psql("SELECT 1") == "1"


def test_a_server_that_ended_by_itself_need_not_be_stopped_to_be_started(
    own_server: EmbeddedPostgres,
) -> None:
    os.kill(own_server.pid, signal.SIGINT)
    told = select.poll()
    told.register(own_server._keeping._socket, select.POLLIN)
    assert told.poll(DEADLINE_MS), "the keeper does not say that it ended"
    own_server.start()
    assert own_server.psql("SELECT 1") == "1"


def test_a_stop_that_clients_hold_up_ends_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with EmbeddedPostgres() as own, psycopg.connect(own.dsn):
        # Of the stop alone: initdb may need longer.
        monkeypatch.setattr(own._keeping, "_timeout", 2.0)
        # Smart shutdown waits for the client to leave, who does not.
        with pytest.raises(EmbeddedError, match="did not stop within 2 s of SIGTERM"):
            own.stop("smart")
        assert not is_alive(own.pid)


def test_closing_leaves_no_process_port_or_file() -> None:
    before = directories()
    own = EmbeddedPostgres()
    assert own.data_dir.is_dir()
    own.close()
    own.close()
    assert not is_alive(own.pid)
    assert directories() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((own.host, own.port))


def test_an_exception_leaves_nothing_either() -> None:
    before = directories()
    with pytest.raises(ZeroDivisionError), EmbeddedPostgres() as own:
        raise ZeroDivisionError
    assert not is_alive(own.pid)
    assert directories() == before


def test_a_server_that_cannot_start_shows_its_log_and_leaves_nothing() -> None:
    before = directories()
    with pytest.raises(EmbeddedError, match='parameter "no_such_setting"'):
        EmbeddedPostgres(settings={"no_such_setting": "on"})
    assert directories() == before


def test_a_port_lost_to_somebody_quicker_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as quicker:
        taken = quicker.getsockname()[1]
        free = next(port for port in place.PORTS if place.is_free(port))
        ports = [free, taken]
        monkeypatch.setattr(server, "is_free", lambda port: True)
        monkeypatch.setattr(secrets, "choice", lambda _: ports.pop())
        with EmbeddedPostgres() as own:
            assert own.port == free


VICTIM = """
import sys
from pgpool_py.embedded import EmbeddedPostgres
with EmbeddedPostgres() as server:
    print(server.pid, server.data_dir.parent, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux tells of any end")
def test_nothing_stays_when_we_are_killed_without_warning() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", VICTIM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as victim:
        assert victim.stdout is not None
        pid, directory = victim.stdout.readline().split()
        # Field 4 of proc(5)'s stat is the parent: the keeper.
        keeper = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[1])
        descriptor = os.pidfd_open(keeper)
        victim.kill()
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        assert poll.poll(DEADLINE_MS), "the keeper did not end"
    finally:
        os.close(descriptor)
    assert not is_alive(int(pid))
    assert not Path(directory).exists()
