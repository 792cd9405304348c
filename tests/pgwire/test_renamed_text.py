"""Names in a text are replaced, and errors point to the client's text."""

import pytest

from pgwire.diagnostics import ErrorResponse
from pgwire.renamed_text import RenamedText

FIELDS = {"S": "ERROR", "C": "42703", "M": "no column"}


def error_at(position: str) -> bytes:
    return ErrorResponse({**FIELDS, "P": position}).encode()


def test_each_name_is_replaced_where_it_stands() -> None:
    renamed = RenamedText.of(b"EXECUTE a; EXECUTE b;", [(8, 9, b"xyz"), (19, 20, b"v")])
    assert renamed.text == b"EXECUTE xyz; EXECUTE v;"


def test_without_names_it_is_the_clients_text() -> None:
    renamed = RenamedText.of(b"EXECUTE a", [])
    assert renamed == RenamedText(b"EXECUTE a")
    assert renamed.point(error_at("9")) == error_at("9")


@pytest.mark.parametrize(
    ("sent", "own"),
    # In front, at the name, within it, behind it, at the next one, behind that.
    [(1, 1), (9, 9), (11, 9), (12, 10), (14, 12), (22, 20), (24, 20), (25, 21)],
)
def test_a_position_is_that_in_the_clients_text(sent: int, own: int) -> None:
    text = b"EXECUTE a; EXECUTE b;"
    renamed = RenamedText.of(text, [(8, 9, b"xyz"), (19, 20, b"uvw")])
    assert renamed.position_of(sent) == own
    assert renamed.point(error_at(str(sent))) == error_at(str(own))


def test_positions_count_characters() -> None:
    text = "SELECT 'é'; EXECUTE \"é\"(x)".encode()
    start, end = text.index(b'"'), text.index(b"(")
    renamed = RenamedText.of(text, [(start, end, b"name")])
    sent = renamed.text.decode().index("x") + 1
    assert renamed.position_of(sent) == text.decode().index("x") + 1


def test_what_is_no_utf_8_is_counted_by_bytes() -> None:
    renamed = RenamedText.of(b"-- \xe9\nEXECUTE p(x)", [(13, 14, b"name")])
    assert renamed.position_of(renamed.text.index(b"x") + 1) == 16


def test_an_error_without_a_position_is_left_as_it_is() -> None:
    message = ErrorResponse(FIELDS).encode()
    assert RenamedText.of(b"EXECUTE p", [(8, 9, b"name")]).point(message) == message
