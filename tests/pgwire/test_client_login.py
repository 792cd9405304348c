"""The authentication of a client: messages, texts, and no hint who exists."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.authentication import (
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
    AuthenticationOk,
    AuthenticationSASL,
    AuthenticationSASLContinue,
    decode_authentication,
)
from pgwire.client_login import AuthMethod, Challenge, ClientLogin, ClientState
from pgwire.codes import Frontend
from pgwire.errors import (
    AuthenticationFailed,
    LocalProtocolError,
    ProtocolError,
    ProtocolViolation,
)
from pgwire.frontend import PasswordMessage, SASLInitialResponse, SASLResponse
from pgwire.md5 import md5_response, md5_secret
from pgwire.scram import ChannelBinding, ScramSecret, derive, derive_keys
from pgwire.scram_client import ScramClient

from .conversation import CHALLENGE, MOCK_KEY, SALT, authentication, split

OK = AuthenticationOk().encode()
SCRAM = derive("pencil", b"salt" * 4, 2)
MD5 = md5_secret("alice", "pencil")


def _send(login: ClientLogin, message: PasswordMessage | SASLResponse) -> bytes:
    return login.receive(Frontend.PASSWORD, message.encode()[5:])


def _choose(
    login: ClientLogin, data: bytes | None, name: str = "SCRAM-SHA-256"
) -> bytes:
    body = SASLInitialResponse(name, data).encode()[5:]
    return login.receive(Frontend.PASSWORD, body)


def _scram(login: ClientLogin, client: ScramClient) -> bytes:
    """Run SCRAM and return the last bytes."""
    login.start()
    challenge = _challenge(_choose(login, client.first()))
    return _send(login, SASLResponse(client.final(challenge)))


def _challenge(stream: bytes) -> bytes:
    ((_, body),) = split(stream)
    request = decode_authentication(body)
    assert isinstance(request, AuthenticationSASLContinue)
    return request.data


@pytest.mark.parametrize("method", [AuthMethod.TRUST, AuthMethod.ANY])
def test_trust_and_any_ask_for_nothing(method: AuthMethod) -> None:
    login = authentication(method, "")
    assert login.start() == OK
    assert login.done


def test_trust_wants_a_user_that_exists() -> None:
    login = authentication(AuthMethod.TRUST, None)
    with pytest.raises(AuthenticationFailed) as caught:
        login.start()
    assert caught.value.message == '"trust" authentication failed'
    assert caught.value.sqlstate == "28P01"
    assert login.state is ClientState.FAILED


def test_any_takes_everybody() -> None:
    assert authentication(AuthMethod.ANY, None).start() == OK


@pytest.mark.parametrize("secret", ["pencil", MD5, SCRAM])
def test_a_right_password_is_taken(secret: str | ScramSecret) -> None:
    login = authentication(AuthMethod.PLAIN, secret)
    assert login.start() == AuthenticationCleartextPassword().encode()
    assert not login.done
    assert _send(login, PasswordMessage(b"pencil")) == OK
    assert login.done


@pytest.mark.parametrize("secret", ["other", MD5[:-1] + "x", SCRAM, "", None])
def test_a_wrong_password_is_refused(secret: str | ScramSecret | None) -> None:
    login = authentication(AuthMethod.PLAIN, secret)
    login.start()
    with pytest.raises(AuthenticationFailed) as caught:
        _send(login, PasswordMessage(b"pencil2"))
    assert caught.value.message == "password authentication failed"
    assert login.state is ClientState.FAILED


@pytest.mark.parametrize("method", [AuthMethod.PLAIN, AuthMethod.MD5])
@pytest.mark.parametrize("secret", ["pencil", "", None])
def test_an_empty_password_is_refused(method: AuthMethod, secret: str | None) -> None:
    login = authentication(method, secret)
    login.start()
    with pytest.raises(AuthenticationFailed) as caught:
        _send(login, PasswordMessage(b""))
    assert caught.value.message == "empty password returned by client"


@pytest.mark.parametrize("secret", ["pencil", MD5])
def test_a_right_md5_answer_is_taken(secret: str) -> None:
    login = authentication(AuthMethod.MD5, secret)
    assert login.start() == AuthenticationMD5Password(SALT).encode()
    answer = md5_response("pencil", "alice", SALT)
    assert _send(login, PasswordMessage(answer)) == OK
    assert login.done


@pytest.mark.parametrize("secret", ["other", "", None])
def test_a_wrong_md5_answer_is_refused(secret: str | None) -> None:
    login = authentication(AuthMethod.MD5, secret)
    login.start()
    answer = md5_response("", "alice", SALT)
    with pytest.raises(AuthenticationFailed) as caught:
        _send(login, PasswordMessage(answer))
    assert caught.value.message == "password authentication failed"


def test_md5_becomes_scram_where_a_scram_secret_is_stored() -> None:
    for secret in (SCRAM, SCRAM.format()):
        login = authentication(AuthMethod.MD5, secret)
        assert login.method is AuthMethod.SCRAM
        client = ScramClient("pencil", "clientnonce")
        assert _scram(login, client).endswith(OK)
        assert login.done


@pytest.mark.parametrize("secret", ["pencil", SCRAM])
def test_scram_takes_the_right_password(secret: str | ScramSecret) -> None:
    login = authentication(AuthMethod.SCRAM, secret)
    client = ScramClient("pencil", "clientnonce")
    (_, final), (_, ok) = split(_scram(login, client))
    # Code 12 and the server's own proof, then code 0.
    assert final[:4] == b"\0\0\0\x0c"
    client.verify(final[4:])
    assert ok == b"\0\0\0\0"
    assert login.done


def test_scram_teaches_the_keys() -> None:
    login = authentication(AuthMethod.SCRAM, SCRAM)
    assert login.keys is None
    _scram(login, ScramClient("pencil", "clientnonce"))
    derived = derive_keys("pencil", SCRAM.salt, SCRAM.iterations)
    assert login.keys == replace(derived, salt=SCRAM.salt, iterations=SCRAM.iterations)


def test_other_methods_teach_no_keys() -> None:
    login = authentication(AuthMethod.PLAIN, SCRAM)
    login.start()
    _send(login, PasswordMessage(b"pencil"))
    assert login.keys is None


@pytest.mark.parametrize("secret", ["other", "", None, MD5])
def test_scram_refuses_all_else_with_one_text(secret: str | None) -> None:
    login = authentication(AuthMethod.SCRAM, secret)
    with pytest.raises(AuthenticationFailed) as caught:
        _scram(login, ScramClient("pencil", "clientnonce"))
    assert caught.value.message == "SASL authentication failed"
    assert login.state is ClientState.FAILED


def test_the_decoy_of_an_unknown_user_opens_nothing() -> None:
    # Whoever knew the decoy password would still be refused.
    login = authentication(AuthMethod.SCRAM, None)
    with pytest.raises(AuthenticationFailed):
        _scram(login, ScramClient(MOCK_KEY.hex(), "clientnonce"))


@pytest.mark.parametrize("method", [AuthMethod.PLAIN, AuthMethod.MD5, AuthMethod.SCRAM])
def test_an_unknown_user_sees_what_a_known_one_sees(method: AuthMethod) -> None:
    known = authentication(method, "pencil")
    unknown = authentication(method, None)
    assert known.start() == unknown.start()
    assert known.state is unknown.state
    if method is AuthMethod.SCRAM:
        first = ScramClient("pencil", "clientnonce").first()
        assert _choose(known, first) == _choose(unknown, first)


def test_a_cached_verifier_is_used() -> None:
    cached = derive("pencil", b"another salt 123", 3)
    login = authentication(AuthMethod.SCRAM, "pencil", verifier=cached)
    login.start()
    reply = _choose(login, b"n,,n=,r=abc")
    assert _challenge(reply).endswith(b"s=YW5vdGhlciBzYWx0IDEyMw==,i=3")


def test_an_absent_initial_response_is_asked_for() -> None:
    login = authentication(AuthMethod.SCRAM, SCRAM)
    login.start()
    assert _choose(login, None) == AuthenticationSASLContinue(b"").encode()
    assert login.state is ClientState.SASL_FIRST
    client = ScramClient("pencil", "clientnonce")
    challenge = _challenge(_send(login, SASLResponse(client.first())))
    assert _send(login, SASLResponse(client.final(challenge))).endswith(OK)


@pytest.mark.parametrize("name", ["SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", ""])
def test_a_mechanism_that_is_not_offered_is_refused(name: str) -> None:
    login = authentication(AuthMethod.SCRAM, SCRAM)
    assert login.start() == AuthenticationSASL(("SCRAM-SHA-256",)).encode()
    with pytest.raises(ProtocolViolation, match="not offered"):
        _choose(login, b"n,,n=,r=abc", name)


def test_channel_binding_is_offered_where_there_is_something_to_bind_to() -> None:
    binding = ChannelBinding(b"hash")
    login = ClientLogin(AuthMethod.SCRAM, "alice", SCRAM, CHALLENGE, binding=binding)
    offer = AuthenticationSASL(("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")).encode()
    assert login.start() == offer
    client = ScramClient("pencil", "clientnonce", binding=binding)
    challenge = _challenge(_choose(login, client.first(), "SCRAM-SHA-256-PLUS"))
    assert _send(login, SASLResponse(client.final(challenge))).endswith(OK)


def test_another_message_than_an_answer_is_refused() -> None:
    login = authentication(AuthMethod.PLAIN, "pencil")
    login.start()
    with pytest.raises(ProtocolViolation) as caught:
        login.receive(Frontend.QUERY, b"SELECT 1\0")
    assert caught.value.message == "expected password response, got message type 'Q'"
    assert login.state is ClientState.FAILED


def test_the_longest_password_is_taken_and_a_longer_one_refused() -> None:
    longest = "x" * 65_535
    login = authentication(AuthMethod.PLAIN, longest)
    login.start()
    assert _send(login, PasswordMessage(longest.encode())) == OK
    login = authentication(AuthMethod.PLAIN, longest)
    login.start()
    with pytest.raises(ProtocolViolation) as caught:
        _send(login, PasswordMessage(longest.encode() + b"x"))
    assert caught.value.message == "password too long"
    assert caught.value.detail == "65537 bytes, the limit is 65536"


@pytest.mark.parametrize("body", [b"pencil", b"pencil\0\0"])
def test_a_malformed_password_message_is_refused(body: bytes) -> None:
    login = authentication(AuthMethod.PLAIN, "pencil")
    login.start()
    with pytest.raises(ProtocolViolation, match="PasswordMessage"):
        login.receive(Frontend.PASSWORD, body)


def test_it_runs_once_and_in_order() -> None:
    login = authentication(AuthMethod.PLAIN, "pencil")
    with pytest.raises(LocalProtocolError, match="client login is NEW"):
        _send(login, PasswordMessage(b"pencil"))
    login.start()
    with pytest.raises(LocalProtocolError, match="started before"):
        login.start()
    _send(login, PasswordMessage(b"pencil"))
    with pytest.raises(LocalProtocolError, match="client login is DONE"):
        _send(login, PasswordMessage(b"pencil"))


def test_a_failed_one_does_not_go_on() -> None:
    login = authentication(AuthMethod.PLAIN, "pencil")
    login.start()
    with pytest.raises(AuthenticationFailed):
        _send(login, PasswordMessage(b"wrong"))
    with pytest.raises(LocalProtocolError, match="client login is FAILED"):
        _send(login, PasswordMessage(b"pencil"))


def test_a_challenge_has_a_whole_salt_and_a_mock_key() -> None:
    with pytest.raises(LocalProtocolError, match="salt of 4 bytes"):
        Challenge(b"\1\2\3", "nonce", MOCK_KEY)
    with pytest.raises(LocalProtocolError, match="mock key"):
        Challenge(SALT, "nonce", b"short")
    assert "mmmm" not in repr(CHALLENGE)


@given(
    st.sampled_from(AuthMethod),
    st.sampled_from(("pencil", MD5, SCRAM, "", None)),
    st.lists(
        st.binary(max_size=80).filter(lambda body: body != b"pencil\0"), max_size=3
    ),
)
def test_random_answers_raise_protocol_errors_only_and_never_get_in(
    method: AuthMethod, secret: str | ScramSecret | None, bodies: list[bytes]
) -> None:
    login = authentication(method, secret)
    try:
        login.start()
        for body in bodies:
            login.receive(Frontend.PASSWORD, body)
    except ProtocolError:
        pass
    trusted = method is AuthMethod.TRUST and secret is not None
    assert login.done == (trusted or method is AuthMethod.ANY)
