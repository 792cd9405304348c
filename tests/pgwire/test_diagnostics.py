"""ErrorResponse and NoticeResponse, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.diagnostics import ErrorResponse, NoticeResponse, error, notice
from pgwire.errors import LocalProtocolError, ProtocolError, ProtocolViolation

from .strategies import TEXT

LETTERS = st.integers(1, 255).map(chr)


def test_an_error_sends_its_fields_in_order() -> None:
    body = (
        b"SFATAL\0"  # severity
        b"VFATAL\0"  # severity, never translated
        b"C53300\0"  # SQLSTATE
        b"Mno more connections\0"  # message
        b"Dthe limit is 4\0"  # detail
        b"Hraise it\0"  # hint
        b"\0"  # end of fields
    )
    response = error(
        "FATAL", "53300", "no more connections", "the limit is 4", "raise it"
    )
    assert response.encode() == b"E" + (len(body) + 4).to_bytes(4, "big") + body
    assert ErrorResponse.decode(body) == response


def test_detail_and_hint_may_be_missing() -> None:
    assert list(error("ERROR", "57014", "canceled").fields) == ["S", "V", "C", "M"]
    with_hint = error("ERROR", "57014", "canceled", hint="wait")
    assert list(with_hint.fields) == ["S", "V", "C", "M", "H"]


def test_a_notice_has_its_own_type() -> None:
    assert notice("WARNING", "01000", "careful").encode()[:1] == b"N"


def test_the_severity_is_v_and_where_that_is_missing_s() -> None:
    # A server with lc_messages = de_DE translates S, never V.
    translated = ErrorResponse({"S": "FEHLER", "V": "ERROR", "C": "42601", "M": "x"})
    assert translated.severity == "ERROR"
    # PgBouncer and servers before 9.6 send no V.
    assert ErrorResponse({"S": "FATAL"}).severity == "FATAL"


def test_missing_fields_are_empty() -> None:
    bare = ErrorResponse.decode(b"\0")
    assert (bare.severity, bare.sqlstate, bare.message) == ("", "", "")


def test_fields_are_readable_by_name() -> None:
    response = error("ERROR", "42601", "syntax error")
    assert response.sqlstate == "42601"
    assert response.message == "syntax error"


def test_text_in_any_encoding_passes_through() -> None:
    body = b"M\xe9t\xe9\0\0"  # "été" in LATIN1
    assert ErrorResponse.decode(body).encode()[5:] == body


def test_fields_without_an_end_are_refused() -> None:
    with pytest.raises(ProtocolViolation, match="field letter needs 1 bytes"):
        ErrorResponse.decode(b"SERROR\0")


@pytest.mark.parametrize("letter", ["", "\0", "MM", "\u0100"])
def test_what_is_no_letter_is_our_own_error(letter: str) -> None:
    with pytest.raises(LocalProtocolError, match="no letter"):
        ErrorResponse({letter: "x"}).encode()


@given(st.dictionaries(LETTERS, TEXT, max_size=5))
def test_what_is_encoded_is_decoded_in_the_same_order(fields: dict[str, str]) -> None:
    decoded = NoticeResponse.decode(NoticeResponse(fields).encode()[5:])
    assert list(decoded.fields.items()) == list(fields.items())


@given(st.binary(max_size=60))
def test_random_bytes_raise_protocol_errors_only(body: bytes) -> None:
    try:
        decoded = ErrorResponse.decode(body)
    except ProtocolError:
        return
    assert ErrorResponse.decode(decoded.encode()[5:]) == decoded
