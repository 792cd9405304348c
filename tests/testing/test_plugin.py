"""The plugin: what strict mode fails for, and what it lets pass."""

import pytest

from pgpool_py.embedded import EmbeddedPostgres

pytestmark = pytest.mark.integration

_LEAKS = {
    "SET": ("SET statement_timeout = 1000", "*SET: set statement_timeout = [?] "),
    "temporary": (
        "CREATE TEMPORARY TABLE t (i int)",
        "*temporary object: create temporary table t (i int) ",
    ),
    "LISTEN": ("LISTEN news", "*LISTEN: listen news "),
    "lock": (
        "SELECT pg_advisory_lock(1)",
        "*advisory lock: select pg_advisory_lock ([?]) ",
    ),
    "cursor": (
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "*cursor with hold: declare c cursor with hold for select [?] ",
    ),
}


def run(
    pytester: pytest.Pytester,
    server: EmbeddedPostgres,
    body: str,
    *,
    strict: bool = True,
) -> pytest.RunResult:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    pytester.makepyfile(
        "import psycopg, pytest\n\n"
        "@pytest.fixture(scope='module')\ndef kept():\n    kept = []\n"
        "    yield kept\n    for c in kept:\n        c.close()\n\n"
        f"@pytest.mark.pgpool(strict={strict})\n"
        f"def test_it(kept, pgpool):\n{lines}\n"
    )
    return pytester.runpytest_inprocess(f"--pgpool-dsn={server.dsn}", "-q")


_CONNECT = "psycopg.connect(pgpool.dsn, autocommit=True, application_name='shop')"


@pytest.mark.parametrize(("statement", "message"), _LEAKS.values(), ids=_LEAKS)
def test_a_leak_fails_with_its_statement_and_application(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres, statement: str, message: str
) -> None:
    body = f"with {_CONNECT} as c:\n    c.execute({statement!r})"
    result = run(pytester, postgres, body)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*left behind:*", f"{message}(application 'shop')"])


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "SET datestyle = 'ISO'; RESET datestyle",
            "*open connection: *reset datestyle*",
        ),
        ("SELECT 'secret'", "*open connection: select [?] (*"),
        ("SELECT pg_advisory_lock(1)", "*open connection: select pg_advisory_lock (*"),
        ("BEGIN; SELECT 'secret'", "*idle transaction: begin; select [?]*"),
        (
            "BEGIN; DECLARE c CURSOR FOR SELECT 1",
            "*idle transaction: begin; declare c cursor for select [?]*",
        ),
    ],
)
def test_who_is_still_connected_fails(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres, statement: str, message: str
) -> None:
    body = f"kept.append({_CONNECT})\nkept[0].execute({statement!r})"
    result = run(pytester, postgres, body)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"{message}'shop'*"])


def test_what_is_clean_passes(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    body = (
        f"with {_CONNECT} as c, pgpool.expect_transactions(2):\n"
        "    c.execute('SELECT 1')\n"
        "    with c.transaction():\n"
        "        c.execute('SET LOCAL statement_timeout = 1000')\n"
        "        c.execute('CREATE TEMP TABLE t (i int) ON COMMIT DROP')\n"
        "assert pgpool.max_servers_used >= 1\n"
        "assert 'password' not in repr(pgpool)"
    )
    run(pytester, postgres, body).assert_outcomes(passed=1)


def test_without_strict_mode_nothing_is_demanded(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    body = f"with {_CONNECT} as c:\n    c.execute('SET statement_timeout = 1000')"
    run(pytester, postgres, body, strict=False).assert_outcomes(passed=1)


def test_what_still_runs_is_no_idle_transaction(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    body = (
        f"kept.append({_CONNECT})\n"
        "kept[0].pgconn.send_query(b'SELECT pg_sleep(30)')\n"
        "kept[0].pgconn.flush()\n"
        "key = ('postgres', 'postgres')\n"
        "from tests.fixtures.waiting import until\n"
        "until(lambda: pgpool.pools[key]['busy'], 'it runs')"
    )
    result = run(pytester, postgres, body)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*running statement: select pg_sleep (*'shop'*"])
    result.stdout.no_fnmatch_line("*idle transaction*")


def test_a_client_that_gets_no_server_fails_strict_mode(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    pytester.makepyfile(
        """
        import psycopg, pytest

        @pytest.mark.pgpool(strict=True, pool_size=1, query_wait_timeout="1s")
        def test_it(pgpool):
            with psycopg.connect(pgpool.dsn) as first, first.transaction():
                first.execute("SELECT 1")
                with pytest.raises(psycopg.Error, match="query_wait_timeout"):
                    name = {"application_name": "shop"}
                    with psycopg.connect(pgpool.dsn, **name) as second:
                        second.execute("SELECT %s", ["secret"])
        """
    )
    result = pytester.runpytest_inprocess(f"--pgpool-dsn={postgres.dsn}", "-q")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*left behind:*",
            "*pool exceeded, query_wait_timeout: *begin* (application 'shop')",
        ]
    )


def test_a_failed_test_still_says_what_it_left(
    pytester: pytest.Pytester, postgres: EmbeddedPostgres
) -> None:
    body = f"with {_CONNECT} as c:\n    c.execute('LISTEN news')\n    assert not c"
    result = run(pytester, postgres, body)
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(["*left behind:*", "*LISTEN: *'shop'*", "*assert not*"])
