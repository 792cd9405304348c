"""PostgreSQL's own client programs, run against a pooler."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.pooling import PoolerProcess


def program(pooler: PoolerProcess, name: str) -> Path:
    """Return the path of a client program; skip where it was not found."""
    path = pooler.server.bindir / name
    if not path.exists():
        pytest.skip(f"{name} is not installed")
    return path


def begin(
    pooler: PoolerProcess, name: str, *arguments: str, database: str | None = None
) -> "subprocess.Popen[str]":
    """Start a program that connects to the pooler."""
    where = pooler.dsn() if database is None else database
    return subprocess.Popen(
        [str(program(pooler, name)), *arguments, where],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("PG")},
    )


def finish(process: "subprocess.Popen[str]", given: str = "") -> str:
    """Wait for its end; return what it printed. It must have ended well."""
    with process:
        try:
            printed, _ = process.communicate(given, timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, printed
    return printed


def run(pooler: PoolerProcess, name: str, *arguments: str, given: str = "") -> str:
    """Run a program to its end; return what it printed."""
    return finish(begin(pooler, name, *arguments), given)
