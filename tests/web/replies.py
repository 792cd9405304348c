"""HTTP as a client sees it."""

import socket
from dataclasses import dataclass

from tests.fixtures.waiting import PATIENCE


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str


def parse(data: bytes) -> Reply:
    """Take an answer apart."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Reply(int(first.split()[1]), headers, body.decode())


def read_all(client: socket.socket) -> bytes:
    """Return all up to the end."""
    client.settimeout(PATIENCE)
    data = bytearray()
    while piece := client.recv(65536):
        data += piece
    return bytes(data)
