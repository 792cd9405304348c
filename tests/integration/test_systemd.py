"""Debian's unit for PgBouncer runs pgpool-py when the path in it is changed."""

import socket
import sys
from pathlib import Path

import psycopg

from pgpool_py.embedded.place import HOST
from tests.fixtures.pooling import free_port
from tests.integration.systemd import Unit, started

# The directives of Debian's package, in our order.
UNIT = """\
[Unit]
Description=PostgreSQL connection pooler
After=network.target

[Service]
Type=notify
User=postgres
ExecStart=/usr/sbin/pgbouncer /etc/pgbouncer/pgbouncer.ini
ExecReload=/bin/kill -HUP $MAINPID
KillSignal=SIGINT

[Install]
WantedBy=multi-user.target
"""

# What User= does is not played here, so root has to stay root.
INI = """\
[databases]
app = host=127.0.0.1 port=1
[pgbouncer]
logfile = {directory}/pgbouncer.log
pidfile = {directory}/pgbouncer.pid
listen_addr = {addr}
listen_port = {port}
unix_socket_dir = {unix}
auth_type = any
admin_users = admin
stats_period = 1
allow_root = 1
"""


def unit(directory: Path, port: int, addr: str = HOST, unix: str = "") -> str:
    """Write the configuration; return the unit that is to run it."""
    ini = directory / "pgbouncer.ini"
    ini.write_text(INI.format(directory=directory, port=port, addr=addr, unix=unix))
    ours = f"{sys.executable} -m pgpool_py"
    return UNIT.replace("/usr/sbin/pgbouncer", ours).replace(
        "/etc/pgbouncer/pgbouncer.ini", str(ini)
    )


def version(host: str, port: int) -> str:
    with psycopg.connect(
        host=host, port=port, user="admin", dbname="pgbouncer", autocommit=True
    ) as console:
        result = console.pgconn.exec_(b"SHOW VERSION")
        value = result.get_value(0, 0)
        assert value is not None
        return value.decode()


def reload(service: Unit) -> None:
    service.reload()
    first, second = service.wait_for("RELOADING=1").split("\n")
    assert (first, second.partition("=")[0]) == ("RELOADING=1", "MONOTONIC_USEC")
    assert service.wait_for("READY=1") == "READY=1"


def test_it_is_ready_reloads_shows_statistics_and_stops(tmp_path: Path) -> None:
    port = free_port()
    with started(unit(tmp_path, port), tmp_path) as service:
        assert service.notification() == "READY=1"
        # Whoever was told so can connect.
        assert version(HOST, port) == "PgBouncer 1.25.2"
        assert service.wait_for("STATUS=stats: ").endswith(" us")
        reload(service)
        log = tmp_path / "pgbouncer.log"
        log.rename(tmp_path / "rotated.log")
        reload(service)
        assert "RELOAD: configuration read" in log.read_text()
        assert (tmp_path / "pgbouncer.pid").exists()
        assert service.stop() == 0
        service.wait_for("STOPPING=1")
        assert not (tmp_path / "pgbouncer.pid").exists()


def test_a_faulty_file_at_a_reload_leaves_the_unit_ready(tmp_path: Path) -> None:
    with started(unit(tmp_path, free_port()), tmp_path) as service:
        service.wait_for("READY=1")
        (tmp_path / "pgbouncer.ini").write_text("[pgbouncer]\nnonsense = 1\n")
        reload(service)
        assert "RELOAD failed" in service.log
        assert service.stop() == 0


def test_a_file_that_cannot_be_used_is_never_ready(tmp_path: Path) -> None:
    with started(unit(tmp_path, 70000), tmp_path) as service:
        assert service.wait() == 1
        assert "cannot load config file" in service.log
        assert not service.heard


def test_sockets_of_a_socket_unit_are_served_and_outlive_the_process(
    tmp_path: Path,
) -> None:
    port = free_port()
    unix_port = 6432
    path = tmp_path / f".s.PGSQL.{unix_port}"
    with socket.socket(socket.AF_UNIX) as unix, socket.socket() as tcp:
        unix.bind(str(path))
        tcp.bind((HOST, port))
        for sock in (unix, tcp):
            sock.listen()
        text = unit(tmp_path, unix_port, addr="127.0.0.2", unix=str(tmp_path / "x"))
        with started(text, tmp_path, [unix, tcp]) as service:
            # In the queue before it runs.
            assert version(HOST, port) == version(str(tmp_path), unix_port)
            service.wait_for("READY=1")
            for line in (
                f"listening on unix:{path}",
                f"listening on {HOST}:{port}",
                "sockets passed from service manager, listen_addr ignored",
                "sockets passed from service manager, unix_socket_dir ignored",
            ):
                assert line in service.log
            reload(service)
            assert service.stop() == 0
        assert path.is_socket()
        with started(text, tmp_path, [unix, tcp]):
            assert version(HOST, port) == version(str(tmp_path), unix_port)


def test_with_a_socket_unit_the_file_need_not_say_where_to_listen(
    tmp_path: Path,
) -> None:
    with socket.create_server((HOST, 0)) as tcp:
        text = unit(tmp_path, 6432, addr="")
        with started(text, tmp_path, [tcp]) as service:
            service.wait_for("READY=1")
            reload(service)
            assert "RELOAD failed" not in service.log
            assert service.stop() == 0
