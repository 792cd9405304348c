"""Tests of ``pgpool_py/sql/classify.py``."""

import pytest

from pgpool_py.sql.classify import MAX_LENGTH, classify
from pgwire.classification import UNSEEN, Classification, Named, Touch, Transaction

NOTHING = Touch(0)
REMAINING = Touch.LASTING | Touch.REMAINING


def touches(text: str) -> Touch:
    return classify(text.encode()).touches


def names(text: str) -> list[tuple[Touch, bytes | None, str]]:
    found = classify(text.encode())
    return [
        (name.touch, name.name, text.encode()[name.start : name.end].decode())
        for name in found.names
    ]


def test_an_empty_text_is_one_harmless_statement() -> None:
    assert classify(b"") == classify(b" ;; -- x") == Classification(NOTHING)


def test_a_long_text_is_not_read() -> None:
    text = b"SELECT '%s'" % (b"x" * MAX_LENGTH)

    assert classify(text) == UNSEEN


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'a\\'",
        "SELECT 'a\\'' , set_config('a.b', 'c', false) --'",
        'SELECT U&"set\\005fconfig"(1)',
        "SELECT 1 /* unfinished",
        "SELECT 'unfinished",
        'SELECT "unfinished',
        "SELECT $a$ unfinished $b$",
        "SELECT E'unfinished\\'",
        "SELECT 1 \\ 2",
        "SELECT 1a",
        "SELECT 1$$ ' $$",
        "SELECT $1a",
        "SELECT 1\0",
        "/*/*/*/*/* five deep */*/*/*/*/ SELECT 1",
    ],
)
def test_what_is_not_understood_is_opaque(text: str) -> None:
    assert classify(text.encode()) == UNSEEN


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'it''s', E'it\\'s', 'C:\\dir', $$ ' $$, $a$ $$ $a$, B'1', X'f', N'n'",
        "SELECT E'a'\n'b\\'; SET a.b = 1' -- a literal in two parts",
        "SELECT E'a' -- comment\n 'b\\'; SET a.b = 1'",
        "SELECT '; SET a = b', \"; SET a = b\", $$; SET a = b$$, U&'; SET a = b'",
        "-- SET a = b\n/* SET a = b; /* nested */ SET a = b; */ SELECT 1",
        "SELECT 1 + -2 * 3 / 4 - - 5, @ -6, 0x1f, 1_000, .5, 1.5e-3, a[1:2]",
        "SELECT set_config, pg_advisory_lock FROM t",
        "SELECT t.pg_advisory_lock, s.t.currval FROM s.t",
        "SELECT (t).id, a[1].id FROM t",
        "SELECT '(' || set_config || ')'",
        "SELECT \"SET_CONFIG\"('a', 'b', false)",
        "SELECT pg_advisory_xact_lock(1), nextval('s'), setval('s', 1)",
        "INSERT INTO temp (a) VALUES (1)",
        "SELECT temp FROM temp",
        "CREATE TABLE weather (temp int, temporary int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT currval($$s$$)'",
        "CREATE VIEW v AS SELECT currval('s')",
        "CREATE FUNCTION currval(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO joe",
        "ALTER ROLE joe SET work_mem = '1MB'",
        "ALTER DATABASE d SET work_mem = '1MB'",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "DECLARE c CURSOR FOR SELECT 1",
        "DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1",
        "COPY t FROM STDIN",
        "SELECT * FROM pg_settings",
        "PREPARE TRANSACTION 'x'",
        "DISCARD PLANS",
        "UPDATE t SET a = 1 WHERE CURRENT OF c",
        "SELECT 'pg_temp.x'",
    ],
)
def test_what_touches_no_session_is_harmless(text: str) -> None:
    assert touches(text) == NOTHING


