"""Bulk data through one connection: COPY out, COPY in, large rows."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import wire
from .errors import WireError

PIECE = 32_000_000
ROW = 1_000
LARGE_ROW = 1_000_000
COPY_MESSAGE = 8_000
SINK = "CREATE TABLE sink (line text)"


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """Bytes of payload moved and the seconds that took."""

    payload: int
    seconds: float


def copy_out(connection: socket.socket, buffer: bytearray) -> None:
    """Read 32 MB in CopyData messages of one row of 1 kB each."""
    _read(
        connection,
        f"COPY (SELECT repeat('x', {ROW - 1}) "
        f"FROM generate_series(1, {PIECE // ROW})) TO STDOUT",
        buffer,
    )


def large_rows(connection: socket.socket, buffer: bytearray) -> None:
    """Read 32 rows of 1 MB each."""
    _read(
        connection,
        f"SELECT repeat('x', {LARGE_ROW}) "
        f"FROM generate_series(1, {PIECE // LARGE_ROW})",
        buffer,
    )


def copy_in(connection: socket.socket, buffer: bytearray) -> None:
    """Send 32 MB in CopyData messages of 8 kB, the size that psql sends.

    The server parses every row and keeps none, so that its disk is not measured.
    """
    connection.sendall(wire.query("COPY sink FROM STDIN WHERE false"))
    count = connection.recv_into(buffer)
    if buffer[:1] != b"G":
        raise WireError(f"no CopyInResponse but {bytes(buffer[:count])!r}")
    row = b"x" * (ROW - 1) + b"\n"
    piece = wire.message(b"d", row * (COPY_MESSAGE // ROW)) * 8
    for _ in range(PIECE // (COPY_MESSAGE * 8)):
        connection.sendall(piece)
    connection.sendall(wire.message(b"c", b""))
    wire.read_until_ready(connection, buffer)


def _read(connection: socket.socket, sql: str, buffer: bytearray) -> None:
    connection.sendall(wire.query(sql))
    received = wire.read_until_ready(connection, buffer)
    if received < PIECE:
        raise WireError(f"{received} bytes instead of at least {PIECE}")


Transfer = Callable[[socket.socket, bytearray], None]


def repeat(
    connection: socket.socket, transfer: Transfer, seconds: float
) -> TransferOutcome:
    """Move 32 MB again and again until `seconds` have passed, at least once."""
    buffer = bytearray(wire.READ_SIZE)
    start = time.perf_counter()
    payload, elapsed = 0, 0.0
    while elapsed < seconds:
        transfer(connection, buffer)
        payload += PIECE
        elapsed = time.perf_counter() - start
    return TransferOutcome(payload, elapsed)
