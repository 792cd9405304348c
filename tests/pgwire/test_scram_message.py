"""The grammar of SCRAM's text messages."""

import pytest

from pgwire import _scram_message
from pgwire.errors import LocalProtocolError, ProtocolViolation


def test_attributes_come_apart_at_commas() -> None:
    found = _scram_message.attributes(b"n=,r=a=b,x=")
    assert found == [("n", b""), ("r", b"a=b"), ("x", b"")]


@pytest.mark.parametrize("message", [b"", b",", b"r", b"=x", b"rr=x", b"1=x", b"r=\0"])
def test_what_is_no_attribute_is_refused(message: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        _scram_message.attributes(message)
    assert caught.value.message == "malformed SCRAM message"
    assert caught.value.detail == "attribute expected"


def test_attributes_must_come_in_order() -> None:
    found = [("r", b"1"), ("c", b"2"), ("x", b"3")]
    assert _scram_message.expect(found, "r", "c") == [b"1", b"2"]
    with pytest.raises(ProtocolViolation, match="attributes c, r expected"):
        _scram_message.expect(found, "c", "r")
    with pytest.raises(ProtocolViolation, match="attributes r, c, x, y expected"):
        _scram_message.expect(found, "r", "c", "x", "y")


@pytest.mark.parametrize("nonce", ["", "a,b", "a b", "a\n", "\u00e9"])
def test_a_nonce_that_is_not_printable_is_our_own_error(nonce: str) -> None:
    with pytest.raises(LocalProtocolError, match="nonce"):
        _scram_message.check_nonce(nonce)


def test_a_key_has_the_size_of_a_hash() -> None:
    with pytest.raises(ProtocolViolation, match="proof has 3 bytes instead of 32"):
        _scram_message.key_from_base64(b"YWJj", "proof")


@pytest.mark.parametrize("content", [b"YWJ", b"YW J", b"YWJj=", b"YWJj====", b"\xff"])
def test_what_is_no_base64_is_refused_and_not_shown(content: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="proof is not base64") as caught:
        _scram_message.from_base64(content, "proof")
    assert caught.value.__suppress_context__
