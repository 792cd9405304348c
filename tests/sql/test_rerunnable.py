"""Tests of ``pgpool_py/sql/rerunnable.py``."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgpool_py.sql.classify import classify
from pgpool_py.sql.rerunnable import (
    rerunnable,
    rerunnable_when_read,
    self_contained,
)
from pgwire.classification import UNSEEN, Classification
from pgwire.glance import harmless_at_a_glance


def passes(text: bytes) -> bool:
    return harmless_at_a_glance(text + b"\0", 0, len(text) + 1) is not None


def not_read(text: bytes) -> Classification:
    raise AssertionError(text)


def names(text: str) -> frozenset[bytes]:
    return frozenset(name.encode() for name in text.split())


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("SELECT abalance FROM pgbench_accounts WHERE aid = 12345;", ""),
        ("select 1", ""),
        ("\n  SELECT\t1 ;\n", ""),
        ("SELECT Count(*), max (a), LOWER(b) FROM t", "count max lower"),
        ("SELECT pg_catalog.now(), PG_CATALOG.lower(a) FROM t", "now lower"),
        ("SELECT a * (b + 1) FROM t WHERE (a, b) IN ((1, 2)) AND c=(2)", ""),
        ("SELECT a::numeric(10, 2), CAST(b AS varchar(3)) FROM t", ""),
        ("SELECT ARRAY[lower('a')], a[abs(-1)] FROM t", "lower abs"),
        ("SELECT coalesce(a, $1) FROM t WHERE EXISTS (SELECT 1)", ""),
        ("SELECT 'it''s', '(', '+(' FROM \"t\"", ""),
        ("SELECT sum(a) OVER (PARTITION BY (b)) FROM t", "sum over by"),
        # With plain arguments a function of another schema is called if it fits better.
        ("SELECT substring(a, 1), overlay(a, b, 1)", "substring overlay"),
        ("SELECT 'M\N{LATIN SMALL LETTER U WITH DIAERESIS}' = lower('a')", "lower"),
        ("SELECT updated_at, information FROM inserts, t1 WHERE shared", ""),
    ],
)
def test_what_most_applications_send_is_not_read(text: str, called: str) -> None:
    assert passes(text.encode())
    assert rerunnable(text.encode(), not_read) == names(called)


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("SELECT * FROM t AS x(a, b)", ""),
        ("SELECT pg_catalog . lower(a) FROM t", "lower"),
        ("SELECT 'what f(x) is' FROM t", ""),
        ("SELECT a::my_type(3) FROM t", ""),
        ("SELECT substring(a FOR 3) FROM t", "substring"),
        ("SELECT 'for' FROM t", ""),
    ],
)
def test_what_the_quick_way_does_not_know_is_read(text: str, called: str) -> None:
    assert passes(text.encode())
    with pytest.raises(AssertionError):
        rerunnable(text.encode(), not_read)

    assert rerunnable(text.encode()) == names(called)


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("VALUES (now())", "now"),
        ("TABLE t", ""),
        ("WITH x(a) AS (SELECT abs(1)) SELECT * FROM x", "abs"),
        ("SELECT /* why */ pg_catalog.lower/* not */('a')", "lower"),
        ("SELECT upper('a\\n') -- that is all", "upper"),
    ],
)
def test_any_text_can_be_read(text: str, called: str) -> None:
    assert rerunnable_when_read(text.encode()) == names(called)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT random()",
        "SELECT f(1)",
        "SELECT lower(f (1))",
        "SELECT public.lower('A')",
        "SELECT public .lower('A')",
        "SELECT public. lower('A')",
        "SELECT public . lower ('A')",
        'SELECT "public".lower(1)',
        'SELECT "public". lower(1)',
        "SELECT x.pg_catalog.lower(1)",
        "SELECT x. pg_catalog.lower(1)",
        'SELECT "x" . pg_catalog . lower(1)',
        "SELECT \"lower\"('A')",
        'SELECT "lower" (1)',
        'SELECT pg_catalog."lower"(1)',
        'SELECT "("(1)',
        'SELECT "a""lower"(1)',
        "SELECT _lower(1), lower$(1), lower$1(2), xlower(1), lower1(1)",
        "SELECT 1 OPERATOR(public.=) (2)",
        "SELECT 1 FOR UPDATE",
        "SELECT * FROM t For\nNo Key Update",
        "SELECT * FROM t WHERE a='1'FOR SHARE",
        # Versions before 15 take the number and the word apart.
        "SELECT * FROM t WHERE a=1for update",
        "SELECT 1lower('A')",
        "SELECT 1 INTO t",
        "SELECT 1 Into TEMP t",
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET a = 1",
        "BEGIN",
        "",
        "1",
    ],
)
def test_others_may_not_be_run_twice(text: str) -> None:
    assert rerunnable(text.encode()) is None


# The first character of each has a second byte that looks like an operator.
@pytest.mark.parametrize(
    "text",
    [
        b"SELECT \x83^lower('A')",
        b"SELECT \x83^(1)",
        b"SELECT \x83^ (1)",
        b"SELECT \x83@.lower('A')",
        b"SELECT \x83@ . lower('A')",
        b"SELECT a\x83|b\x83|lower (1)",
        b"SELECT \xd0;lower(1)",
    ],
)
def test_a_letter_in_two_bytes_is_part_of_the_name_behind_it(text: bytes) -> None:
    assert rerunnable(text) is None
    assert rerunnable_when_read(text) is None
    assert not self_contained(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT clock_timestamp(), pg_catalog.random() FROM t FOR UPDATE",
        "INSERT INTO t (a, b) VALUES (1, now()) RETURNING (a)",
        "INSERT INTO s.t(a) VALUES (1) ON CONFLICT (a) DO UPDATE SET (a, b) = (1, 2)",
        "INSERT INTO t VALUES (1, CURRENT_TIMESTAMP)",
        "INSERT INTO t SELECT lower(a) FROM u",
        "UPDATE t SET a = upper(a) WHERE b = $1",
        "DELETE FROM t WHERE a IN (1, 2)",
    ],
)
def test_what_is_plainly_self_contained_is_not_read(text: str) -> None:
    assert passes(text.encode())
    assert self_contained(text.encode(), not_read)


@pytest.mark.parametrize(
    "text",
    [
        'INSERT INTO "t" (a) VALUES (1)',
        "SELECT * FROM t AS x(a)",
        "WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x",
    ],
)
def test_other_texts_are_read(text: str) -> None:
    with pytest.raises(AssertionError):
        self_contained(text.encode(), not_read)

    assert self_contained(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 INTO t",
        "SELECT 1 insert INTO t",
        "SELECT f(1)",
        "INSERT INTO t SELECT f(a) FROM u",
        "INSERT INTO t (a) SELECT 1 INTO u",
        "UPDATE t SET a = f(1)",
        "BEGIN",
        "",
    ],
)
def test_others_are_not_self_contained(text: str) -> None:
    assert not self_contained(text.encode())


WORDS = r"""
    SELECT select INTO FOR for UPDATE SHARE INSERT WITH AS VALUES IN IN( ( ( ( ) ) , . .
    = :: : ; ' '' " "" $1 $ - / [ ] now now( lower( lower (lower) pg_catalog pg_catalog.
    pg_catalog.lower( public public. f f( f.lower "lower" "lower"( "f" substring(
    numeric( over( by set key recursive cube 1 1. .5 1e U& E' N' 'a' 'f(' '(' "(" {
    é é( <= ^( ^lower(
"""
PIECES = [*WORDS.split(), " ", " ", "\n", "  ", "\t"]
HEADS = ["SELECT ", "select ", "SELECT now(", "INSERT INTO t ", "insert into s.t("]
HEADS += ["UPDATE t ", "DELETE FROM t ", " SELECT", ""]


def texts() -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda head, gap, rest: (head + gap.join(rest)).encode(),
        st.sampled_from(HEADS),
        st.sampled_from(["", "", " "]),
        st.lists(st.sampled_from(PIECES), max_size=12),
    )


@given(texts())
@example(b'SELECT "a".lower( 1)')
@example(b"SELECT a\xc3\xa9=.5")
def test_the_quick_way_says_no_more_than_reading_does(text: bytes) -> None:
    if not passes(text):
        return
    found = classify(text)
    # What is not taken apart alike by all versions is no statement in any.
    if found == UNSEEN:
        return
    quick = rerunnable(text, lambda _: UNSEEN)

    if quick is not None:
        read = rerunnable_when_read(text)
        assert read is not None
        assert read <= quick
    if self_contained(text, lambda _: UNSEEN):
        assert found.self_contained


@given(st.binary(max_size=40).map(lambda rest: b"SELECT " + rest))
def test_any_bytes_have_an_answer(text: bytes) -> None:
    found = rerunnable(text)

    assert found is None or all(name.isascii() for name in found)
    self_contained(text)
