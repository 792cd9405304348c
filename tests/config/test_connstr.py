"""Tests of ``pgpool_py/config/connstr.py``."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.config.connstr import ConnectionStringError, parse, quote


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", ()),
        ("   ", ()),
        ("a=b", (("a", "b"),)),
        ("a=b c=d", (("a", "b"), ("c", "d"))),
        ("  a = b   c =d ", (("a", "b"), ("c", "d"))),
        ("a\t=\tb\tc=d", (("a", "b"), ("c", "d"))),
        ("a='b c'", (("a", "b c"),)),
        ("a = 'b' c='d'", (("a", "b"), ("c", "d"))),
        ("a='it''s'", (("a", "it's"),)),
        ("a=''''", (("a", "'"),)),
        ("a=it's", (("a", "it's"),)),
        ("a=b=c", (("a", "b=c"),)),
        ("a=b a=c", (("a", "b"), ("a", "c"))),
        # The value may stand apart from its =, so this is one pair in PgBouncer too.
        ("a= b=c", (("a", "b=c"),)),
        ("a=1,2 b=$x", (("a", "1,2"), ("b", "$x"))),
    ],
)
def test_pairs_are_read(text: str, pairs: tuple[tuple[str, str], ...]) -> None:
    assert parse(text) == pairs


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("hush", "at its start: expected key=value"),
        ("=hush", "at its start: expected key=value"),
        ("a=b hush", "after a: expected key=value"),
        ("a b=hush", "at its start: expected key=value"),
        ("a=", "the value of a is empty"),
        ("a=''", "the value of a is empty"),
        ("a='' b=hush", "the value of a is empty"),
        ("a='hush", "the value of a has no closing single quote"),
        ("a='hush'hush", "or something stuck to it"),
        ("a='hush'' b=c", "the value of a has no closing single quote"),
        ("postgresql://u:hush@h/d", "at its start: expected key=value"),
        ("password=my hush=", "a value is empty"),
    ],
)
def test_what_cannot_be_read_is_explained_without_values(text: str, wrong: str) -> None:
    with pytest.raises(ConnectionStringError) as caught:
        parse(text)
    assert str(caught.value).startswith("syntax error in connection string")
    assert wrong in str(caught.value)
    assert "hush" not in str(caught.value)


KEYS = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1)
VALUES = st.text(min_size=1)


@given(st.lists(st.tuples(KEYS, VALUES)))
def test_what_is_quoted_is_read_back(pairs: list[tuple[str, str]]) -> None:
    text = " ".join(f"{key}={quote(value)}" for key, value in pairs)
    assert parse(text) == tuple(pairs)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ConnectionStringError):
        assert all(key and value for key, value in parse(text))
