"""The client's side of SCRAM, against RFC 7677 and against servers that lie."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.errors import (
    LocalProtocolError,
    LoginFailed,
    ProtocolError,
    ProtocolViolation,
)
from pgwire.scram import ChannelBinding, derive_keys
from pgwire.scram_client import ScramClient

# The example of RFC 7677 section 3.
CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO"
CLIENT_FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = (
    b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    b"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
)
CLIENT_FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
KEYS = derive_keys("pencil", SALT, 4096)


def _client() -> ScramClient:
    return ScramClient("pencil", CLIENT_NONCE, username="user")


def _quick() -> ScramClient:
    """Make a client that derives nothing."""
    return ScramClient(KEYS, CLIENT_NONCE, username="user")


def test_the_exchange_of_the_rfc() -> None:
    client = _client()
    assert client.first() == CLIENT_FIRST
    assert client.final(SERVER_FIRST) == CLIENT_FINAL
    client.verify(SERVER_FINAL)


def test_keys_do_instead_of_a_password() -> None:
    client = _quick()
    assert client.final(SERVER_FIRST) == CLIENT_FINAL
    client.verify(SERVER_FINAL)


@pytest.mark.parametrize("known", [(b"another salt", 4096), (SALT, 4095)])
def test_keys_of_another_secret_prove_nothing(known: tuple[bytes, int]) -> None:
    salt, iterations = known
    keys = replace(KEYS, salt=salt, iterations=iterations)
    client = ScramClient(keys, CLIENT_NONCE, username="user")
    with pytest.raises(LoginFailed, match="the server has another SCRAM secret"):
        client.final(SERVER_FIRST)


def test_keys_that_know_their_secret_do_too() -> None:
    keys = replace(KEYS, salt=SALT, iterations=4096)
    client = ScramClient(keys, CLIENT_NONCE, username="user")
    assert client.final(SERVER_FIRST) == CLIENT_FINAL


def test_no_user_name_is_sent_unless_given() -> None:
    assert ScramClient(KEYS, "abc").first() == b"n,,n=,r=abc"
    named = ScramClient(KEYS, "abc", username="a,b=c")
    assert named.first() == b"n,,n=a=2Cb=3Dc,r=abc"


def test_the_flag_tells_about_channel_binding() -> None:
    assert ScramClient(KEYS, "abc", could_bind=True).first()[:3] == b"y,,"
    bound = ScramClient(KEYS, "abc", binding=ChannelBinding(b"hash"))
    assert bound.first() == b"p=tls-server-end-point,,n=,r=abc"
    # c= is the header and the data in base64.
    expected = base64.b64encode(b"p=tls-server-end-point,,hash")
    assert bound.final(b"r=abcd,s=c2FsdA==,i=1").startswith(b"c=" + expected + b",")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"", "attribute expected"),
        (b"r=" + CLIENT_NONCE.encode() + b",s=c2FsdA==,i=1", "nonce does not match"),
        (b"r=other,s=c2FsdA==,i=1", "nonce does not match"),
        (SERVER_FIRST.replace(b"$k0", b"\xff"), "nonce is not printable"),
        (SERVER_FIRST.replace(b"s=W22Z", b"s=!"), "salt is not base64"),
        (SERVER_FIRST.replace(b"i=4096", b"i="), "invalid iteration count"),
        (SERVER_FIRST.replace(b"i=4096", b"i=0"), "invalid iteration count"),
        (SERVER_FIRST.replace(b"i=4096", b"i=-1"), "invalid iteration count"),
        (SERVER_FIRST.replace(b"i=4096", b"i=1e3"), "invalid iteration count"),
        (SERVER_FIRST.replace(b"4096", b"9" * 5000), "invalid iteration count"),
        (b"s=c2FsdA==,i=1", "attributes r, s, i expected"),
    ],
)
def test_a_malformed_challenge_is_refused(message: bytes, text: str) -> None:
    with pytest.raises(ProtocolViolation, match=text):
        _quick().final(message)


def test_an_iteration_count_above_the_limit_is_refused_before_any_work() -> None:
    with pytest.raises(LoginFailed) as caught:
        _client().final(SERVER_FIRST.replace(b"4096", b"600001"))
    assert caught.value.message == (
        "server login failed: SCRAM iteration count 600001 exceeds the limit of 600000"
    )


def test_a_mandatory_extension_is_refused() -> None:
    with pytest.raises(LoginFailed, match="unknown SCRAM extension"):
        _quick().final(b"m=x," + SERVER_FIRST)


def test_an_optional_extension_is_part_of_what_is_signed() -> None:
    final = _quick().final(SERVER_FIRST + b",x=y")
    assert final.startswith(CLIENT_FINAL[:60])
    assert final != CLIENT_FINAL


def test_a_server_that_does_not_know_the_password_is_noticed() -> None:
    client = _quick()
    client.final(SERVER_FIRST)
    with pytest.raises(LoginFailed, match="did not prove that it knows"):
        client.verify(b"v=" + base64.b64encode(bytes(32)))


def test_an_error_of_the_server_is_shown() -> None:
    client = _quick()
    client.final(SERVER_FIRST)
    with pytest.raises(LoginFailed, match="SCRAM error invalid-proof"):
        client.verify(b"e=invalid-proof")


@pytest.mark.parametrize("message", [b"", b"x=y", b"v=AAAA", b"v=!"])
def test_a_malformed_end_is_refused(message: bytes) -> None:
    client = _quick()
    client.final(SERVER_FIRST)
    with pytest.raises(ProtocolViolation, match="malformed SCRAM message"):
        client.verify(message)


def test_an_exchange_runs_once_and_in_order() -> None:
    client = _quick()
    with pytest.raises(LocalProtocolError, match="no proof"):
        client.verify(SERVER_FINAL)
    client.final(SERVER_FIRST)
    with pytest.raises(LocalProtocolError, match="past its challenge"):
        client.final(SERVER_FIRST)


@given(st.binary(max_size=80))
def test_random_messages_raise_protocol_errors_only(message: bytes) -> None:
    with pytest.raises(ProtocolError):
        _quick().final(message)
    client = _quick()
    client.final(SERVER_FIRST)
    with pytest.raises(ProtocolError):
        client.verify(message)
