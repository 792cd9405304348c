"""node-postgres through the pooler in transaction mode: named queries, two servers,
and another one after each transaction. The scenarios stand in `node/named.js`."""

from pathlib import Path

import pytest

from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.javascript import HERE, modules, program, run
from tests.integration.rotation import SERVERS, rotating

__all__ = ["modules"]

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
