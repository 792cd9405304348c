"""Tests of what ``protocol/pgwire/glance.py`` takes for harmless."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgpool_py.sql.classify import classify
from pgpool_py.sql.session_functions import SET_CONFIG, TOUCHING
from pgwire.classification import UNSEEN, Touch
from pgwire.glance import harmless_at_a_glance


def is_harmless(text: bytes) -> bool:
    return harmless_at_a_glance(text + b"\0", 0, len(text) + 1) is not None


@pytest.mark.parametrize("name", [*TOUCHING, SET_CONFIG])
@pytest.mark.parametrize("form", [b"%s(", b"%s (", b'"%s"(', b'"%s" (', b"x.%s("])
def test_no_function_that_touches_the_session_is_overlooked(
    name: bytes, form: bytes
) -> None:
    for written in (name, name.upper()):
        text = b"SELECT a, " + form % written + b"1) FROM t"

        assert not is_harmless(text)


@pytest.mark.parametrize("name", [*TOUCHING, SET_CONFIG])
@pytest.mark.parametrize(
    "form",
    [
        b"(1::bigint).%s",
        b"(1).int8.%s",
        b"(x)\n. %s",
        b'(x)."%s"',
        b"a[1].%s",
        b"(SELECT 1).%s",
        b"$1.%s",
    ],
)
def test_none_is_overlooked_that_is_called_like_an_attribute(
    name: bytes, form: bytes
) -> None:
    text = b"SELECT " + form % name + b" FROM t"

    assert not is_harmless(text)
    assert name == SET_CONFIG or classify(text).touches == TOUCHING[name].touches


WORDS = r"""
    SELECT select INSERT INTO UPDATE ONLY DELETE FROM BEGIN COMMIT ROLLBACK END SET
    LOCAL TEMP temp pg_temp CREATE TABLE LISTEN PREPARE EXECUTE AS HOLD
    set_config pg_catalog pg_advisory_lock currval lastval setseed pg_notify count now
    lower a m p te VALUES IN AND WITH U& E u& é ( ) [ ] . , ; ' '' " "" $ $$ $1 $a$ -
    -- / /* */ * = : :: \ ! 1 0x 'a' "a" "temp" "set_config"
"""
PIECES = [*WORDS.split(), " ", "\n", "  ", "('a', 'b', false)"]
HEADS = [
    *("SELECT ", "select ", "INSERT INTO t ", "UPDATE ", ""),
    *("UPDATE pg_settings ", 'UPDATE "pg_settings" ', "UPDATE ONLY (pg_settings) "),
    *("UPDATE  pg_settings ", "UPDATE pg_catalog.pg_settings "),
]


def texts() -> st.SearchStrategy[str]:
    return st.builds(
        lambda head, gap, rest: head + gap.join(rest),
        st.sampled_from(HEADS),
        st.sampled_from(["", " "]),
        st.lists(st.sampled_from(PIECES), max_size=12),
    )


@given(texts())
@example("SELECT * FROM pg_settings FOR UPDATE")
def test_what_is_harmless_at_a_glance_is_harmless_when_read(text: str) -> None:
    encoded = text.encode()
    if not is_harmless(encoded):
        return
    found = classify(encoded)

    # What is not taken apart alike by all versions is no statement in any.
    assert found == UNSEEN or found.touches == Touch(0)
