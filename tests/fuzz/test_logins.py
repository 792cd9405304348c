"""Both login tables: whatever the other side says leads on, or to an error of ours."""

import random

from pgwire.authentication import (
    AuthenticationCleartextPassword,
    AuthenticationMD5Password,
    AuthenticationOk,
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
from pgwire.client_login import AuthMethod, ClientState
from pgwire.codes import Frontend, TransactionStatus
from pgwire.diagnostics import error, notice
from pgwire.errors import LocalProtocolError, ProtocolError
from pgwire.frontend import PasswordMessage, SASLInitialResponse, SASLResponse
from pgwire.md5 import md5_secret
from pgwire.scram import derive
from pgwire.scram_client import ScramClient
from pgwire.server_login import ServerLogin, ServerState
from pgwire.server_secret import ServerSecret
from tests.pgwire.conversation import SALT, authentication

from .material import mutate, pick
from .running import run_many

SECRETS = (
    "pencil",
    md5_secret("alice", "pencil"),
    derive("pencil", b"s" * 16, 2),
    None,
)
RIGHT = ("", "pencil")
ANSWERS = tuple(
    message.encode()[5:]
    for message in (
        PasswordMessage(b"wrong"),
        PasswordMessage(b"md5" + b"0" * 32),
        SASLInitialResponse("SCRAM-SHA-256", b"n,,n=,r=nonce"),
        SASLInitialResponse("SCRAM-SHA-256", None),
        SASLInitialResponse("SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,,n=,r=x"),
        SASLInitialResponse("OTHER", b"y,,n=,r=nonce"),
        SASLResponse(b"c=biws,r=nonceservernonce,p=" + b"A" * 43 + b"="),
        SASLResponse(b"n,,n=,r=nonce"),
    )
)
REPLIES = tuple(
    message.encode()
    for message in (
        AuthenticationOk(),
        AuthenticationCleartextPassword(),
        AuthenticationMD5Password(SALT),
        AuthenticationSASL(("SCRAM-SHA-256", "SCRAM-SHA-256-PLUS")),
        AuthenticationSASLContinue(b"r=clientnonceserver,s=c2FsdA==,i=2"),
        AuthenticationSASLFinal(b"v=" + b"A" * 43 + b"="),
        NegotiateProtocolVersion(196608, ("_pq_.x",)),
        ParameterStatus("server_version", "18"),
        BackendKeyData(1, b"k" * 32),
        ReadyForQuery(TransactionStatus.IDLE),
        error("FATAL", "28P01", "no"),
        notice("NOTICE", "00000", "hello"),
    )
)


def client_target(chance: random.Random) -> None:
    """Answer the authentication of a client with anything but the password."""
    login = authentication(chance.choice(list(AuthMethod)), chance.choice(SECRETS))
    free = login.method in {AuthMethod.TRUST, AuthMethod.ANY}
    try:
        login.start()
        for _ in range(4):
            if login.done:
                break
            kind = (
                Frontend.PASSWORD if chance.random() < 0.95 else chance.randrange(256)
            )
            login.receive(kind, mutate(chance, pick(chance, ANSWERS)))
    except LocalProtocolError:
        raise
    except ProtocolError:
        assert login.state is ClientState.FAILED
    assert free or not login.done


def server_target(chance: random.Random) -> None:
    """Let a server that does not know the password say anything in any order."""
    secret = ServerSecret(chance.choice(RIGHT))
    login = ServerLogin("alice", secret, {}, "clientnonce", protocol_minor=2)
    login.start()
    scram = False
    try:
        for _ in range(chance.randrange(12)):
            if login.done:
                break
            kind, body = _whole(chance)
            login.receive(kind, body)
            scram = scram or login.state is ServerState.SASL_FIRST
    except LocalProtocolError:
        raise
    except ProtocolError:
        assert login.state is ServerState.FAILED
    # Whoever asks for SCRAM has to prove that it knows the password.
    assert not (scram and login.done)


def _whole(chance: random.Random) -> tuple[int, bytes]:
    """Make the type and the body of a message, whatever they are."""
    message = pick(chance, REPLIES) or b"?"
    return message[0], mutate(chance, message[5:])


def conversation_target(chance: random.Random) -> None:
    """Let a client that knows the password stumble once in its SCRAM exchange."""
    login = authentication(AuthMethod.SCRAM, "pencil")
    client = ScramClient("pencil", "clientnonce")
    login.start()
    spoiled = chance.randrange(3)
    try:
        first = client.first()
        reply = login.receive(
            Frontend.PASSWORD,
            SASLInitialResponse(
                "SCRAM-SHA-256", mutate(chance, first) if spoiled == 0 else first
            ).encode()[5:],
        )
        # Type, Int32 length, Int32 11, the challenge
        challenge = reply[9:]
        final = client.final(mutate(chance, challenge) if spoiled == 1 else challenge)
        sent = mutate(chance, final) if spoiled == 2 else final
        login.receive(Frontend.PASSWORD, sent)
        assert spoiled < 2 or sent == final
    except LocalProtocolError:
        raise
    except ProtocolError:
        assert not login.done


def test_clients_that_answer_at_random() -> None:
    run_many(client_target, 1500)


def test_servers_that_speak_at_random() -> None:
    run_many(server_target, 1500)


def test_scram_with_a_stumble() -> None:
    run_many(conversation_target, 400)
