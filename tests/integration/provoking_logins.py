"""What keeps clients out: one small function for each, as in ``provoking``."""

import base64
import struct

from pgwire.authentication import AuthenticationSASLContinue
from pgwire.codes import Frontend
from pgwire.diagnostics import ErrorResponse
from pgwire.frontend import PasswordMessage
from pgwire.startup import SSLRequest, StartupMessage
from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.provoking import CONSOLE, Provoke, small
from tests.integration.test_limits import ended, refusal
from tests.integration.wire import Wire, connect, log_in


def asked(pooler: PoolerProcess, **words: str) -> ErrorResponse:
    """Log in with these startup parameters; return the refusal."""
    wire = connect(pooler)
    wire.send(StartupMessage(0, {"user": USER, "database": DATABASE} | words).encode())
    return ended(wire)


def sent(pooler: PoolerProcess, data: bytes) -> ErrorResponse:
    """Send this in place of a login; return the refusal."""
    wire = connect(pooler)
    wire.send(data)
    return ended(wire)


def unknown_database(start: StartPooler) -> ErrorResponse:
    return refusal(small(start), database="nowhere")


def disabled_database(start: StartPooler) -> ErrorResponse:
    pooler = small(start, admin_users=USER)
    log_in(pooler, CONSOLE).query("DISABLE app")
    return refusal(pooler)


def unknown_user(start: StartPooler) -> ErrorResponse:
    return refusal(small(start), user="nobody")


def greeted(start: StartPooler, auth_type: str) -> Wire:
    """Return a connection that was asked for a password."""
    pooler = start(auth_type=auth_type, users={USER: "secret"})
    wire = connect(pooler)
    wire.send(StartupMessage(0, {"user": USER, "database": DATABASE}).encode())
    assert wire.read().kind == "R"
    return wire


def wrong_password(auth_type: str, password: bytes = b"wrong") -> Provoke:
    def provoke(start: StartPooler) -> ErrorResponse:
        wire = greeted(start, auth_type)
        wire.send(PasswordMessage(password).encode())
        return ended(wire)

    return provoke


def password(body: bytes) -> bytes:
    """Return a message of a password's type."""
    return bytes((Frontend.PASSWORD,)) + struct.pack("!I", len(body) + 4) + body


def wrong_proof(start: StartPooler) -> ErrorResponse:
    wire = greeted(start, "scram-sha-256")
    first = b"n,,n=,r=client"
    wire.send(password(b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first))
    reply = AuthenticationSASLContinue.decode(wire.read().body).data
    nonce = reply.split(b",")[0]
    proof = base64.b64encode(bytes(32))
    wire.send(password(b"c=biws," + nonce + b",p=" + proof))
    return ended(wire)


def long_password(start: StartPooler) -> ErrorResponse:
    wire = greeted(start, "plain")
    wire.send(password(b"x" * 100_000 + b"\0"))
    return ended(wire)


def no_business_there(start: StartPooler) -> ErrorResponse:
    return refusal(small(start), database=CONSOLE)


def long_user(start: StartPooler) -> ErrorResponse:
    return refusal(small(start), user="x" * 128)


def no_user(start: StartPooler) -> ErrorResponse:
    # Int32 length 9, protocol 3.0, the terminator
    return sent(small(start), struct.pack("!II", 9, 3 << 16) + b"\0")


def no_terminator(start: StartPooler) -> ErrorResponse:
    return sent(small(start), struct.pack("!II", 12, 3 << 16) + b"user")


def protocol_2(start: StartPooler) -> ErrorResponse:
    return sent(small(start), struct.pack("!II", 8, 2 << 16))


def no_protocol(start: StartPooler) -> ErrorResponse:
    return sent(small(start), b"GET / HTTP/1.1\r\n\r\n")


def second_startup(start: StartPooler) -> ErrorResponse:
    startup = StartupMessage(0, {"user": USER, "database": DATABASE}).encode()
    return sent(small(start), startup * 2)


def glued_to_ssl(start: StartPooler) -> ErrorResponse:
    wire = connect(small(start))
    wire.send(SSLRequest().encode(), b"x")
    return ended(wire)


def unknown_parameter(start: StartPooler) -> ErrorResponse:
    return asked(start(session_state="ignore"), work_mem="5MB")


def unknown_option(start: StartPooler) -> ErrorResponse:
    return asked(start(session_state="ignore"), options="-c work_mem=5MB")


def no_option(start: StartPooler) -> ErrorResponse:
    return asked(small(start), options="-F")
