"""State of which PgBouncer knows nothing."""

from tests.integration.state.scene import Voice


def a_value_leaks(one: Voice, other: Voice) -> None:
    one("SET work_mem = '7MB'; SET search_path = side")
    other("SHOW work_mem")
    other("SELECT schema FROM here")
    other("RESET work_mem")
    one("SHOW work_mem")


def a_role_leaks(one: Voice, other: Voice) -> None:
    one("SET ROLE reader")
    other("SELECT current_user, session_user")
    other("RESET ROLE")
    one("SELECT current_user, session_user")


def a_prepared_statement_leaks(one: Voice, other: Voice) -> None:
    one("PREPARE s AS SELECT 1")
    other("EXECUTE s")
    other("DEALLOCATE s")
    one("EXECUTE s")


def what_would_pin_leaks(one: Voice, other: Voice) -> None:
    one("CREATE TEMP TABLE t AS SELECT 1 AS a; SELECT pg_advisory_lock(1)")
    other("SELECT a, pg_try_advisory_lock(1), pg_advisory_unlock(1) FROM t")
    one("DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 9)")
    other("FETCH 2 FROM c")
    other("CLOSE c; DROP TABLE t")
    one("FETCH 2 FROM c")
    one("SELECT a FROM t")
