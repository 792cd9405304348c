"""Messages of a client, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire._message import FrontendMessage
from pgwire.codes import Target
from pgwire.errors import LocalProtocolError, ProtocolError, ProtocolViolation
from pgwire.frontend import (
    Bind,
    Close,
    Describe,
    Execute,
    Flush,
    FunctionCall,
    Parse,
    PasswordMessage,
    Query,
    SASLInitialResponse,
    SASLResponse,
    Sync,
    Terminate,
)

from .strategies import INT16, INT32, NAME, OID, TEXT, VALUE, tuples

KINDS = st.sampled_from((Target.STATEMENT, Target.PORTAL))

MESSAGES: dict[type[FrontendMessage], st.SearchStrategy[FrontendMessage]] = {
    Query: st.builds(Query, NAME),
    Parse: st.builds(Parse, NAME, NAME, tuples(OID)),
    Bind: st.builds(Bind, NAME, NAME, tuples(INT16), tuples(VALUE), tuples(INT16)),
    Describe: st.builds(Describe, KINDS, NAME),
    Close: st.builds(Close, KINDS, NAME),
    Execute: st.builds(Execute, NAME, INT32),
    Sync: st.just(Sync()),
    Flush: st.just(Flush()),
    Terminate: st.just(Terminate()),
    FunctionCall: st.builds(FunctionCall, OID, tuples(INT16), tuples(VALUE), INT16),
    PasswordMessage: st.builds(PasswordMessage, NAME),
    SASLInitialResponse: st.builds(SASLInitialResponse, TEXT, VALUE),
    SASLResponse: st.builds(SASLResponse, st.binary(max_size=30)),
}


def test_query() -> None:
    wire = (
        b"Q"  # type
        b"\x00\x00\x00\x0d"  # length 13
        b"SELECT 1\0"  # query string
    )
    assert Query(b"SELECT 1").encode() == wire
    assert Query.decode(wire[5:]) == Query(b"SELECT 1")


def test_parse() -> None:
    wire = (
        b"P"  # type
        b"\x00\x00\x00\x17"  # length 4 + 3 + 10 + 2 + 4 = 23
        b"s1\0"  # statement name
        b"SELECT $1\0"  # query string
        b"\x00\x01"  # one parameter type
        b"\x00\x00\x00\x17"  # OID 23, int4
    )
    assert Parse(b"s1", b"SELECT $1", (23,)).encode() == wire
    assert Parse.decode(wire[5:]) == Parse(b"s1", b"SELECT $1", (23,))


def test_bind() -> None:
    body = (
        b"\0"  # portal name: unnamed
        b"s1\0"  # statement name
        b"\x00\x01\x00\x01"  # one parameter format: binary
        b"\x00\x02"  # two parameters
        b"\x00\x00\x00\x02hi"  # of two bytes
        b"\xff\xff\xff\xff"  # NULL
        b"\x00\x01\x00\x00"  # one result format: text
    )
    bind = Bind(b"", b"s1", (1,), (b"hi", None), (0,))
    assert bind.encode() == b"B" + (len(body) + 4).to_bytes(4, "big") + body
    assert Bind.decode(body) == bind


def test_a_bind_may_have_65535_parameters() -> None:
    bind = Bind(b"", b"", (), (None,) * 65535, ())
    assert Bind.decode(bind.encode()[5:]) == bind


def test_a_bind_with_too_many_parameters_is_our_own_error() -> None:
    with pytest.raises(LocalProtocolError, match="65536 does not fit"):
        Bind(b"", b"", (), (None,) * 65536, ()).encode()


def test_a_bind_value_with_length_minus_two_is_refused() -> None:
    body = (
        b"\0\0"  # unnamed portal, unnamed statement
        b"\x00\x00"  # no parameter formats
        b"\x00\x01"  # one parameter
        b"\xff\xff\xff\xfe"  # length -2
        b"\x00\x00"  # no result formats
    )
    with pytest.raises(
        ProtocolViolation, match="invalid Bind message: parameters has length -2"
    ):
        Bind.decode(body)


def test_describe_and_close_name_a_statement_or_a_portal() -> None:
    assert Describe(Target.STATEMENT, b"s1").encode() == b"D\0\0\0\x08Ss1\0"
    assert Close(Target.PORTAL, b"").encode() == b"C\0\0\0\x06P\0"
    assert Close.decode(b"P\0") == Close(Target.PORTAL, b"")


def test_describe_of_anything_else_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="Describe message: kind is byte 88"):
        Describe.decode(b"Xs1\0")
    with pytest.raises(LocalProtocolError, match="88 is no kind"):
        Describe(0x58, b"s1").encode()


def test_execute_has_a_row_limit() -> None:
    assert Execute(b"", 10).encode() == b"E\0\0\0\x09\0\0\0\0\x0a"


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (Sync(), b"S\0\0\0\x04"),
        (Flush(), b"H\0\0\0\x04"),
        (Terminate(), b"X\0\0\0\x04"),
    ],
)
def test_messages_without_a_body(message: FrontendMessage, wire: bytes) -> None:
    assert message.encode() == wire
    assert type(message).decode(b"") == message
    with pytest.raises(ProtocolViolation, match="1 bytes behind"):
        type(message).decode(b"\0")


def test_function_call() -> None:
    body = (
        b"\x00\x00\x00\x2a"  # function OID 42
        b"\x00\x00"  # no argument formats: all text
        b"\x00\x01"  # one argument
        b"\x00\x00\x00\x011"  # of one byte
        b"\x00\x00"  # result as text
    )
    call = FunctionCall(42, (), (b"1",), 0)
    assert call.encode()[5:] == body
    assert FunctionCall.decode(body) == call


def test_a_sasl_initial_response_may_be_absent() -> None:
    absent = SASLInitialResponse("SCRAM-SHA-256", None)
    assert absent.encode()[5:] == b"SCRAM-SHA-256\0\xff\xff\xff\xff"
    empty = SASLInitialResponse("SCRAM-SHA-256", b"")
    assert empty.encode()[5:] == b"SCRAM-SHA-256\0\0\0\0\0"
    assert SASLInitialResponse.decode(absent.encode()[5:]) == absent
    assert SASLInitialResponse.decode(empty.encode()[5:]) == empty


def test_a_query_without_terminator_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="query string has no terminator"):
        Query.decode(b"SELECT 1")


def test_a_query_with_two_terminators_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="1 bytes behind"):
        Query.decode(b"SELECT 1\0\0")


def test_passwords_and_proofs_stay_out_of_reprs() -> None:
    shown = (
        repr(PasswordMessage(b"hunter2"))
        + repr(SASLInitialResponse("SCRAM-SHA-256", b"hunter2"))
        + repr(SASLResponse(b"hunter2"))
    )
    assert "hunter2" not in shown


@pytest.mark.parametrize("kind", MESSAGES)
@given(data=st.data())
def test_what_is_encoded_is_decoded(
    kind: type[FrontendMessage], data: st.DataObject
) -> None:
    message = data.draw(MESSAGES[kind])
    wire = message.encode()
    assert wire[0] == kind.TYPE
    assert int.from_bytes(wire[1:5], "big") == len(wire) - 1
    assert kind.decode(wire[5:]) == message
    assert kind.decode(memoryview(wire)[5:]) == message


@pytest.mark.parametrize("kind", MESSAGES)
@given(body=st.binary(max_size=60))
def test_random_bytes_raise_protocol_errors_only(
    kind: type[FrontendMessage], body: bytes
) -> None:
    try:
        message = kind.decode(body)
    except ProtocolError:
        return
    assert message.encode()[5:] == body
