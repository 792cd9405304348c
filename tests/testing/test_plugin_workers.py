"""The plugin under pytest-xdist: workers share nothing, and leave nothing."""

import tempfile
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.integration

# Each waits for the other, so two workers run them, at the same time.
_TEST: Final = """
import pathlib
import psycopg, pytest
from tests.fixtures.waiting import until

@pytest.mark.parametrize("me, other", [("one", "two"), ("two", "one")])
def test_it(me, other, pgpool, pgpool_dsn, worker_id):
    with psycopg.connect(pgpool.dsn, autocommit=True) as client:
        client.execute("CREATE TABLE mine AS SELECT %s AS worker", [worker_id])
        facts = pathlib.Path(f"{me}.part")
        facts.write_text(f"{worker_id}\\n{pgpool.port}\\n{pgpool_dsn}")
        facts.rename(me)
        until(pathlib.Path(other).exists, "the other worker is there", seconds=30)
        assert client.execute("TABLE mine").fetchall() == [(worker_id,)]
"""

#: What the tests within have no use for.
_WITHOUT: Final = ("-p", "no:pytest_postgresql", "-p", "no:hypothesispytest")


def test_each_worker_has_a_pooler_and_a_server_of_its_own(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(_TEST)
    before = _directories()
    result = pytester.runpytest_subprocess("-n", "2", *_WITHOUT)
    result.assert_outcomes(passed=2)
    one, two = ((pytester.path / n).read_text().splitlines() for n in ("one", "two"))
    assert all(mine != others for mine, others in zip(one, two, strict=True))
    assert _directories() == before


def _directories() -> set[Path]:
    """Return those of throw-away servers; each goes when all of its server has."""
    return set(Path(tempfile.gettempdir()).glob("pgpool-pg-*"))
