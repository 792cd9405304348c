"""``pgpool-py -d``: whoever starts it learns how the start went."""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

from pgpool_py.embedded.place import HOST
from tests.fixtures.pooling import free_port
from tests.fixtures.waiting import until

from .test_start import run, write_ini


@contextlib.contextmanager
def stopping(pidfile: Path) -> Iterator[None]:
    """See that the process of this file, if there is one, ends."""
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.kill(int(pidfile.read_text()), signal.SIGQUIT)
        until(lambda: not pidfile.exists(), "it ends")


def settings(directory: Path, port: int) -> dict[str, object]:
    return {
        "allow_root": 1,
        "listen_addr": HOST,
        "listen_port": port,
        "unix_socket_dir": "",
        "pidfile": directory / "pid",
        "logfile": directory / "log",
    }


def test_it_has_begun_to_serve_when_the_command_ends(tmp_path: Path) -> None:
    port = free_port()
    ini = write_ini(tmp_path, **settings(tmp_path, port))
    with stopping(tmp_path / "pid"):
        done = run("-d", str(ini))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        socket.create_connection((HOST, port)).close()
    assert "process stopped" in (tmp_path / "log").read_text()


def test_a_port_that_is_taken_is_told_on_stderr_too(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        ini = write_ini(tmp_path, **settings(tmp_path, port))
        done = run("-d", "-q", str(ini))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert " FATAL cannot listen: " in line
    assert f"{HOST}:{port}" in line
    assert line in (tmp_path / "log").read_text()
    assert not (tmp_path / "pid").exists()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    absent = tmp_path / "absent" / "pid"
    given = {**settings(tmp_path, free_port()), "pidfile": absent}
    done = run("-d", str(write_ini(tmp_path, **given)))
    assert done.returncode == 1
    assert done.stderr == (
        f"cannot write pidfile '{absent}': No such file or directory\n"
    )
