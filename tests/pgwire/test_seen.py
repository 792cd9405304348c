"""Queries that are known again whatever their numbers: a digit is a digit."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pgwire.framing import HEADER_SIZE
from pgwire.frontend import Parse, Query
from pgwire.glance import harmless_at_a_glance
from pgwire.seen import ALIKE, LONGEST, Seen
from tests.house.possessive import patterns

CODES = import_module("re._constants")
PARSER = import_module("re._parser")
DIGITS = range(0x30, 0x3A)
PIECES = (
    *("SELECT ", "UPDATE ", "SET ", "t1", "1", "$1", "$2$", "f2(", ")", "'a3'", "7"),
    *('"b4"', " ", "/", "*", "-", "pg_5", "TEMP6", ".", ";", "lock8("),
)


def sets(tree: Any) -> Iterator[set[int]]:
    """Give the characters that each place of a pattern takes, or does not take."""
    for name, value in tree:
        if name in (CODES.LITERAL, CODES.NOT_LITERAL):
            yield {value}
        elif name is CODES.IN:
            yield {byte for kind, what in value for byte in taken(kind, what)}
        else:
            parts = value[1] if name is CODES.BRANCH else value
            for part in parts if isinstance(parts, list | tuple) else ():
                if isinstance(part, PARSER.SubPattern):
                    yield from sets(part)


def taken(kind: Any, what: Any) -> range:
    if kind is CODES.RANGE:
        return range(what[0], what[1] + 1)
    return range(what, what + 1) if kind is CODES.LITERAL else range(0)


def test_no_place_of_the_glance_tells_one_digit_from_another() -> None:
    tree = PARSER.parse(
        patterns("pgwire")["pgwire.glance.harmless_at_a_glance"].pattern
    )
    found = list(sets(tree))
    assert len(found) > 100
    for characters in found:
        assert len(characters.intersection(DIGITS)) in (0, 10)


@given(st.lists(st.sampled_from(PIECES)))
def test_texts_that_differ_in_digits_alone_are_harmless_or_not_alike(
    pieces: list[str],
) -> None:
    query = Query("".join(pieces).encode()).encode()
    text = query[HEADER_SIZE:]
    plainly = text.translate(ALIKE)
    assert (harmless_at_a_glance(text, 0) is None) == (
        harmless_at_a_glance(plainly, 0) is None
    )


def test_what_was_let_pass_once_is_known_whatever_its_numbers() -> None:
    seen = Seen()
    assert seen.lets_pass(Query(b"SELECT a1 FROM t WHERE b = 17").encode())
    for text in (b"SELECT a1 FROM t WHERE b = 42", b"SELECT a1 FROM t WHERE b = 99"):
        assert Query(text).encode().translate(ALIKE) in seen.shapes
    for text in (b"SELECT a1 FROM t WHERE b = 421", b"SELECT aa FROM t WHERE b = 42"):
        assert Query(text).encode().translate(ALIKE) not in seen.shapes


def test_what_is_not_let_pass_is_not_remembered() -> None:
    seen = Seen()
    assert not seen.lets_pass(Query(b"SET a = 1").encode())
    assert not seen.shapes


def test_there_is_an_end_to_what_is_remembered() -> None:
    seen = Seen()
    for number in range(2500):
        assert seen.lets_pass(Query(b"SELECT '%s'" % (b"x" * (number % 900))).encode())
        assert seen.lets_pass(Query(b"SELECT %s" % (b"x" * 1000)).encode())
    assert 0 < len(seen.shapes) <= 1000
    assert all(len(shape) <= 1000 for shape in seen.shapes)


# Parses of the unnamed statement


def test_a_harmless_parse_is_known_from_then_on_with_its_text() -> None:
    seen = Seen()
    parse = Parse(b"", b"SELECT $1 + 234", (23,)).encode()
    assert seen.lets_parse(parse)
    assert seen.parses == {parse: b"SELECT $0 + 000"}


def test_one_that_is_not_harmless_is_not() -> None:
    seen = Seen()
    for text in (b"SET a TO b", b"LISTEN a", b"SELECT set_config($1, $2, false)"):
        assert not seen.lets_parse(Parse(b"", text).encode())
    assert not seen.parses


def test_nor_is_one_without_an_end_or_one_that_is_too_long() -> None:
    seen = Seen()
    assert not seen.lets_parse(b"P\0\0\0\6\0S")
    assert not seen.lets_parse(Parse(b"", b"SELECT " + b"1" * LONGEST).encode())
    assert not seen.parses


def test_no_more_parses_are_remembered_than_queries() -> None:
    seen = Seen()
    for number in range(1001):
        assert seen.lets_parse(Parse(b"", b"SELECT %d" % number).encode())
    assert len(seen.parses) == 1
