"""Who a client is: for the console, the log, and cancel requests."""

import logging
import time
from dataclasses import dataclass, field

from pgpool_py.errors import PoolerError
from pgpool_py.log import about
from pgpool_py.reasons import Reason

from .door import Visitor

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """What does not change while a client is connected.

    Attributes:
        visitor: what was known of it before it said a name.
        database, user: as the client named them.
        pid: what it was told as its backend's process id.
        cancel_key: what must come with its cancel request.
        tls: how its connection is encrypted, empty if it is not.
    """

    visitor: Visitor
    database: str
    user: str
    pid: int
    cancel_key: bytes = field(repr=False)
    tls: str = ""

    @property
    def number(self) -> int:
        """Unique in this process, shared with servers."""
        return self.visitor.number

    def __str__(self) -> str:
        where = f"{self.visitor.address}:{self.visitor.port}"
        return f"C-0x{self.number:x}: {self.database}/{self.user}@{where}"

    def log_close(self, reason: Reason, error: PoolerError | None) -> None:
        """Write the line, or two, that say why the client was closed."""
        if error is not None:
            self.log_error(error)
        if self.visitor.wishes.disconnections:
            age = time.time() - self.visitor.connected
            _log.info("closing because: %s (age=%ds)", reason, age, extra=about(self))

    def log_error(self, error: PoolerError) -> None:
        """Write the line about an error that the client is told."""
        if self.visitor.wishes.pooler_errors:
            _log.warning("pooler error: %s", error, extra=about(self))