@pytest.mark.parametrize(
    ("text", "touched"),
    [
        ("LOAD 'plpgsql'", REMAINING),
        ("SELECT setseed(0.5)", REMAINING),
        ("SET seed TO 0.5", REMAINING),
        ("SELECT set_config('seed', '0.5', false)", REMAINING),
        ("SELECT currval('s')", Touch.LASTING),
        ("SELECT lastval()", Touch.LASTING),
        ("SELECT dblink_connect_u('c', 'dbname=x')", REMAINING),
        ("SELECT pg_backup_start('b', true)", REMAINING),
        ("INSERT INTO t VALUES (currval('s'))", Touch.LASTING),
        ("CREATE TABLE t AS SELECT lastval()", Touch.LASTING),
        ("CREATE MATERIALIZED VIEW v AS SELECT lastval()", Touch.LASTING),
        ("SELECT pg_notify('a', 'b')", Touch.NOTIFY),
        ("SELECT pg_advisory_lock(1)", Touch.LOCKS),
        ("SELECT pg_advisory_lock_shared(1, 2)", Touch.LOCKS),
        ("SELECT pg_try_advisory_lock(1)", Touch.LOCKS),
        ("SELECT pg_try_advisory_lock_shared(1)", Touch.LOCKS),
        ("SELECT PG_CATALOG . Pg_Advisory_Lock /* */ (1)", Touch.LOCKS),
        ('SELECT pg_catalog."pg_advisory_lock"\n(1)', Touch.LOCKS),
        ("SELECT db.pg_catalog.pg_advisory_lock(1)", Touch.LOCKS),
        ("COPY (SELECT pg_advisory_lock(1)) TO STDOUT", Touch.LOCKS),
        ("WITH x AS (SELECT pg_advisory_lock(1)) SELECT * FROM x", Touch.LOCKS),
        ("EXPLAIN ANALYZE SELECT pg_advisory_lock(1)", Touch.LOCKS),
        ("EXPLAIN (ANALYZE, COSTS off) SELECT pg_advisory_lock(1)", Touch.LOCKS),
        ("(((SELECT pg_advisory_lock(1))))", Touch.LOCKS),
        ("SELECT pg_advisory_unlock(1)", Touch.GONE),
        ("SELECT pg_advisory_unlock_shared(1)", Touch.GONE),
        ("SELECT pg_advisory_unlock_all()", Touch.GONE),
        ("DROP TABLE t", Touch.GONE),
        ("CLOSE c", Touch.GONE),
        ("CLOSE ALL", Touch.GONE),
        ("DISCARD TEMP", Touch.GONE),
        ("DISCARD SEQUENCES", Touch.GONE),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", Touch.CURSORS),
        ("DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT 1", Touch.CURSORS),
        ("BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; COMMIT", Touch.CURSORS),
        ("CREATE TEMP TABLE t (a int)", Touch.TEMPORARY),
        ("CREATE LOCAL TEMPORARY TABLE t (a int)", Touch.TEMPORARY),
        ("CREATE OR REPLACE TEMP VIEW v AS SELECT 1", Touch.TEMPORARY),
        ("CREATE TEMP SEQUENCE s", Touch.TEMPORARY),
        ("CREATE TEMP TABLE t (a int) ON COMMIT DELETE ROWS", Touch.TEMPORARY),
        ("CREATE TEMP TABLE t (a int) ON COMMIT DROP", NOTHING),
        ("CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1", NOTHING),
        ("CREATE TEMP TABLE pg_temp.t (a int) ON COMMIT DROP", Touch.TEMPORARY),
        ("CREATE TABLE pg_temp.t (a int)", Touch.TEMPORARY),
        ('CREATE TABLE "pg_temp".t (a int)', Touch.TEMPORARY),
        ("CREATE FUNCTION pg_temp.f() RETURNS int RETURN 1", Touch.TEMPORARY),
        ("SELECT 1 INTO TEMP t", Touch.TEMPORARY),
        ("SELECT 1 INTO LOCAL TEMPORARY TABLE t", Touch.TEMPORARY),
        ("SELECT 1 INTO pg_temp_3.t", Touch.TEMPORARY),
        ("SELECT 1 insert INTO TEMP t", Touch.TEMPORARY),
        ("SELECT (1) merge INTO TEMP t", Touch.TEMPORARY),
        ("EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1", Touch.TEMPORARY),
        ("DO $$ BEGIN END $$", Touch.OPAQUE),
        ("CALL p()", Touch.OPAQUE),
        ("IMPORT FOREIGN SCHEMA s FROM SERVER v INTO t", Touch.OPAQUE),
        ("SELECT query_to_xml('SELECT 1', true, true, '')", UNSEEN.touches),
        ("SELECT * FROM crosstab2('SELECT 1')", UNSEEN.touches),
        ("SELECT * FROM connectby('t', 'a', 'b', 'c', 0)", UNSEEN.touches),
        ("FROBNICATE", Touch.OPAQUE),
        ("CREATE FROB f", Touch.OPAQUE),
        ("UPDATE pg_settings SET setting = '1'", Touch.PARAMETERS | Touch.PATH),
        (
            "UPDATE pg_catalog.pg_settings SET setting = '1'",
            Touch.PARAMETERS | Touch.PATH,
        ),
        ('SET my."\u00fc" = 1', Touch.OPAQUE | Touch.LASTING),
        ("SET my.x = 1", Touch.PARAMETERS),
        ("SELECT 1; SELECT lastval(); SELECT 2", Touch.LASTING),
        (
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT lastval())",
            Touch.LASTING,
        ),
        (
            "SET search_path = pg_temp",
            Touch.PARAMETERS | Touch.TEMPORARY | Touch.LASTING,
        ),
        (
            "SELECT set_config('search_path', 'pg_temp, public', false)",
            Touch.PARAMETERS | Touch.LASTING,
        ),
    ],
)
def test_what_may_touch_the_session_is_told(text: str, touched: Touch) -> None:
    assert touches(text) == touched


