"""SASLprep, with the examples of RFC 4013 section 3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.saslprep import saslprep


@pytest.mark.parametrize(
    ("password", "prepared"),
    [
        ("I\u00adX", b"IX"),  # soft hyphen mapped to nothing
        ("user", b"user"),  # no change
        ("USER", b"USER"),  # case is kept
        ("\u00aa", b"a"),  # feminine ordinal: NFKC
        ("\u2168", b"IX"),  # roman numeral nine: NFKC
    ],
)
def test_the_examples_of_the_rfc(password: str, prepared: bytes) -> None:
    assert saslprep(password) == prepared


def test_odd_spaces_become_spaces() -> None:
    assert saslprep("a\u00a0b") == b"a b"
    # In both tables of RFC 3454; a space to PostgreSQL.
    assert saslprep("a\u200bb") == b"a b"


@pytest.mark.parametrize(
    "password",
    [
        "\u0007",  # control character
        "\u00e9\u0007",  # control character behind a letter
        "\u0627\u0031",  # right-to-left that does not end so
        "\u0627x\u0628",  # right-to-left with a Latin letter inside
        "\u0221",  # unassigned in Unicode 3.2
        "\u00ad",  # nothing is left
        "\ue000",  # private use
    ],
)
def test_what_the_rfc_prohibits_is_taken_as_it_is(password: str) -> None:
    assert saslprep(password) == password.encode()


def test_right_to_left_text_alone_is_fine() -> None:
    assert saslprep("\u0627\u0628") == "\u0627\u0628".encode()


def test_bytes_that_are_not_utf8_are_taken_as_they_are() -> None:
    assert saslprep(b"caf\xe9".decode("utf-8", "surrogateescape")) == b"caf\xe9"


@given(st.text(st.characters(codec="utf-8"), max_size=10))
def test_to_prepare_twice_changes_nothing_more(password: str) -> None:
    once = saslprep(password)
    assert saslprep(once.decode()) == once


@given(st.binary(max_size=10))
def test_any_bytes_have_a_result(password: bytes) -> None:
    assert isinstance(saslprep(password.decode("utf-8", "surrogateescape")), bytes)
