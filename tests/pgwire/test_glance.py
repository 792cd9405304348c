"""Tests of ``protocol/pgwire/glance.py``; what it lets through, in ``tests/sql``."""

import time

import pytest

from pgwire.glance import harmless_at_a_glance

HEAD = b"Q\0\0\0\0"


def is_harmless(text: str) -> bool:
    buffer = bytearray(HEAD + text.encode() + b"\0" + b"what another client left")
    end = len(HEAD) + len(text.encode()) + 1
    return harmless_at_a_glance(buffer, len(HEAD), end) is not None


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN",
        "begin;",
        "BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY;",
        "START TRANSACTION",
        "COMMIT",
        "END;",
        "ROLLBACK",
        "SAVEPOINT a1",
        "ROLLBACK TO SAVEPOINT a1",
        "SELECT 1",
        "SELECT",
        "\n  select a\n  from t",
        "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;",
        "UPDATE pgbench_accounts SET abalance = abalance + -5 WHERE aid = 1;",
        "UPDATE pgbench_tellers SET tbalance = tbalance + 5 WHERE tid = 1;",
        "INSERT INTO pgbench_history (tid, mtime) VALUES (1, CURRENT_TIMESTAMP);",
        "select count(*), avg(x), lower(y), coalesce(z, '') from t where a in (1)",
        'SELECT "a"."b c" FROM "m" WHERE "b" = \'it\'\'s\' AND (c = $1 OR d / 2 > 1)',
        'INSERT INTO "t" ("a", "b") VALUES (1, \'; SET a = b\') RETURNING "a" ;\n',
        'UPDATE "t" SET "a" = 1',
        "DELETE FROM t WHERE id = 1",
        "SELECT id, name FROM items WHERE name = 'set_config(' FOR UPDATE",
        "SELECT timestamp_ FROM company WHERE em = 1",
        'SELECT ";" FROM "a(b" WHERE "--" = 1',
        "SELECT t.a[1], (SELECT 1), $1 FROM t WHERE (t.b) = .5",
    ],
)
def test_common_statements_are_let_through(text: str) -> None:
    assert is_harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        "SET a = 1",
        "SELECT 1; SET a = 1",
        "BEGIN; SET a = 1",
        "BEGIN; COMMIT",
        "SELECT set_config('a', 'b', false)",
        "SELECT set_config ('a', 'b', false)",
        "SELECT set_config  ('a', 'b', false)",
        "SELECT set_config\n('a', 'b', false)",
        "SELECT set_config\n ('a', 'b', false)",
        "SELECT set_config/**/('a', 'b', false)",
        "SELECT SET_CONFIG('a', 'b', false)",
        "SELECT \"set_config\"('a', 'b', false)",
        "SELECT \"set_config\" ('a', 'b', false)",
        "SELECT \"set_config\"  ('a', 'b', false)",
        "SELECT \"set_config\"\n('a', 'b', false)",
        "SELECT U&\"set_confi!0067\"(1) UESCAPE '!'",
        "SELECT pg_advisory_lock(1)",
        "SELECT lastval()",
        "INSERT INTO t VALUES (currval('s'))",
        "SELECT 1 INTO TEMP t",
        "SELECT 1 INTO pg_temp.t",
        'SELECT 1 INTO "pg_temp".t',
        "SELECT 1 INTO U&\"pg_te!006dp\" UESCAPE '!'",
        "INSERT INTO PG_TEMP.t VALUES (1)",
        "UPDATE pg_settings SET setting = '1'",
        "UPDATE \"pg_settings\" SET setting = '1'",
        "UPDATE ONLY pg_settings SET setting = '1'",
        "UPDATE  pg_settings SET setting = '1'",
        "UPDATE pg_catalog.pg_settings SET setting = '1'",
        "SELECT 'a\\', set_config('a', 'b', false)",
        "SELECT E'a\\'', 1",
        "SELECT $$'$$, set_config('a', 'b', false) --'",
        "SELECT a-- '\n, set_config('a', 'b', false) --'",
        "SELECT a/* '*/, set_config('a', 'b', false) --'",
        "SELECT 'a",
        'SELECT "a',
        "WITH x AS (SELECT 1) SELECT 1",
        "PREPARE TRANSACTION 'a'",
        "",
    ],
)
def test_others_are_not(text: str) -> None:
    assert not is_harmless(text)


def test_the_end_of_the_text_is_where_it_is_said_to_be() -> None:
    buffer = b"SELECT 1\0; SET a = 1\0"

    assert harmless_at_a_glance(buffer, 0, 9)
    assert not harmless_at_a_glance(buffer, 0, len(buffer))
    assert not harmless_at_a_glance(buffer, 0, 8)


@pytest.mark.parametrize(
    "piece",
    ["m", "mp", "(", ")(", "'", '"', "''", '"" ', "- ", "a ", " (", "$1", "M ", "x"],
)
def test_no_text_takes_more_than_one_pass(piece: str) -> None:
    texts = [
        bytearray(b"SELECT " + piece.encode() * (size // len(piece)) + b"\\\0")
        for size in (1 << 16, 1 << 20)
    ]
    took = []
    for text in texts:
        start = time.process_time()
        assert not harmless_at_a_glance(text, 0, len(text))
        took.append(time.process_time() - start)

    # Quadratic would be 256 times as long, and hours for the second.
    assert took[1] < 2.0


@pytest.mark.parametrize(
    "text",
    [
        b"SELECT 1",
        b"  select a, b from t where c = 'x';  ",
        b"UPDATE t SET a = a + 1 WHERE b = 1",
        b"UPDATE pgbench_accounts SET a = 1",
        b"DELETE FROM t WHERE a = 'it''s'",
        b"BEGIN",
        b"commit;",
        b"END",
        b"ROLLBACK ",
    ],
)
def test_what_nearly_all_send_is_harmless(text: bytes) -> None:
    assert is_harmless(text.decode())


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
        b"SELECT $$'$$, pg_advisory_lock(1), $$'$$",
        b"COMMIT; LISTEN x",
        b"COMMIT PREPARED 'x'",
        # It is a view, whose rule sets parameters.
        b"UPDATE pg_settings SET setting = 'off' WHERE name = 'jit'",
        b"update  only\npg_catalog . PG_Settings SET setting = 'off'",
        b"UPDATE app.pg_catalog.pg_settings s SET setting = 'off'",
    ],
)
def test_what_may_touch_something_is_not(text: bytes) -> None:
    assert not is_harmless(text.decode())


def test_a_text_ends_where_it_ends() -> None:
    text = b"SELECT 1\0"
    assert harmless_at_a_glance(text, 0, len(text)) is not None
    assert harmless_at_a_glance(text, 0, len(text) - 1) is None
    assert harmless_at_a_glance(text + b"\0", 0, len(text) + 1) is None
