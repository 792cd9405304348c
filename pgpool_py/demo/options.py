"""What a person may choose about the demo."""

from dataclasses import dataclass
from typing import Final

#: All clients are sockets of one process, whose soft limit is often 1024.
MAX_CLIENTS: Final = 500
MAX_POOL_SIZE: Final = 100
MAX_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Options:
    """How large the demo is and how long it runs.

    Attributes:
        seconds: of work until it ends by itself; None runs until a signal.
        clients: 1 to MAX_CLIENTS.
        pool_size: servers of the pool, 1 to MAX_POOL_SIZE.
        port: of 127.0.0.1, the first to try.
    """

    seconds: float | None = None
    clients: int = 64
    pool_size: int = 4
    port: int = 6432
