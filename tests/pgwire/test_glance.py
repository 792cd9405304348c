"""Statements that are told at a glance to touch nothing of their session."""

import pytest

from pgwire.glance import harmless_at_a_glance


def is_harmless(text: bytes) -> bool:
    """Look at a text that stands between others."""
    buffer = b"\0before" + text + b"\0behind"
    return harmless_at_a_glance(buffer, 7, 8 + len(text)) is not None


@pytest.mark.parametrize(
    "text",
    [
        b"SELECT 1",
        b"  select a, b from t where c = 'x';  ",
        b"UPDATE t SET a = a + 1 WHERE b = 1",
        b"UPDATE only s.t SET a = 1",
        b"UPDATE pgbench_accounts SET a = 1",
        b"DELETE FROM t WHERE a = 'it''s'",
        b"BEGIN",
        b"commit;",
        b"END",
        b"Rollback ",
    ],
)
def test_what_nearly_all_send_is_harmless(text: bytes) -> None:
    assert is_harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        b"SET work_mem = '1MB'",
        b"SELECT 1; SET work_mem = '1MB'",
        b"SELECT set_config ('a.b', '1', false)",
        b"SELECT(set_config)('a.b', '1', false)",
        b'SELECT "set_config"(1)',
        b"SELECT pg_advisory_lock(1)",
        b"SELECT nextval/**/('s')",
        b"SELECT 1 INTO TEMP t",
        b"SELECT 1 iNtO TEMP t",
        b"SELECT E'\\'' , set_config('a.b', '1', false) --'",
        b"SELECT U&'x' , 1",
        b"SELECT $$'$$, pg_advisory_lock(1), $$'$$",
        b"COMMIT; LISTEN x",
        b"ROLLBACK TO s",
        b"COMMIT PREPARED 'x'",
        # It is a view, whose rule sets parameters.
        b"UPDATE pg_settings SET setting = 'off' WHERE name = 'jit'",
        b"update  only\npg_catalog . PG_Settings SET setting = 'off'",
        b"UPDATE app.pg_catalog.pg_settings s SET setting = 'off'",
        b"",
        b";",
    ],
)
def test_what_may_touch_something_is_not(text: bytes) -> None:
    assert not is_harmless(text)


def test_a_text_ends_where_it_ends() -> None:
    text = b"SELECT 1\0"
    assert harmless_at_a_glance(text, 0, len(text)) is not None
    assert harmless_at_a_glance(text, 0, len(text) - 1) is None
    assert harmless_at_a_glance(text + b"\0", 0, len(text) + 1) is None
