"""A client so small that it costs next to nothing beside what it measures.

It knows the trust login and simple queries, which is all that the cases need
that pgbench cannot drive. Message formats: PostgreSQL documentation, "Message
Formats" in the chapter "Frontend/Backend Protocol".
"""

import socket
import struct

from .endpoint import Endpoint
from .errors import WireError

PROTOCOL_3_0 = 196608
READY_IDLE = b"Z\x00\x00\x00\x05I"
READ_SIZE = 1 << 18
TIMEOUT = 60.0
LOGIN_LIMIT = 1 << 16


def message(kind: bytes, body: bytes) -> bytes:
    """Frame `body` (bytes) as one message of type `kind` (one byte)."""
    return kind + struct.pack("!I", len(body) + 4) + body


def query(sql: str) -> bytes:
    """Return the Query message of `sql`."""
    return message(b"Q", sql.encode() + b"\0")


def batch(sql: str, parameter: str) -> bytes:
    """Return Parse, Bind, Execute and Sync of `sql` with one parameter, all in text."""
    value = parameter.encode()
    bound = struct.pack("!HHI", 0, 1, len(value)) + value + struct.pack("!H", 0)
    return (
        message(b"P", b"\0" + sql.encode() + b"\0" + struct.pack("!H", 0))
        + message(b"B", b"\0\0" + bound)
        + message(b"E", b"\0" + struct.pack("!I", 0))
        + message(b"S", b"")
    )


def startup(user: str, database: str, application_name: str) -> bytes:
    """Return the StartupMessage of protocol 3.0 with these three parameters."""
    parameters = {
        "user": user,
        "database": database,
        "application_name": application_name,
    }
    words = b"".join(
        word.encode() + b"\0" for pair in parameters.items() for word in pair
    )
    body = struct.pack("!I", PROTOCOL_3_0) + words + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def error_text(reply: bytes) -> str:
    """Return severity, SQLSTATE and message of an ErrorResponse at the start.

    Fields are a type byte and a text that ends in zero; S, C and M are theirs.
    """
    fields = {part[:1]: part[1:] for part in reply[5:].split(b"\0") if part}
    chosen = (fields.get(name, b"").decode("utf-8", "replace") for name in (b"S", b"C"))
    return f"{' '.join(chosen)}: {fields.get(b'M', b'').decode('utf-8', 'replace')}"


def connect(endpoint: Endpoint, timeout: float = TIMEOUT) -> socket.socket:
    """Open a TCP connection; every later wait on it ends after `timeout` seconds."""
    connection = socket.create_connection((endpoint.host, endpoint.port), timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def login(endpoint: Endpoint, application_name: str = "benchmark") -> socket.socket:
    """Return a connection that has logged in by trust and is idle.

    Raises WireError when refused or asked for a password, OSError from sockets.
    """
    connection = connect(endpoint)
    try:
        connection.sendall(startup(endpoint.user, endpoint.database, application_name))
        read_login(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def read_login(connection: socket.socket) -> None:
    """Read up to the first ReadyForQuery; WireError for anything but trust."""
    received = b""
    while not received.endswith(READY_IDLE):
        chunk = connection.recv(READ_SIZE)
        received += chunk
        if received[:1] == b"E":
            raise WireError(error_text(received))
        if received[:1] == b"R" and received[5:9] > b"\0\0\0\0":
            raise WireError("asked for a password where trust was expected")
        if not chunk or len(received) > LOGIN_LIMIT:
            raise WireError(f"login broke off after {len(received)} bytes")


def accepts_login(endpoint: Endpoint, timeout: float) -> bool:
    """Tell whether a startup packet is answered by an authentication request.

    Raises WireError if it is answered by an error: waiting will not help then.
    """
    try:
        with connect(endpoint, timeout) as connection:
            connection.sendall(startup(endpoint.user, endpoint.database, "benchmark"))
            reply = connection.recv(READ_SIZE)
    except OSError:
        return False
    if reply[:1] == b"E":
        raise WireError(error_text(reply))
    return reply[:1] == b"R"


def read_until_ready(connection: socket.socket, buffer: bytearray) -> int:
    """Read one exchange's replies into `buffer`, over and over; return the bytes.

    The end is told by the last six bytes, for the cases choose rows that cannot
    look like a ReadyForQuery. Raises WireError if the first reply is an error.
    """
    total = 0
    tail = b""
    while tail != READY_IDLE:
        count = connection.recv_into(buffer)
        if not count:
            raise WireError(f"connection closed after {total} bytes of a reply")
        if not total and buffer[:1] == b"E":
            raise WireError(error_text(bytes(buffer[:count])))
        total += count
        tail = (tail + bytes(buffer[max(0, count - 6) : count]))[-6:]
    return total


def execute(connection: socket.socket, sql: str) -> int:
    """Run one simple query, throw the rows away, return the bytes of its replies."""
    connection.sendall(query(sql))
    return read_until_ready(connection, bytearray(READ_SIZE))
