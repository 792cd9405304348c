"""What an attacker does at the door, and what must come of it."""

import ssl
import struct

from pgwire.authentication import AuthenticationSASLContinue
from pgwire.diagnostics import ErrorResponse
from pgwire.frontend import SASLInitialResponse, SASLResponse
from pgwire.scram import MECHANISM, derive
from pgwire.scram_client import ScramClient
from pgwire.startup import SSLRequest, StartupMessage
from tests.fixtures.pooling import PoolerProcess
from tests.integration.test_limits import ended
from tests.integration.wire import Message, Wire, connect

PASSWORD = "the password"
SECRET = derive(PASSWORD, b"salt of sixteen!", 4096).format()
FIRST = b"n,,n=,r=thenonceoftheclient"
DATABASES = {"open": "dbname=pooled user=postgres"}


def knock(
    pooler: PoolerProcess, user: str = "alice", wire: Wire | None = None
) -> tuple[Wire, Message]:
    """Return a connection that has been asked for something, and the request."""
    wire = wire or connect(pooler)
    words = {"user": user, "database": "open"}
    wire.send(StartupMessage(0, words).encode())
    return wire, wire.read()


def half_open(pooler: PoolerProcess, number: int) -> Wire:
    """Begin to log in, and leave it at that, each in another way."""
    wire = connect(pooler)
    match number % 5:
        case 0:
            pass
        case 1:
            # Int32 length of a startup packet, and the first of its bytes
            wire.send(struct.pack("!II", 100, 3 << 16))
        case 2:
            wire.send(SSLRequest().encode())
            assert wire.receive(1) == b"S"
            # TLS record: handshake, version 3.1, Int16 length; ClientHello begins
            wire.send(b"\x16\x03\x01\x02\0\x01\0\x01\xfc")
        case 3:
            challenge(knock(pooler, wire=wire)[0])
        case 4:
            knock(pooler, wire=wire)
            wire.send(b"p", struct.pack("!I", 60_000), b"x" * 10_000)
    return wire


def encrypted(pooler: PoolerProcess, context: ssl.SSLContext) -> Wire:
    """Return a connection with TLS that has said nothing yet."""
    wire = connect(pooler)
    wire.send(SSLRequest().encode())
    assert wire.receive(1) == b"S"
    wire.socket = context.wrap_socket(wire.socket, server_hostname="127.0.0.1")
    return wire


def challenge(wire: Wire, first: bytes = FIRST, mechanism: str = MECHANISM) -> bytes:
    """Send client-first-message; return server-first-message."""
    wire.send(SASLInitialResponse(mechanism, first).encode())
    message = wire.read()
    assert message.kind == "R", message
    # Int32 code, 11 for a challenge
    assert message.body[:4] == struct.pack("!I", 11)
    return AuthenticationSASLContinue(message.body[4:]).data


def prove(wire: Wire, client: ScramClient) -> bytes:
    """Log in as who knows the password; return client-final-message."""
    proof = client.final(challenge(wire, client.first()))
    wire.send(SASLResponse(proof).encode())
    assert wire.until_ready()[-1].body == b"I"
    return proof


def lines(pooler: PoolerProcess, level: str = "WARNING") -> list[str]:
    """Return the lines of this level that are about clients."""
    return [x for x in pooler.log.splitlines() if f" {level} C-" in x]


def refused(pooler: PoolerProcess, wire: Wire) -> ErrorResponse:
    """Return the error with which it ended; the log has it, once."""
    error = ended(wire)
    assert error.severity == "FATAL"
    pooler.wait_for_log("pooler error")
    (line,) = lines(pooler)
    assert f"pooler error: {error.message}" in line
    assert PASSWORD not in pooler.log
    return error


def raw(body: bytes) -> bytes:
    """Make a password message of any body."""
    return b"p" + struct.pack("!I", len(body) + 4) + body
