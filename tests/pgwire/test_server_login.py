"""Our login to a server: whole conversations, and servers that misbehave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.authentication import (
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
    AuthenticationOk,
    AuthenticationOther,
    AuthenticationSASL,
    AuthenticationSASLContinue,
    AuthenticationSASLFinal,
)
from pgwire.backend import (
    BackendKeyData,
    NegotiateProtocolVersion,
    ParameterStatus,
    ReadyForQuery,
)
from pgwire.client_login import AuthMethod
from pgwire.codes import TransactionStatus
from pgwire.completions import ParseComplete
from pgwire.diagnostics import error, notice
from pgwire.errors import (
    AuthenticationFailed,
    LocalProtocolError,
    LoginFailed,
    ProtocolError,
    ProtocolViolation,
    UnsupportedFeature,
)
from pgwire.md5 import md5_secret
from pgwire.scram import ChannelBinding, ScramSecret, derive, derive_keys
from pgwire.server_login import (
    MAX_PARAMETERS,
    ServerLogin,
    ServerRefused,
    ServerState,
)
from pgwire.server_secret import ServerSecret
from pgwire.startup import StartupMessage, parse_startup

from .conversation import Server, authentication, converse, login, split

OK = AuthenticationOk().encode()
READY = ReadyForQuery(TransactionStatus.IDLE).encode()
SCRAM = derive("pencil", b"salt" * 4, 2)
KEYS = derive_keys("pencil", b"salt" * 4, 2)
MD5 = md5_secret("alice", "pencil")
PENCIL = ServerSecret("pencil")


def _feed(ours: ServerLogin, stream: bytes) -> bytes:
    replies = [ours.receive(kind, body) for kind, body in split(stream)]
    return b"".join(replies)


def _started(secret: ServerSecret = PENCIL) -> ServerLogin:
    ours = login(secret)
    ours.start()
    return ours


def test_the_startup_packet_names_user_and_parameters() -> None:
    ours = ServerLogin("alice", PENCIL, {"database": "app", "TimeZone": "UTC"}, "nonce")
    startup = parse_startup(ours.start())
    assert isinstance(startup, StartupMessage)
    assert startup.protocol_minor == 0
    assert list(startup.parameters.items()) == [
        ("user", "alice"),
        ("database", "app"),
        ("TimeZone", "UTC"),
    ]


def test_the_user_is_the_one_that_logs_in() -> None:
    ours = ServerLogin("alice", PENCIL, {"user": "bob"}, "nonce")
    startup = parse_startup(ours.start())
    assert isinstance(startup, StartupMessage)
    assert startup.user == "alice"


@pytest.mark.parametrize(
    ("method", "stored", "known"),
    [
        (AuthMethod.TRUST, "", ServerSecret()),
        (AuthMethod.PLAIN, "pencil", PENCIL),
        (AuthMethod.PLAIN, MD5, PENCIL),
        (AuthMethod.PLAIN, SCRAM, PENCIL),
        (AuthMethod.MD5, "pencil", PENCIL),
        (AuthMethod.MD5, MD5, PENCIL),
        (AuthMethod.MD5, MD5, ServerSecret(MD5)),
        (AuthMethod.MD5, SCRAM, PENCIL),  # becomes SCRAM
        (AuthMethod.SCRAM, "pencil", PENCIL),
        (AuthMethod.SCRAM, SCRAM, PENCIL),
        (AuthMethod.SCRAM, SCRAM, ServerSecret(keys=KEYS)),
        (AuthMethod.SCRAM, SCRAM, ServerSecret(MD5, KEYS)),
    ],
)
def test_the_two_roles_agree(
    method: AuthMethod, stored: str | ScramSecret, known: ServerSecret
) -> None:
    ours = login(known)
    converse(ours, Server(authentication(method, stored)))
    assert ours.done
    assert dict(ours.parameters) == {"server_version": "15.18", "TimeZone": "UTC"}
    assert ours.backend_pid == 1234
    assert ours.cancel_key == b"key!"
    assert ours.version == 196608


def test_keys_learned_from_a_client_open_the_server_with_the_same_secret() -> None:
    asking = authentication(AuthMethod.SCRAM, SCRAM)
    converse(login(PENCIL), Server(asking))
    ours = login(ServerSecret(keys=asking.keys))
    converse(ours, Server(authentication(AuthMethod.SCRAM, SCRAM)))
    assert ours.done


@pytest.mark.parametrize("method", [AuthMethod.PLAIN, AuthMethod.MD5, AuthMethod.SCRAM])
@pytest.mark.parametrize("stored", ["other", None])
def test_a_wrong_password_does_not_open(method: AuthMethod, stored: str | None) -> None:
    ours = login(PENCIL)
    with pytest.raises(AuthenticationFailed):
        converse(ours, Server(authentication(method, stored)))
    assert not ours.done


def test_a_newer_protocol_is_negotiated() -> None:
    ours = ServerLogin("alice", PENCIL, {}, "nonce", protocol_minor=2)
    converse(ours, Server(authentication(AuthMethod.PLAIN, "pencil"), newest_minor=0))
    assert ours.done
    assert ours.version == 196608


def test_the_newer_protocol_stays_where_the_server_speaks_it() -> None:
    ours = ServerLogin("alice", PENCIL, {}, "nonce", protocol_minor=2)
    converse(ours, Server(authentication(AuthMethod.PLAIN, "pencil")))
    assert ours.version == 196610


@pytest.mark.parametrize("version", [196610, 131072, -1])
def test_a_protocol_that_was_not_asked_for_is_refused(version: int) -> None:
    offer = NegotiateProtocolVersion(version).encode()
    with pytest.raises(ProtocolViolation, match="asked for was 196608"):
        _feed(_started(), offer)


def test_notices_pass_anywhere() -> None:
    told = notice("WARNING", "01000", "careful").encode()
    ours = _started()
    assert _feed(ours, told + OK + told + READY) == b""
    assert ours.done


def test_a_server_without_key_data_is_taken() -> None:
    ours = _started()
    _feed(ours, OK + READY)
    assert (ours.backend_pid, ours.cancel_key) == (0, b"")


def test_a_long_cancel_key_is_kept() -> None:
    ours = _started()
    _feed(ours, OK + BackendKeyData(7, bytes(range(32))).encode() + READY)
    assert ours.cancel_key == bytes(range(32))


def test_the_last_value_of_a_parameter_counts() -> None:
    ours = _started()
    first = ParameterStatus("TimeZone", "UTC").encode()
    second = ParameterStatus("TimeZone", "GMT").encode()
    _feed(ours, OK + first + second + READY)
    assert dict(ours.parameters) == {"TimeZone": "GMT"}


@pytest.mark.parametrize("before", [b"", OK])
def test_an_error_of_the_server_passes_whole(before: bytes) -> None:
    refusal = error("FATAL", "3D000", 'database "x" does not exist', "d", "h")
    ours = _started()
    with pytest.raises(ServerRefused) as caught:
        _feed(ours, before + refusal.encode())
    assert caught.value.error == refusal
    assert caught.value.sqlstate == "3D000"
    assert caught.value.message == 'database "x" does not exist'
    assert (caught.value.detail, caught.value.hint) == ("d", "h")
    assert ours.state is ServerState.FAILED


def test_an_error_without_sqlstate_is_a_failure_to_connect() -> None:
    with pytest.raises(ServerRefused) as caught:
        _feed(_started(), b"E\0\0\0\x08Mx\0\0")
    assert caught.value.sqlstate == "08001"


@pytest.mark.parametrize(
    ("code", "name"), [(7, "GSSAPI"), (9, "SSPI"), (2, "Kerberos")]
)
def test_a_method_that_is_not_spoken_is_named(code: int, name: str) -> None:
    with pytest.raises(UnsupportedFeature, match=f"asks for {name}"):
        _feed(_started(), AuthenticationOther(code, b"").encode())


@pytest.mark.parametrize(
    "asked",
    [
        AuthenticationCleartextPassword().encode(),
        AuthenticationMD5Password(b"salt").encode(),
        AuthenticationSASL(("SCRAM-SHA-256",)).encode(),
    ],
)
def test_a_missing_password_is_told_at_once(asked: bytes) -> None:
    with pytest.raises(LoginFailed, match="server login failed: no password is known"):
        _feed(_started(ServerSecret()), asked)


def test_mechanisms_that_are_not_spoken_are_named() -> None:
    offer = AuthenticationSASL(("OAUTHBEARER", "SCRAM-SHA-1")).encode()
    with pytest.raises(UnsupportedFeature, match="offered: OAUTHBEARER, SCRAM-SHA-1"):
        _feed(_started(), offer)


def test_channel_binding_is_chosen_where_offered() -> None:
    both = AuthenticationSASL(("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")).encode()
    plain = AuthenticationSASL(("SCRAM-SHA-256",)).encode()
    binding = ChannelBinding(b"hash")
    for offer, expected in (
        (both, b"SCRAM-SHA-256-PLUS\0\0\0\0\x28p=tls-server-end-point,,"),
        (plain, b"SCRAM-SHA-256\0\0\0\0\x13y,,"),
    ):
        ours = ServerLogin("alice", PENCIL, {}, "clientnonce", binding=binding)
        ours.start()
        assert _feed(ours, offer)[5:].startswith(expected)
    assert b"n,," in _feed(_started(), both)


def test_ok_in_the_midst_of_sasl_is_refused() -> None:
    offer = AuthenticationSASL(("SCRAM-SHA-256",)).encode()
    ours = _started()
    _feed(ours, offer)
    with pytest.raises(ProtocolViolation, match="unexpected message AuthenticationOk"):
        _feed(ours, OK)
    assert ours.state is ServerState.FAILED


def test_ok_without_the_server_s_proof_is_refused() -> None:
    ours = _started()
    _feed(ours, AuthenticationSASL(("SCRAM-SHA-256",)).encode())
    challenge = b"r=clientnonceX,s=c2FsdA==,i=1"
    _feed(ours, AuthenticationSASLContinue(challenge).encode())
    with pytest.raises(ProtocolViolation, match="the login is SASL_FINAL"):
        _feed(ours, OK)


def test_a_server_that_proves_nothing_is_refused() -> None:
    ours = _started()
    _feed(ours, AuthenticationSASL(("SCRAM-SHA-256",)).encode())
    challenge = b"r=clientnonceX,s=c2FsdA==,i=1"
    _feed(ours, AuthenticationSASLContinue(challenge).encode())
    proof = b"v=" + b"A" * 43 + b"="
    with pytest.raises(LoginFailed, match="did not prove"):
        _feed(ours, AuthenticationSASLFinal(proof).encode())


def test_a_server_that_asks_for_too_much_work_is_refused() -> None:
    ours = _started()
    _feed(ours, AuthenticationSASL(("SCRAM-SHA-256",)).encode())
    challenge = b"r=clientnonceX,s=c2FsdA==,i=2147483647"
    with pytest.raises(LoginFailed, match="exceeds the limit of 600000"):
        _feed(ours, AuthenticationSASLContinue(challenge).encode())


@pytest.mark.parametrize(
    "stream",
    [
        READY,  # before authentication
        ParameterStatus("a", "b").encode(),
        OK + OK,
        OK + AuthenticationCleartextPassword().encode(),
        OK + NegotiateProtocolVersion(196608).encode(),
        AuthenticationSASLContinue(b"").encode(),  # without SASL
        AuthenticationCleartextPassword().encode() * 2,
        ParseComplete().encode(),  # of a type that no login has
    ],
)
def test_a_message_out_of_place_is_refused(stream: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="server login failed: unexpected"):
        _feed(_started(), stream)


def test_endless_parameters_are_refused() -> None:
    ours = _started()
    _feed(ours, OK)
    for number in range(MAX_PARAMETERS):
        _feed(ours, ParameterStatus(f"p{number}", "x").encode())
    with pytest.raises(ProtocolViolation, match="more than 1000 parameters"):
        _feed(ours, ParameterStatus("one more", "x").encode())


def test_it_runs_once_and_in_order() -> None:
    ours = login(PENCIL)
    with pytest.raises(LocalProtocolError, match="server login is NEW"):
        _feed(ours, OK)
    ours.start()
    with pytest.raises(LocalProtocolError, match="started before"):
        ours.start()
    _feed(ours, OK + READY)
    with pytest.raises(LocalProtocolError, match="server login is DONE"):
        _feed(ours, READY)


def test_a_failed_login_does_not_go_on() -> None:
    ours = _started()
    with pytest.raises(ProtocolViolation):
        _feed(ours, READY)
    with pytest.raises(LocalProtocolError, match="server login is FAILED"):
        _feed(ours, OK)


@given(
    st.lists(
        st.tuples(st.sampled_from(b"RKENSZvT1"), st.binary(max_size=40)), max_size=5
    )
)
def test_random_messages_raise_protocol_errors_only(
    messages: list[tuple[int, bytes]],
) -> None:
    ours = _started()
    try:
        for type_byte, body in messages:
            ours.receive(type_byte, body)
    except ProtocolError:
        return
