"""Tests of ``pgpool_py/sql/fingerprint.py``."""

import pytest

from pgpool_py.sql.fingerprint import MAX_LENGTH, fingerprint


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("SELECT  1\n", "select ?"),
        ('select A.b, "C d" from t -- secret', 'select a.b, "C d" from t'),
        ("SELECT 'it''s', E'\\'', $$x$$, B'1', -1.5, $1", "select ?"),
        ("SELECT f(a, 'x') /* secret */ WHERE b[1]", "select f (a, ?) where b [?]"),
        ("SELECT 1 WHERE a IN (1, 2, 3)", "select ? where a in (?)"),
        (
            "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
            "insert into t values (?)",
        ),
        ("SET a = 'b'; SELECT 1", "set a = ?; select ?"),
        ("SELECT 'a'\n'b'", "select ?"),
    ],
)
def test_literals_comments_and_space_are_left_out(text: str, shown: str) -> None:
    assert fingerprint(text.encode()).text == shown


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'secret",
        "SELECT 'secret\\', 'secret'",
        "SELECT " + "1, " * MAX_LENGTH + "1",
    ],
)
def test_of_what_cannot_be_read_nothing_is_shown(text: str) -> None:
    assert fingerprint(text.encode()).text == "<statement not read>"


def test_bytes_of_another_encoding_are_shown_as_far_as_possible() -> None:
    assert fingerprint(b"SELECT \xe9").text == "select \ufffd"


def test_the_digest_tells_kinds_of_statements_apart() -> None:
    one, other = fingerprint(b"SELECT 1"), fingerprint(b"select  2")

    assert one == other
    assert len(one.digest) == 16
    assert one.digest != fingerprint(b"SELECT a").digest
