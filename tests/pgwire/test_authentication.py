"""Authentication requests, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.authentication import (
    Authentication,
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
    AuthenticationOk,
    AuthenticationOther,
    AuthenticationSASL,
    AuthenticationSASLContinue,
    AuthenticationSASLFinal,
    decode_authentication,
)
from pgwire.errors import LocalProtocolError, ProtocolError, ProtocolViolation

from .strategies import TEXT, tuples

REQUESTS = st.one_of(
    st.just(AuthenticationOk()),
    st.just(AuthenticationCleartextPassword()),
    st.builds(AuthenticationMD5Password, st.binary(min_size=4, max_size=4)),
    st.builds(AuthenticationSASL, tuples(TEXT.filter(bool))),
    st.builds(AuthenticationSASLContinue, st.binary(max_size=30)),
    st.builds(AuthenticationSASLFinal, st.binary(max_size=30)),
    st.builds(AuthenticationOther, st.integers(13, 2**32 - 1), st.binary(max_size=30)),
)


def test_ok() -> None:
    # R, length 8, code 0
    assert AuthenticationOk().encode() == b"R\0\0\0\x08\0\0\0\0"


def test_cleartext_password() -> None:
    # R, length 8, code 3
    assert AuthenticationCleartextPassword().encode() == b"R\0\0\0\x08\0\0\0\x03"


def test_md5_password_carries_a_salt() -> None:
    wire = (
        b"R"  # type
        b"\x00\x00\x00\x0c"  # length 12
        b"\x00\x00\x00\x05"  # code 5
        b"\x01\x02\x03\x04"  # salt
    )
    assert AuthenticationMD5Password(b"\1\2\3\4").encode() == wire


def test_a_salt_of_wrong_size_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="salt needs 4 bytes"):
        decode_authentication(b"\0\0\0\x05\1\2\3")
    with pytest.raises(LocalProtocolError, match="md5 salt of 3 bytes"):
        AuthenticationMD5Password(b"\1\2\3").encode()


def test_sasl_lists_its_mechanisms() -> None:
    body = (
        b"\x00\x00\x00\x0a"  # code 10
        b"SCRAM-SHA-256-PLUS\0"
        b"SCRAM-SHA-256\0"
        b"\0"  # end of list
    )
    request = AuthenticationSASL(("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"))
    assert request.encode()[5:] == body
    assert decode_authentication(body) == request


def test_a_list_of_mechanisms_without_end_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="mechanism has no terminator"):
        decode_authentication(b"\0\0\0\x0aSCRAM-SHA-256\0")


def test_another_code_is_refused_by_the_class_of_one() -> None:
    with pytest.raises(ProtocolViolation, match="code is 3, not 0"):
        AuthenticationOk.decode(b"\0\0\0\x03")


@pytest.mark.parametrize(
    ("code", "method"),
    [
        (2, "Kerberos V5"),
        (6, "SCM credentials"),
        (7, "GSSAPI"),
        (9, "SSPI"),
        (99, "code 99"),
    ],
)
def test_other_methods_have_a_name(code: int, method: str) -> None:
    request = decode_authentication(code.to_bytes(4, "big"))
    assert isinstance(request, AuthenticationOther)
    assert request.method == method


def test_sasl_data_stays_out_of_reprs() -> None:
    shown = repr(AuthenticationSASLContinue(b"hunter2"))
    assert "hunter2" not in shown + repr(AuthenticationSASLFinal(b"hunter2"))


@given(REQUESTS)
def test_what_is_encoded_is_decoded(request_: Authentication) -> None:
    assert decode_authentication(request_.encode()[5:]) == request_


@given(st.binary(max_size=60))
def test_random_bytes_raise_protocol_errors_only(body: bytes) -> None:
    try:
        request = decode_authentication(body)
    except ProtocolError:
        return
    assert request.encode()[5:] == body


@pytest.mark.parametrize("kind", [AuthenticationSASLContinue, AuthenticationSASLFinal])
def test_what_sasl_says_needs_no_object(
    kind: type[AuthenticationSASLContinue | AuthenticationSASLFinal],
) -> None:
    assert kind.of(b"r=nonce") == kind(b"r=nonce").encode()
