"""Tests of ``pgpool_py/sql/refine.py``."""

import sys

import pytest

from pgpool_py.sql.classify import classify
from pgpool_py.sql.refine import MAX_LENGTH, installed, refined
from pgwire.classification import HARMLESS, UNSEEN, Classification, Touch, Transaction

NOTHING = Touch(0)
ASK = refined(classify, installed())


def asked(text: str) -> Classification:
    return ASK(text.encode())


def test_without_a_parser_words_are_all_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pglast.parser", None)

    assert installed() is None
    assert refined(classify, installed()) is classify


@pytest.mark.parametrize(
    "text",
    [
        # Not decoded by the lexer, or not read to the end.
        'SELECT U&"a" FROM t',
        "SELECT U&\"d!0061t!+000061\" UESCAPE '!' FROM t",
        "/*/*/*/*/* five deep */*/*/*/*/ SELECT 1",
        # Called like a function, and none.
        "SELECT * FROM t AS a, u lastval (x)",
        "WITH a AS (SELECT 1), currval (x) AS (SELECT 2) SELECT * FROM currval",
        "CREATE TABLE t (a int REFERENCES setseed (b))",
        "COPY lastval (a) FROM STDIN",
        # No schema, and no temporary table.
        "SELECT pg_temperature FROM weather",
        "SELECT 1 INTO temp",
        # Defined, and not run.
        "CREATE FUNCTION f() RETURNS int SET search_path = public, pg_temp RETURN 1",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT lastval(); RETURN 1; END",
        "CREATE RULE r AS ON INSERT TO t DO (NOTIFY c; SELECT lastval())",
        "ALTER FUNCTION f() SET search_path = s, pg_temp",
        "ALTER ROLE joe SET search_path = s, pg_temp",
        "BEGIN; ALTER DATABASE d SET search_path = s, pg_temp; SHOW jit; COMMIT",
        # Planned, and not run.
        "EXPLAIN SELECT pg_advisory_lock(1)",
        "EXPLAIN (VERBOSE) SELECT 1 INTO TEMP t",
    ],
)
def test_what_the_tree_shows_to_touch_nothing_is_harmless(text: str) -> None:
    found = asked(text)

    assert classify(text.encode()).touches
    assert found.touches == NOTHING
    assert found.alone == (not text.startswith("BEGIN"))
    assert (found.parameters, found.names) == ((), ())
    assert found.transaction is Transaction.NONE


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("SELECT pg_temperature, lastval() FROM t", Touch.LASTING),
        ("SELECT pg_advisory_unlock(1) FROM t lastval (a)", Touch.GONE),
        ("SELECT 1 INTO TEMP t FROM u lastval (a)", Touch.TEMPORARY),
        ("SELECT pg_temp.f() FROM u lastval (a)", Touch.TEMPORARY),
        ("CREATE TABLE pg_temp.t AS SELECT 1 FROM u lastval (a)", Touch.TEMPORARY),
        ("CREATE FUNCTION pg_temp.f() RETURNS int BEGIN ATOMIC; END", Touch.TEMPORARY),
        ("CREATE FUNCTION f(pg_temp.t) RETURNS int RETURN 1", Touch.TEMPORARY),
        ("EXPLAIN ANALYZE SELECT pg_temperature, lastval()", None),
        ("EXPLAIN (COSTS, ANALYZE off) SELECT lastval()", None),
        ("EXPLAIN EXECUTE pg_temperature", None),
        ("CREATE TABLE pg_temperature AS EXECUTE p", None),
        ("DROP TABLE pg_temperature", None),
        (
            "UPDATE pg_settings SET setting = 1 FROM t lastval (a)",
            Touch.PARAMETERS | Touch.PATH,
        ),
        ("SELECT set_config('a.b', 'c', false) FROM t lastval (a)", None),
        ("PREPARE p AS SELECT 1 FROM t lastval (a)", None),
        ("SET a.b = 1; SELECT pg_temperature", None),
        ("DO 'x'", None),
        ("CALL p()", None),
    ],
)
def test_only_what_the_tree_rules_out_is_taken_away(
    text: str, left: Touch | None
) -> None:
    plain, found = classify(text.encode()), asked(text)

    assert found.touches == (plain.touches if left is None else left)
    assert (found.names, found.parameters) == (plain.names, plain.parameters)
    assert found.functions >= plain.functions


