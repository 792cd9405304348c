"""A client that logs in, asks once and goes: what ``pgbench -C`` does again and again.

Its keys are derived once: that is slow on purpose, and not the pooler's affair.
"""

import secrets
import socket

from pgwire.framing import HEADER_SIZE, message_end
from pgwire.scram import ScramKeys, derive_keys
from pgwire.server_login import ServerLogin
from pgwire.server_secret import ServerSecret

from . import scram, wire
from .endpoint import SALT, Endpoint
from .errors import WireError

_READ_SIZE = 4096
_TERMINATE = wire.message(b"X", b"")


def keys_of(endpoint: Endpoint) -> ScramKeys:
    """Derive what opens the secret that is stored for an endpoint's user."""
    return derive_keys(endpoint.password, SALT, scram.ITERATIONS)


def log_in_and_go(endpoint: Endpoint, keys: ScramKeys, exchange: bytes) -> None:
    """Connect, log in, go through an exchange, say good-bye, and see it closed.

    Raises ProtocolError when refused, WireError when it breaks off.
    """
    with wire.connect(endpoint) as connection:
        _log_in(connection, endpoint, keys)
        connection.sendall(exchange)
        wire.read_until_ready(connection, bytearray(_READ_SIZE))
        connection.sendall(_TERMINATE)
        connection.recv(1)


def _log_in(connection: socket.socket, endpoint: Endpoint, keys: ScramKeys) -> None:
    parameters = {"database": endpoint.database, "application_name": "benchmark"}
    nonce = secrets.token_urlsafe(18)
    login = ServerLogin(endpoint.user, ServerSecret(keys=keys), parameters, nonce)
    connection.sendall(login.start())
    received = b""
    while not login.done:
        chunk = connection.recv(_READ_SIZE)
        if not chunk:
            raise WireError("the login broke off")
        received += chunk
        while len(received) >= HEADER_SIZE:
            end = message_end(received, 0)
            if end > len(received):
                break
            answer = login.receive(received[0], received[HEADER_SIZE:end])
            received = received[end:]
            if answer:
                connection.sendall(answer)