@pytest.mark.parametrize(
    ("text", "transaction"),
    [
        ("BEGIN", Transaction.BEGIN),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", Transaction.BEGIN),
        ("START TRANSACTION READ ONLY;", Transaction.BEGIN),
        ("COMMIT AND CHAIN", Transaction.COMMIT),
        ("end work", Transaction.COMMIT),
        ("ROLLBACK", Transaction.ROLLBACK),
        ("ABORT", Transaction.ROLLBACK),
        ("SAVEPOINT a", Transaction.SAVEPOINT),
        ("SAVEPOINT pg_temp", Transaction.SAVEPOINT),
        ("RELEASE SAVEPOINT a", Transaction.RELEASE),
        ("ROLLBACK TO a", Transaction.ROLLBACK_TO),
        ("ROLLBACK WORK TO SAVEPOINT a", Transaction.ROLLBACK_TO),
        ("PREPARE TRANSACTION 'a'", Transaction.PREPARE),
        ("COMMIT PREPARED 'a'", Transaction.NONE),
        ("ROLLBACK PREPARED 'a'", Transaction.NONE),
        ("SET TRANSACTION READ ONLY", Transaction.NONE),
        ("BEGIN; COMMIT", Transaction.NONE),
    ],
)
def test_what_is_done_to_the_transaction(text: str, transaction: Transaction) -> None:
    found = classify(text.encode())

    assert found.transaction is transaction
    assert found.touches == NOTHING
    assert found.alone == (text != "BEGIN; COMMIT")
    assert not found.self_contained


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LISTEN a", [(Touch.LISTEN, b"a", "a")]),
        ("listen Ab", [(Touch.LISTEN, b"ab", "Ab")]),
        ('LISTEN "A""b";', [(Touch.LISTEN, b'A"b', '"A""b"')]),
        (f"LISTEN {'x' * 70}", [(Touch.LISTEN, b"x" * 63, "x" * 70)]),
        ('LISTEN "\u00e9"', [(Touch.LISTEN, "\u00e9".encode(), '"\u00e9"')]),
        ("UNLISTEN *", [(Touch.UNLISTEN, None, "*")]),
        ("UNLISTEN a", [(Touch.UNLISTEN, b"a", "a")]),
        ("NOTIFY a, 'b'", [(Touch.NOTIFY, b"a", "a")]),
        ("PREPARE p (int) AS SELECT $1", [(Touch.PREPARE, b"p", "p")]),
        (
            "PREPARE transaction AS SELECT 1",
            [(Touch.PREPARE, b"transaction", "transaction")],
        ),
        ("EXECUTE p(1)", [(Touch.EXECUTE, b"p", "p")]),
        ("EXPLAIN ANALYZE EXECUTE p", [(Touch.EXECUTE, b"p", "p")]),
        ("CREATE TABLE t AS EXECUTE p(1)", [(Touch.EXECUTE, b"p", "p")]),
        ("DEALLOCATE p", [(Touch.DEALLOCATE, b"p", "p")]),
        ("DEALLOCATE PREPARE p", [(Touch.DEALLOCATE, b"p", "p")]),
        ("DEALLOCATE prepare", [(Touch.DEALLOCATE, b"prepare", "prepare")]),
        ("DEALLOCATE ALL", [(Touch.DEALLOCATE, None, "ALL")]),
        ('DEALLOCATE "all"', [(Touch.DEALLOCATE, b"all", '"all"')]),
        (
            "DISCARD ALL",
            [(Touch.UNLISTEN, None, "ALL"), (Touch.DEALLOCATE, None, "ALL")],
        ),
        (
            "LISTEN a; /* LISTEN b */ LISTEN c",
            [(Touch.LISTEN, b"a", "a"), (Touch.LISTEN, b"c", "c")],
        ),
    ],
)
def test_names_are_given_with_their_place_in_the_text(
    text: str, found: list[tuple[Touch, bytes | None, str]]
) -> None:
    assert names(text) == found
    touched = NOTHING
    for touch, _, _ in found:
        touched |= touch
    assert touches(text) & touched == touched
    assert not touches(text) & Touch.OPAQUE


