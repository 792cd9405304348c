"""The process at its start: what it refuses, what it prints, what it becomes."""

import os
import pwd
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from pgpool_py.embedded.account import account_to_become
from pgpool_py.embedded.place import HOST
from tests.fixtures.nursery import Nursery
from tests.fixtures.pooling import StartPooler, free_port
from tests.fixtures.waiting import PATIENCE

FAULTY = """\
[databases]
app = host=127.0.0.1 port=70000
[users]
somebody = pool_mode=never
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = a lot
auth_type = hba
pool_moed = session
"""


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line to its end, as an operator would."""
    return subprocess.run(
        [sys.executable, "-m", "pgpool_py", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def write_ini(directory: Path, **settings: object) -> Path:
    """Write a configuration that needs no PostgreSQL."""
    (directory / "userlist.txt").write_text("")
    lines = [f"{name} = {value}" for name, value in settings.items()]
    text = "\n".join(
        [
            "[databases]",
            "app = host=127.0.0.1",
            "[pgbouncer]",
            f"auth_file = {directory / 'userlist.txt'}",
            *lines,
        ]
    )
    ini = directory / "pgbouncer.ini"
    ini.write_text(text + "\n")
    return ini


@pytest.mark.parametrize("command", [["check"], ["--allow-root"]], ids=["check", "run"])
def test_every_fault_is_named_with_its_place_and_nothing_is_started(
    tmp_path: Path, command: list[str]
) -> None:
    ini = tmp_path / "pgbouncer.ini"
    ini.write_text(FAULTY)
    done = run(*command, str(ini))
    assert done.returncode == 1
    printed = done.stdout + done.stderr
    for line, word in (
        (2, "port"),
        (4, "pool_mode"),
        (7, "listen_port"),
        (8, "auth_type"),
        (9, "pool_moed"),
    ):
        (found,) = [x for x in printed.splitlines() if x.startswith(f"{ini}:{line}:")]
        assert word in found
    assert "process up" not in printed


def test_a_file_that_is_not_there_is_named() -> None:
    done = run("--allow-root", "/nowhere/pgbouncer.ini")
    assert done.returncode == 1
    assert "/nowhere/pgbouncer.ini" in done.stderr


def test_root_is_refused_and_told_what_to_do(tmp_path: Path, nursery: Nursery) -> None:
    port = free_port()
    log = tmp_path / "log"
    ini = write_ini(tmp_path, listen_addr=HOST, listen_port=port, unix_socket_dir="")
    pid = nursery.start([str(ini)], log)
    if os.getuid() == 0:
        assert nursery.wait(pid, PATIENCE) == 1
        assert "should not run as root" in log.read_text()
        assert "user=" in log.read_text()
    else:
        with pytest.raises(TimeoutError):
            nursery.wait(pid, 0.3)
        os.kill(pid, 3)
        assert nursery.wait(pid, PATIENCE) == 0


def test_root_becomes_the_user_that_is_named(start_pooler: StartPooler) -> None:
    account = account_to_become()
    user = account.name if account else pwd.getpwuid(os.getuid()).pw_name
    pooler = start_pooler(user=user)
    status = Path(f"/proc/{pooler.pid}/status").read_text()
    uids = next(x for x in status.splitlines() if x.startswith("Uid:")).split()[1:]
    assert {int(uid) for uid in uids} == {pwd.getpwnam(user).pw_uid}
    with pooler.connect() as client:
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_port_that_is_taken_is_named(tmp_path: Path, nursery: Nursery) -> None:
    log = tmp_path / "log"
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        ini = write_ini(
            tmp_path, listen_addr=HOST, listen_port=port, unix_socket_dir=""
        )
        pid = nursery.start(["--allow-root", str(ini)], log)
        assert nursery.wait(pid, PATIENCE) == 1
    assert f"{HOST}:{port}" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_the_unix_socket_is_there_while_it_runs(
    start_pooler: StartPooler, tmp_path: Path
) -> None:
    pooler = start_pooler(unix_socket_dir=str(tmp_path), unix_socket_mode="0700")
    path = tmp_path / f".s.PGSQL.{pooler.port}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    with psycopg.connect(pooler.dsn(), host=str(tmp_path)) as client:
        assert client.execute("SELECT 1").fetchone() == (1,)
    assert f"listening on unix:{path}" in pooler.log
    pooler.close()
    assert not path.exists()


def test_the_pidfile_is_there_while_it_runs(
    start_pooler: StartPooler, tmp_path: Path
) -> None:
    path = tmp_path / "pid"
    pooler = start_pooler(pidfile=str(path))
    assert int(path.read_text()) == pooler.pid
    pooler.close()
    assert not path.exists()


def test_settings_without_effect_are_named_in_one_warning(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pkt_buf=8192, sbuf_loopcnt=9)
    # On a machine that has much to do there may be one that the loop was late.
    warnings = [x for x in pooler.log.splitlines() if " WARNING " in x]
    (line,) = [x for x in warnings if "the loop was late" not in x]
    assert "pkt_buf" in line
    assert "sbuf_loopcnt" in line


def test_each_listener_and_the_start_have_a_line_in_the_log(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler()
    lines = pooler.log.splitlines()
    assert f"LOG listening on {HOST}:{pooler.port}" in lines[0]
    assert f"[{pooler.pid}] LOG process up: PgBouncer 1.25.2, pgpool_py " in lines[1]
