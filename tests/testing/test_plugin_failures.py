"""The plugin: how a failure looks, and that it is over when the next test begins."""

import pytest

from pgpool_py.embedded import EmbeddedPostgres

pytestmark = pytest.mark.integration


def run(
    pytester: pytest.Pytester, server: EmbeddedPostgres, code: str
) -> pytest.RunResult:
    pytester.makepyfile(
        f"""
import psycopg, pytest
from tests.fixtures.waiting import until
{code}"""
    )
    return pytester.runpytest_inprocess(f"--pgpool-dsn={server.dsn}", "-q")


SETS = """
@pytest.mark.pgpool(strict={strict})
def test_it(pgpool):
    with psycopg.connect(pgpool.dsn, application_name="shop") as client:
        client.execute("SET statement_timeout = 1000")
"""


def test_what_is_left_is_told_first_and_without_a_traceback(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    result = run(pytester, postgres, SETS.format(strict=True))
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_it*",
            "clients of the pooler have left behind:",
            "  SET: set statement_timeout = [?] (application 'shop')",
        ],
        consecutive=True,
    )
    # The summary may have all of it once more.
    said = result.stdout.str().partition("short test summary")[0]
    assert said.count("have left behind:\n  SET") == 1
    assert "Traceback" not in said
    assert ".py:" not in said.partition("Captured log")[0]


@pytest.mark.parametrize(
    ("asked", "failure"),
    [
        ("    pgpool.assert_no_leaks()", "*LeftBehindError: clients of the pooler*"),
        (
            "    with pgpool.expect_transactions(7):\n        pass",
            "*AssertionError: 7 transactions were expected, 0 were seen",
        ),
    ],
)
def test_what_a_test_asks_for_fails_at_its_own_line(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres, asked: str, failure: str
) -> None:
    result = run(pytester, postgres, SETS.format(strict=False) + asked)
    result.assert_outcomes(failed=1)
    at = f">   {asked.splitlines()[0]}"
    # Newer versions of Python underline the line.
    result.stdout.fnmatch_lines([at, f"E   {failure}"])
    assert "testing/" not in result.stdout.str().partition("Captured log")[0]


# What the first test leaves is a client that nobody closes.
LEAVES = """
kept = []

@pytest.mark.pgpool(strict={strict})
def test_that_leaves_something(pgpool):
    with psycopg.connect(pgpool.dsn) as client:
        client.execute("DROP TABLE IF EXISTS held; CREATE TABLE held (n int)")
    kept.append(psycopg.connect(pgpool.dsn))
    kept[0].execute("LOCK TABLE held")
    kept[0].pgconn.send_query(b"{runs}")
    kept[0].pgconn.flush()
    until(lambda: {runs!r} in running(), "it runs")

def running():
    with psycopg.connect({dsn!r}) as direct:
        asked = "SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        return [query for query, in direct.execute(asked)]

def test_behind_it(pgpool):
    with psycopg.connect(pgpool.dsn) as client:
        # Waits for nobody at all: what was left was over when the other test was.
        client.execute("LOCK TABLE held NOWAIT")
        client.execute("DROP TABLE held")
    kept[0].close()
"""


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("runs", ["SELECT pg_sleep(120)", "SELECT 1"])
def test_the_test_behind_finds_no_lock_of_one_that_left_something(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres, runs: str, *, strict: bool
) -> None:
    code = LEAVES.format(runs=runs, strict=strict, dsn=postgres.dsn)
    result = run(pytester, postgres, code)
    result.assert_outcomes(passed=2, errors=int(strict))
