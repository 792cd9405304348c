"""Who a client is: for the console, the log, and cancel requests."""

import logging
import time
from dataclasses import dataclass, field

from pgpool_py.errors import PoolerError
from pgpool_py.log import about
from pgpool_py.reasons import Reason

from .log_wishes import LogWishes

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """What does not change while a client is connected.

    Attributes:
        number: unique in this process, shared with servers.
        database, user: as the client named them.
        address: of the client, ``unix`` for a unix socket.
        pid: what it was told as its backend's process id.
        cancel_key: what must come with its cancel request.
        connected: when it was accepted, in seconds since the epoch.
        wishes: what the log is to have.
        tls: how its connection is encrypted, empty if it is not.
    """

    number: int
    database: str
    user: str
    address: str
    port: int
    local_address: str
    local_port: int
    pid: int
    cancel_key: bytes = field(repr=False)
    connected: float
    wishes: LogWishes = field(default_factory=LogWishes, repr=False)
    tls: str = ""

    def __str__(self) -> str:
        where = f"{self.address}:{self.port}"
        return f"C-0x{self.number:x}: {self.database}/{self.user}@{where}"

    def log_close(self, reason: Reason, error: PoolerError | None) -> None:
        """Write the line, or two, that say why the client was closed."""
        if error is not None:
            self.log_error(error)
        if self.wishes.disconnections:
            age = time.time() - self.connected
            _log.info("closing because: %s (age=%ds)", reason, age, extra=about(self))

    def log_error(self, error: PoolerError) -> None:
        """Write the line about an error that the client is told."""
        if self.wishes.pooler_errors:
            _log.warning("pooler error: %s", error, extra=about(self))
