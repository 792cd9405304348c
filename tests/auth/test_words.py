"""Tests of ``pgpool_py/auth/words.py``."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.auth.words import LineError, Word, columns, has_comment, shown, words


def texts(line: str) -> list[list[str]]:
    return [[word.text for word in column] for column in columns(line)]


@pytest.mark.parametrize(
    ("line", "split"),
    [
        ("", []),
        (" \t\r", []),
        ("# a comment", []),
        ('  # a, "comment', []),
        ("a b\tc\rd", [["a"], ["b"], ["c"], ["d"]]),
        ("a,b c", [["a", "b"], ["c"]]),
        ("a, b,\tc d", [["a", "b", "c"], ["d"]]),
        ("a#b c", [["a"]]),
        ("a b,c # d", [["a"], ["b", "c"]]),
        ('"a b" c', [["a b"], ["c"]]),
        ('"a,b","c#d"', [["a,b", "c#d"]]),
        ('"a""b"', [['a"b']]),
        ('""""', [['"']]),
        ('""', [[""]]),
        ('map="a b"', [["map=a b"]]),
        ("a\u00a0b\u2028c", [["a\u00a0b\u2028c"]]),
        ("a\\b", [["a\\b"]]),
    ],
)
def test_a_line_is_split_as_postgresql_does(line: str, split: list[list[str]]) -> None:
    assert texts(line) == split


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("a ,b", "a comma must follow a word directly"),
        (",a b", "a comma must follow a word directly"),
        ("a,,b", "a comma must follow a word directly"),
        ("a b,", "nothing follows the last comma"),
        ("a b, # c", "nothing follows the last comma"),
        ('a "b', "a quote is not closed"),
        ('a "b""', "a quote is not closed"),
        ('a b"', "a quote is not closed"),
        ("a b\0 c", "holds a control character"),
        ("a\vb", "holds a control character"),
        ("a\fb", "holds a control character"),
        ("# a\0b", "holds a control character"),
    ],
)
def test_what_may_be_read_differently_is_refused(line: str, fault: str) -> None:
    with pytest.raises(LineError, match=fault):
        columns(line)


def test_a_quoted_keyword_is_a_name() -> None:
    [[plain, quoted]] = columns('all,"all"')
    assert plain.is_keyword("all")
    assert not quoted.is_keyword("all")
    assert quoted == Word("all", quoted=True)


def test_a_word_that_is_quoted_in_part_is_marked() -> None:
    [[first], [second]] = columns('"a"b c"d"')
    assert first == Word("ab", quoted=True, mixed=True)
    assert second == Word("cd", quoted=False, mixed=True)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("a b,c", ["a", "b", "c"]),
        (",a ,, b,", ["a", "b"]),
        ('"a,b",c # d,e', ["a,b", "c"]),
        ("# a", []),
    ],
)
def test_a_list_is_between_blanks_or_commas(line: str, names: list[str]) -> None:
    assert [word.text for word in words(line)] == names


@pytest.mark.parametrize(
    ("line", "comment"),
    [
        ("a b", False),
        ("a # b", True),
        ("#", True),
        ('"#"', False),
        ('a "#', False),
        ('a "b" #', True),
        ('"""#', False),
    ],
)
def test_a_comment_begins_outside_of_quotes(line: str, *, comment: bool) -> None:
    assert has_comment(line) is comment


def test_what_is_shown_is_bounded() -> None:
    assert shown("a") == '"a"'
    assert len(shown("a" * 10_000)) < 70


NAMES = st.text(st.characters(exclude_characters="\0\n\v\f"))


@given(st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=4))
def test_what_is_quoted_is_read_back(split: list[list[str]]) -> None:
    line = " ".join(
        ",".join('"' + name.replace('"', '""') + '"' for name in column)
        for column in split
    )
    assert texts(line) == split


@given(st.text('ab,"# \t\\@/'))
def test_any_line_is_split_or_refused(line: str) -> None:
    with contextlib.suppress(LineError):
        assert all(column for column in columns(line))
