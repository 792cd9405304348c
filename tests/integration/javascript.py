"""Node, and the driver that package-lock.json names."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.fixtures.cache import CACHE, alone

HERE = Path(__file__).parent / "node"
FILES = ("package.json", "package-lock.json")


def program(name: str) -> str:
    """Return the path of a program; skip where it was not found."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def run(argv: list[str], seconds: float, **environment: str) -> str:
    """Run to the end, which must be a good one; return what was printed."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    ended = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**inherited, "NODE_DISABLE_COMPILE_CACHE": "1", **environment},
        timeout=seconds,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@pytest.fixture(scope="session")
def modules() -> Path:
    """Return a directory with what package-lock.json says, installed once for all."""
    npm = program("npm")
    locked = b"".join((HERE / name).read_bytes() for name in FILES)
    place = CACHE / f"node-{hashlib.sha256(locked).hexdigest()[:16]}"
    with alone(place.name):
        if not place.exists():
            _install(npm, place)
    return place


def _install(npm: str, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=CACHE) as directory:
        for name in FILES:
            shutil.copy(HERE / name, directory)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
        run([npm, "ci", *quiet, "--prefix", directory], seconds=120)
        # Whole or not at all.
        Path(directory, "node_modules").rename(place)
