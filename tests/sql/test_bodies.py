"""Tests of ``pgpool_py/sql/bodies.py``."""

import pytest

from pgpool_py.sql.classify import classify
from pgwire.classification import Touch

UNSEEN = Touch.OPAQUE
UNREAD = Touch.OPAQUE | Touch.UNREAD
NAMED = Touch.OPAQUE | Touch.PARAMETERS


@pytest.mark.parametrize(
    ("text", "touches", "names"),
    [
        ("DO $$ BEGIN SET my.tenant = '1'; END $$", NAMED, ("my.tenant",)),
        ("DO $a$ BEGIN set Session My.Tenant TO 1; END $a$", NAMED, ("my.tenant",)),
        (
            "DO $$ BEGIN PERFORM set_config('a.b', 'c', false); SET d.e = 1; END $$",
            NAMED,
            ("a.b", "d.e"),
        ),
        (
            "DO 'BEGIN PERFORM set_config(''a.b'', ''c'', false); END'",
            NAMED,
            ("a.b",),
        ),
        ("DO $$ BEGIN SET work_mem = 1; END $$", UNSEEN, ()),
        ("DO $$ BEGIN UPDATE a.b SET c = d.e; END $$", UNSEEN, ()),
        ("CALL p()", UNSEEN, ()),
    ],
)
def test_names_with_a_dot_are_found_in_the_body_of_a_do(
    text: str, touches: Touch, names: tuple[str, ...]
) -> None:
    found = classify(text.encode())
    assert found.touches == touches
    assert found.parameters == names


def test_of_very_many_none_is_named_and_they_stay_where_they_are() -> None:
    body = "".join(f"SET a.b{number} = 1; " for number in range(20))
    found = classify(f"DO $$ BEGIN {body} END $$".encode())
    assert (found.touches, found.parameters) == (UNSEEN | Touch.LASTING, ())


@pytest.mark.parametrize(
    "body",
    [
        "$$ BEGIN UPDATE t SET a = 1, b = 2; END $$",
        "$$ BEGIN SET LOCAL search_path TO a, b; SET TIME ZONE 'UTC'; END $$",
        "$$ BEGIN PERFORM set_config('jit', 'off', false); END $$",
        "$$ BEGIN ALTER TABLE t ALTER a SET NOT NULL; END $$",
        "'BEGIN END' LANGUAGE 'plpgsql'",
    ],
)
def test_a_body_that_says_what_it_sets_is_read(body: str) -> None:
    assert classify(f"DO {body}".encode()).touches == UNSEEN


@pytest.mark.parametrize(
    "body",
    [
        r"E'BEGIN SET\x20my.x = 1; END'",
        r"'BEGIN RAISE ''\a''; SET my.x = 1; END'",
        "U&'BEGIN SET my!002Ex = 1; END' UESCAPE '!'",
        "'BEGIN SET my.te'\n'nant = 1; END'",
        """$$ BEGIN SET my."x" = '1'; END $$""",
        "$$ BEGIN SET my.x\u00e9 = 1; END $$",
        "$$ BEGIN SET/**/my.x = 1; END $$",
        "$$ BEGIN PERFORM set_config('my.' || 'x', '1', false); END $$",
        "$$ BEGIN EXECUTE chr(83) || 'ET my.' || 'x = 1'; END $$",
        "$$ BEGIN PERFORM query_to_xml(a, true, true, '') FROM t; END $$",
        "LANGUAGE plperl $$ spi_exec_query('S'.'ET my.x = 1') $$",
    ],
)
def test_one_that_may_set_more_than_it_says_is_not(body: str) -> None:
    assert classify(f"DO {body}".encode()).touches == UNREAD


def test_what_it_says_is_asked_for_all_the_same() -> None:
    found = classify(b"DO $$ BEGIN SET my.x = 1; EXECUTE 'SET my.y = 1'; END $$")
    assert found.touches == UNREAD | Touch.PARAMETERS
    assert found.parameters == ("my.x", "my.y")


@pytest.mark.parametrize(
    "does", ["PERFORM dblink_connect_u('a')", "LOAD 'x'", "x := setseed (0)"]
)
def test_what_lasts_is_found(does: str) -> None:
    found = classify(f"DO $$ BEGIN {does}; END $$".encode())
    assert found.touches == UNSEEN | Touch.LASTING | Touch.REMAINING
