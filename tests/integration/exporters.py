"""Debian's prometheus-pgbouncer-exporter, run as its package installs it."""

import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pgpool_py.embedded.place import HOST
from tests.fixtures.pooler_files import USER
from tests.fixtures.pooling import PoolerProcess, free_port
from tests.fixtures.waiting import PATIENCE, until

NAME = "prometheus-pgbouncer-exporter"

#: The interpreter that Debian's packages are installed for.
_PYTHON = "/usr/bin/python3"

#: The program, told to read what PgBouncer has. Its version 1.7 wants
#: STATS.total_requests, which PgBouncer has not had since 1.8, and
#: DATABASES.reserve_pool, which is reserve_pool_size by now, and ends without them.
_CURRENT = """
from prometheus_pgbouncer_exporter import cli, collectors
del collectors.StatsCollector.metrics["total_requests"]
del collectors.DatabasesCollector.metrics["reserve_pool"]
cli.main()
"""

_SAMPLE = re.compile(r'^(\w+)(?:{database="([^"]*)"(?:,user="([^"]*)")?})? (\S+)$')

#: By name, database and user, each of the latter None where there is none.
Metrics = dict[tuple[str, str | None, str | None], float]


def packaged() -> list[str]:
    """Return the command as packaged; skip where it is not installed."""
    path = shutil.which(NAME)
    if path is None:
        pytest.skip(f"{NAME} is not installed")
    return [path]


def current() -> list[str]:
    """Return the command that asks for no column that PgBouncer lacks."""
    packaged()
    return [_PYTHON, "-c", _CURRENT]


def start(
    argv: list[str], pooler: PoolerProcess, *arguments: str
) -> "tuple[subprocess.Popen[str], str]":
    """Start it before the pooler's console; return it and where it will listen."""
    port = free_port()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    where = ["--host", HOST, "--port", str(port), "--pgbouncer-host", pooler.host]
    whose = ["--pgbouncer-port", str(pooler.port), "--pgbouncer-user", USER]
    process = subprocess.Popen(
        [*argv, *where, *whose, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=inherited,
    )
    return process, f"http://{HOST}:{port}/metrics"


@contextmanager
def exporting(
    argv: list[str], pooler: PoolerProcess, *arguments: str
) -> Iterator[Metrics]:
    """Give what it exports by HTTP; it is ended afterwards."""
    process, url = start(argv, pooler, *arguments)
    with process:
        try:
            until(lambda: _answers(url) or process.poll() is not None, f"{NAME} is up")
            assert process.poll() is None, process.communicate()[0]
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                yield _parse(answer.read().decode())
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url.removesuffix("metrics"), timeout=PATIENCE):
            return True
    except urllib.error.URLError:
        return False


def _parse(text: str) -> Metrics:
    found = map(_SAMPLE.match, text.splitlines())
    return {(m[1], m[2], m[3]): float(m[4]) for m in found if m is not None}
