"""The server's side of SCRAM, against RFC 7677 and against clients that lie."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.errors import (
    AuthenticationFailed,
    LocalProtocolError,
    ProtocolError,
    ProtocolViolation,
    UnsupportedFeature,
)
from pgwire.scram import ChannelBinding, ScramSecret, derive, derive_keys, mock_secret
from pgwire.scram_client import ScramClient
from pgwire.scram_server import ScramServer

# The example of RFC 7677 section 3.
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
SECRET = derive("pencil", SALT, 4096)
SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
CLIENT_FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = (
    b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    b"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
)
WITHOUT_PROOF = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
PROOF = b"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
CLIENT_FINAL = WITHOUT_PROOF + b",p=" + PROOF
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

BINDING = ChannelBinding(b"hash of the certificate")


def _challenged(secret: ScramSecret = SECRET, *, mock: bool = False) -> ScramServer:
    server = ScramServer(secret, SERVER_NONCE, mock=mock)
    server.first(CLIENT_FIRST)
    return server


def test_the_exchange_of_the_rfc() -> None:
    server = ScramServer(SECRET, SERVER_NONCE)
    assert server.first(CLIENT_FIRST) == SERVER_FIRST
    assert server.final(CLIENT_FINAL) == SERVER_FINAL


def test_the_client_s_keys_are_learned() -> None:
    server = _challenged()
    server.final(CLIENT_FINAL)
    derived = derive_keys("pencil", SALT, 4096)
    assert server.keys == replace(derived, salt=SALT, iterations=4096)


def test_keys_are_not_there_before_success() -> None:
    server = _challenged()
    with pytest.raises(LocalProtocolError, match="after success only"):
        _ = server.keys
    with pytest.raises(AuthenticationFailed):
        server.final(WITHOUT_PROOF + b",p=" + b"A" * 43 + b"=")
    with pytest.raises(LocalProtocolError, match="after success only"):
        _ = server.keys


def test_a_wrong_proof_fails() -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        _challenged(derive("other", SALT, 4096)).final(CLIENT_FINAL)
    assert caught.value.message == "SASL authentication failed"
    assert caught.value.sqlstate == "28P01"


def test_a_mock_fails_even_where_the_proof_is_right() -> None:
    with pytest.raises(AuthenticationFailed, match="SASL authentication failed"):
        _challenged(mock=True).final(CLIENT_FINAL)


def test_a_mock_challenges_like_any_other() -> None:
    secret = mock_secret("nobody", b"k" * 32, 4096)
    reply = ScramServer(secret, SERVER_NONCE, mock=True).first(CLIENT_FIRST)
    assert len(reply) == len(SERVER_FIRST)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"x,,n=,r=abc",  # unknown flag
        b"n,n=,r=abc",  # no place for the authorization identity
        b"n,,r=abc",  # no name
        b"n,,n=user",  # no nonce
        b"n,,n=user,r=",  # empty nonce
        b"n,,n=user,r=a b",  # space in the nonce
        b"n,,r=abc,n=user",  # wrong order
        b"n,,n=user,r=abc,",  # trailing comma
        b"p=tls-server-end-point,,n=,r=abc",  # binding without PLUS
    ],
)
def test_a_malformed_first_message_is_refused(message: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="malformed SCRAM message"):
        ScramServer(SECRET, SERVER_NONCE).first(message)


def test_an_authorization_identity_is_not_supported() -> None:
    with pytest.raises(UnsupportedFeature, match="authorization identity"):
        ScramServer(SECRET, SERVER_NONCE).first(b"n,a=root,n=user,r=abc")


def test_a_mandatory_extension_is_not_supported() -> None:
    with pytest.raises(UnsupportedFeature, match="extension"):
        ScramServer(SECRET, SERVER_NONCE).first(b"n,,m=x,n=user,r=abc")


def test_an_optional_extension_is_ignored() -> None:
    server = ScramServer(SECRET, SERVER_NONCE)
    assert server.first(b"n,,n=user,r=abc,x=y").startswith(b"r=abc%hvY")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"", "attribute p expected"),
        (WITHOUT_PROOF, "attribute p expected"),
        (WITHOUT_PROOF + b",p=AAAA", "proof has 3 bytes"),
        (WITHOUT_PROOF + b",p=!", "proof is not base64"),
        (CLIENT_FINAL + b",x=y", "proof is not base64"),  # behind the proof
        (b"r=abc,p=" + PROOF, "attributes c, r expected"),
        (CLIENT_FINAL.replace(b"c=biws", b"c=eSws"), "channel binding does not match"),
        (CLIENT_FINAL.replace(b"r=rO", b"r=rP"), "nonce does not match"),
    ],
)
def test_a_malformed_final_message_is_refused(message: bytes, text: str) -> None:
    with pytest.raises(ProtocolViolation, match=text):
        _challenged().final(message)


def test_an_exchange_runs_once_and_in_order() -> None:
    server = ScramServer(SECRET, SERVER_NONCE)
    with pytest.raises(LocalProtocolError, match="not begun"):
        server.final(CLIENT_FINAL)
    server.first(CLIENT_FIRST)
    with pytest.raises(LocalProtocolError, match="begun before"):
        server.first(CLIENT_FIRST)
    server.final(CLIENT_FINAL)
    with pytest.raises(LocalProtocolError, match="is over"):
        server.final(CLIENT_FINAL)


def test_channel_binding_binds() -> None:
    client = ScramClient("pencil", "abc", binding=BINDING)
    server = ScramServer(SECRET, "def", binding=BINDING, plus_offered=True)
    client.verify(server.final(client.final(server.first(client.first()))))


def test_channel_binding_to_another_certificate_is_refused() -> None:
    client = ScramClient("pencil", "abc", binding=ChannelBinding(b"another hash"))
    server = ScramServer(SECRET, "def", binding=BINDING, plus_offered=True)
    final = client.final(server.first(client.first()))
    with pytest.raises(ProtocolViolation, match="channel binding does not match"):
        server.final(final)


@pytest.mark.parametrize("first", [b"n,,n=,r=abc", b"p=tls-unique,,n=,r=abc"])
def test_the_plus_mechanism_wants_its_binding(first: bytes) -> None:
    server = ScramServer(SECRET, "def", binding=BINDING, plus_offered=True)
    with pytest.raises(ProtocolViolation, match="missing or of another type"):
        server.first(first)


def test_an_offer_removed_on_the_way_is_noticed() -> None:
    with pytest.raises(AuthenticationFailed, match="did not see the offer"):
        ScramServer(SECRET, "def", plus_offered=True).first(b"y,,n=,r=abc")


def test_a_client_that_could_bind_is_welcome_where_nothing_is_offered() -> None:
    assert ScramServer(SECRET, "def").first(b"y,,n=,r=abc").startswith(b"r=abcdef,")


@given(st.binary(max_size=80))
def test_random_first_messages_raise_protocol_errors_only(message: bytes) -> None:
    for attempt in (message, b"n,," + message, b"n,,n=,r=" + message):
        try:
            ScramServer(SECRET, SERVER_NONCE).first(attempt)
        except ProtocolError:
            continue


@given(st.binary(max_size=80))
def test_random_final_messages_raise_protocol_errors_only(message: bytes) -> None:
    for attempt in (message, WITHOUT_PROOF + b",p=" + message):
        with pytest.raises(ProtocolError):
            _challenged().final(attempt)
