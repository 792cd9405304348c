"""Errors carry what the peer is to be told."""

import pytest

from pgwire.errors import (
    AuthenticationFailed,
    LocalProtocolError,
    LoginFailed,
    ProtocolError,
    ProtocolViolation,
    UnsupportedFeature,
)


@pytest.mark.parametrize(
    ("kind", "sqlstate"),
    [
        (ProtocolViolation, "08P01"),
        (LocalProtocolError, "XX000"),
        (AuthenticationFailed, "28P01"),
        (UnsupportedFeature, "0A000"),
        (LoginFailed, "08001"),
    ],
)
def test_every_kind_has_the_sqlstate_that_a_driver_acts_on(
    kind: type[ProtocolError], sqlstate: str
) -> None:
    error = kind("what happened")
    assert error.sqlstate == sqlstate
    assert error.message == "what happened"
    assert isinstance(error, ProtocolError)


def test_the_sqlstate_of_one_error_can_be_chosen() -> None:
    error = AuthenticationFailed("not allowed", sqlstate="28000")
    assert error.sqlstate == "28000"
    assert AuthenticationFailed("wrong").sqlstate == "28P01"


def test_the_text_is_the_message_and_the_detail_in_brackets() -> None:
    assert str(ProtocolViolation("too long")) == "too long"
    error = ProtocolViolation("too long", detail="the limit is 4", hint="shorten it")
    assert str(error) == "too long (the limit is 4)"
    assert error.hint == "shorten it"