@pytest.mark.parametrize(
    "text",
    [
        "LISTEN \u00c9",
        'LISTEN "' + 9 * "\u00e9" + '"',
        "LISTEN a b",
        "UNLISTEN a, b",
        "DEALLOCATE a b",
        "PREPARE 'a'",
    ],
)
def test_a_name_that_is_not_certain_makes_a_statement_opaque(text: str) -> None:
    found = classify(text.encode())

    assert found.touches & Touch.OPAQUE
    assert not found.names


def test_what_a_statement_prepares_touches_at_its_preparation() -> None:
    text = "PREPARE p AS SELECT pg_advisory_lock(1)"

    assert touches(text) == Touch.PREPARE | Touch.LOCKS


def test_functions_are_named_with_their_schema() -> None:
    text = b'SELECT Lower(a), s."F"(1), count (*) FROM g(1) AS h(x), (VALUES (1)) v'

    assert classify(text).functions == {"lower", "s.F", "count", "g"}


def test_a_place_is_that_in_the_whole_text() -> None:
    text = b"SELECT 'x'; LISTEN a"

    assert classify(text).names == (Named(Touch.LISTEN, b"a", 19, 20, 20),)


def test_it_is_told_where_the_statement_ends_that_has_the_name() -> None:
    text = b"BEGIN; PREPARE a AS SELECT ';' /* ; */ ; EXPLAIN EXECUTE a (1) -- end"
    ends = [text[: named.until] for named in classify(text).names]

    assert ends == [
        b"BEGIN; PREPARE a AS SELECT ';'",
        b"BEGIN; PREPARE a AS SELECT ';' /* ; */ ; EXPLAIN EXECUTE a (1)",
    ]
