"""node-postgres through the pooler in transaction mode: named queries, two servers,
and another one after each transaction. The scenarios stand in `node/named.js`."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.rotation import SERVERS, rotating

HERE = Path(__file__).parent / "node"
CACHE = Path(__file__).parents[2] / ".cache"
FILES = ("package.json", "package-lock.json")

SCENARIOS = (
    "a name is good on every server",
    "the same name in many clients",
    "many queries queued in each client",
    "values of many types",
    "errors leave the names as they were",
    "transactions are kept or rolled back as a whole",
    "rows are fetched piece by piece",
    "the pool of the driver",
)


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
    if not place.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as directory:
            for name in FILES:
                shutil.copy(HERE / name, directory)
            quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
            run([npm, "ci", *quiet, "--prefix", directory], seconds=120)
            # Whole or not at all.
            Path(directory, "node_modules").rename(place)
    return place


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return rotating(start_pooler)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_node_postgres(pooler: PoolerProcess, modules: Path, scenario: str) -> None:
    where = f"postgres://postgres@{pooler.host}:{pooler.port}/app"
    argv = [program("node"), str(HERE / "named.js"), where, scenario]
    run(argv, seconds=30, NODE_PATH=str(modules))
    assert len(pooler.backends()) <= SERVERS


def test_every_scenario_is_run() -> None:
    text = (HERE / "named.js").read_text()
    assert all(f"async '{scenario}'()" in text for scenario in SCENARIOS)
    assert text.count("  async '") == len(SCENARIOS)
