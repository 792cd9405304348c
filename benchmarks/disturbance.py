"""Somebody beside the clients, who does the same again and again."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import wire
from .endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Statements in one Query, and the seconds of rest after each time."""

    sql: str
    pause: float = 0.0


@contextlib.contextmanager
def disturbed(endpoint: Endpoint, by: Disturbance) -> Iterator[None]:
    """Have it happen on a connection of its own until the block ends.

    Raises WireError then, if PostgreSQL refuses it.
    """
    over = threading.Event()
    with wire.login(endpoint) as connection, ThreadPoolExecutor(1) as thread:
        repeated = thread.submit(_repeat, connection, by, over)
        try:
            yield
        finally:
            over.set()
        repeated.result()


def _repeat(connection: socket.socket, by: Disturbance, over: threading.Event) -> None:
    while not over.is_set():
        wire.execute(connection, by.sql)
        over.wait(by.pause)