@pytest.mark.parametrize(
    "text",
    [
        'SELECT U&"a", lastval()',
        "SELECT U&\"set_config\"('a.b', 'c', false)",
        "SELECT U&\"s!0065t_config\" UESCAPE '!' ('a.b', 'c', false)",
        'LISTEN U&"a"',
        'SET U&"a" = 1',
        # It is not told what they do to the transaction.
        "/*/*/*/*/* */*/*/*/*/ COMMIT",
        # Not read alike under all parameters, or not by all of it.
        'SELECT U&"\\0061"',
        "SELECT 'a\\', U&\"a\"",
        "SELECT E'a', U&\"a\"",
        "SELECT U&\"a\", '\u00e9'",
        'SELECT U&"a"\0; SELECT lastval()',
        # No SQL, or none that every version reads alike.
        'SELECT U&"a" FROM FROM',
        'SELECT U&"a" 1a',
        'SELECT U&"a", ' + "1," * MAX_LENGTH + "1",
    ],
)
def test_what_was_not_read_stays_opaque(text: str) -> None:
    assert asked(text) == UNSEEN


def test_a_tree_that_may_be_too_deep_for_its_reader_does_no_harm() -> None:
    text = 'SELECT U&"a"' + "+1" * 3000
    plain = classify(text.encode())
    # From which depth on JSON is not read, is the interpreter's affair.
    assert asked(text).touches in {plain.touches, Touch(0)}


def test_an_empty_text_is_one_harmless_statement() -> None:
    assert asked("/*/*/*/*/* */*/*/*/*/") == HARMLESS


@pytest.mark.parametrize(
    "text",
    [
        'SELECT "lower"(a), share, "x" AS insert FROM t v (a)',
        'SELECT U&"a", sum(1) FILTER (WHERE b) OVER w FROM t WINDOW w AS (ORDER BY c)',
        "WITH a (x) AS (TABLE t), b (y) AS (VALUES (1)) SELECT * FROM a, b",
        "SELECT a AT TIME ZONE 'UTC', EXTRACT(year FROM b), share FROM t",
        "SELECT CASE WHEN a IS NULL THEN 1 END, b[1], (c).d, share FROM t",
    ],
)
def test_a_query_may_be_run_twice_by_its_tree(text: str) -> None:
    assert not classify(text.encode()).rerunnable
    found = asked(text)

    assert found.rerunnable
    assert found.self_contained


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t (a) SELECT 1 FROM u v (a) RETURNING a",
        "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a v (x)",
        "SELECT * FROM t v (a) FOR SHARE",
        "SELECT \"nextval\"('s') FROM t v (a)",
    ],
)
def test_what_writes_locks_or_counts_is_only_self_contained(text: str) -> None:
    assert not classify(text.encode()).self_contained or "nextval" in text
    found = asked(text)

    assert found.self_contained
    assert not found.rerunnable


@pytest.mark.parametrize(
    "text",
    [
        "SELECT f(a) FROM t v (a)",
        "SELECT s.lower(a) FROM t v (a)",
        "SELECT 1 INTO u FROM t v (a)",
        "SELECT * FROM t TABLESAMPLE system (1)",
        "SELECT JSON_ARRAY(1) FROM t v (a)",
        "SELECT 1 FROM t v (a); SELECT 2",
        "EXPLAIN SELECT lower(a) FROM t v (a)",
        "COPY t (a) TO STDOUT",
    ],
)
def test_what_is_not_known_to_be_contained_is_not(text: str) -> None:
    found = asked(text)

    assert not found.self_contained
    assert not found.rerunnable


def test_functions_that_only_the_tree_has_are_named() -> None:
    found = asked('SELECT U&"a"(1), s."F"(2), count(*)')

    assert found.functions == {"a", "s.F", "count"}


def test_nothing_is_asked_that_words_have_answered() -> None:
    def parse(query: str) -> str:
        raise AssertionError(query)

    ask = refined(classify, parse)
    for text in (
        "SELECT lower(a) FROM t",
        "INSERT INTO t VALUES (1)",
        "SET jit = off",
        "LISTEN a",
        "CREATE TABLE t (a int)",
    ):
        assert ask(text.encode()) == classify(text.encode())
