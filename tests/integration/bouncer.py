"""A real PgBouncer beside a pooler of ours."""

import signal
import subprocess
from pathlib import Path

import pytest

from benchmarks import account, pgbouncer
from benchmarks.errors import PgbouncerError
from benchmarks.targets import Program
from pgpool_py.embedded.place import HOST
from tests.fixtures.cache import alone
from tests.fixtures.pooler_files import DATABASE, POOLED, USER, PoolerFiles, Setting
from tests.fixtures.waiting import PATIENCE, until


def current() -> Program:
    """Return a PgBouncer that has peering; skip where there is none."""
    try:
        with alone(pgbouncer.NAME):
            found = pgbouncer.find(None)
    except PgbouncerError as error:
        pytest.skip(f"no PgBouncer: {error}")
    if pgbouncer.parse_version(found.version) < pgbouncer.CURRENT:
        pytest.skip(f"{found.version} is too old")
    if found.run_as is not None and not account.can_run(
        [*found.argv, "-V"], found.run_as
    ):
        pytest.skip(f"{found.run_as.name} may not run {found.argv[-1]}")
    return found


def start(
    program: Program,
    directory: Path,
    port: int,
    place: str,
    peers: dict[str, str],
    **settings: Setting,
) -> "subprocess.Popen[bytes]":
    """Start it; return when it listens. Its files go into `directory`."""
    files = PoolerFiles(
        directory, port, place, settings, {DATABASE: f"dbname={POOLED}"}, {}, {}, peers
    )
    files.users[USER] = ""
    files.write()
    for path in (directory, *directory.iterdir()):
        account.give(path, program.run_as)
    log = directory / "log"
    with log.open("wb") as output:
        argv = [*program.argv, str(files.ini)]
        process = account.start(argv, program.run_as, directory, output)
    try:
        until(
            lambda: "process up" in log.read_text() or process.poll() is not None,
            f"PgBouncer listens on {HOST}:{port}",
        )
        assert process.poll() is None, log.read_text()
    except AssertionError:
        stop(process)
        raise
    return process


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End it at once, whoever is connected."""
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()
