"""Messages of COPY, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire._message import Message
from pgwire.copying import (
    CopyBothResponse,
    CopyData,
    CopyDone,
    CopyFail,
    CopyInResponse,
    CopyOutResponse,
)
from pgwire.errors import LocalProtocolError, ProtocolError, ProtocolViolation

from .strategies import INT16, NAME, tuples

BYTES = st.integers(0, 255)

MESSAGES: dict[type[Message], st.SearchStrategy[Message]] = {
    CopyData: st.builds(CopyData, st.binary(max_size=30)),
    CopyDone: st.just(CopyDone()),
    CopyFail: st.builds(CopyFail, NAME),
    CopyInResponse: st.builds(CopyInResponse, BYTES, tuples(INT16)),
    CopyOutResponse: st.builds(CopyOutResponse, BYTES, tuples(INT16)),
    CopyBothResponse: st.builds(CopyBothResponse, BYTES, tuples(INT16)),
}


def test_the_stream_and_its_two_ends() -> None:
    assert CopyData(b"1\t2\n").encode() == b"d\0\0\0\x081\t2\n"
    assert CopyDone().encode() == b"c\0\0\0\x04"
    assert CopyFail(b"no").encode() == b"f\0\0\0\x07no\0"


def test_copy_in_response() -> None:
    wire = (
        b"G"  # type
        b"\x00\x00\x00\x0b"  # length 11
        b"\x01"  # overall format: binary
        b"\x00\x02"  # two columns
        b"\x00\x01\x00\x01"  # both binary
    )
    assert CopyInResponse(1, (1, 1)).encode() == wire
    assert CopyInResponse.decode(wire[5:]) == CopyInResponse(1, (1, 1))


def test_the_three_responses_differ_in_type() -> None:
    assert CopyOutResponse(0, ()).encode()[:1] == b"H"
    assert CopyBothResponse(0, ()).encode()[:1] == b"W"


def test_a_response_with_too_few_columns_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="column formats needs 2 bytes"):
        CopyOutResponse.decode(b"\0\0\x01")


def test_an_overall_format_that_is_no_byte_is_our_own_error() -> None:
    with pytest.raises(LocalProtocolError, match="256 is no byte"):
        CopyInResponse(256, ()).encode()


@pytest.mark.parametrize("kind", MESSAGES)
@given(data=st.data())
def test_what_is_encoded_is_decoded(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(MESSAGES[kind])
    wire = message.encode()
    assert wire[0] == kind.TYPE
    assert kind.decode(wire[5:]) == message


@pytest.mark.parametrize("kind", MESSAGES)
@given(body=st.binary(max_size=60))
def test_random_bytes_raise_protocol_errors_only(
    kind: type[Message], body: bytes
) -> None:
    try:
        message = kind.decode(body)
    except ProtocolError:
        return
    assert message.encode()[5:] == body
