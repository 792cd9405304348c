"""Who a client is: for the console, the log, and cancel requests."""

import logging
import time
from dataclasses import dataclass, field
from typing import Final

from pgpool_py.errors import PoolerError
from pgpool_py.log import Fact, Subject, about
from pgpool_py.reasons import Reason
from pgpool_py.statistics import Tallies

from .door import Visitor

_log = logging.getLogger(__name__)


# Final, not frozen: made at each login.
@dataclass(slots=True, unsafe_hash=True)
class ClientIdentity:
    """What does not change while a client is connected.

    Attributes:
        visitor: what was known of it before it said a name.
        database, user: as the client named them.
        pid: what it was told as its backend's process id.
        cancel_key: what must come with its cancel request.
        tls: how its connection is encrypted, empty if it is not.
        tallies: of the pool that it is in.
        application: the ``application_name`` of its login.
    """

    visitor: Final[Visitor]
    database: Final[str]
    user: Final[str]
    pid: Final[int]
    cancel_key: Final[bytes] = field(repr=False)
    tls: Final[str] = ""
    tallies: Final[Tallies] = field(default_factory=Tallies, repr=False, compare=False)
    application: Final[str] = ""

    @property
    def number(self) -> int:
        """Unique in this process, shared with servers."""
        return self.visitor.number

    def __str__(self) -> str:
        where = f"{self.visitor.address}:{self.visitor.port}"
        return f"C-0x{self.number:x}: {self.database}/{self.user}@{where}"

    def facts(self) -> dict[str, Fact]:
        """Give what is known of it; see Subject."""
        return {
            **self.visitor.facts(),
            "database": self.database,
            "user": self.user,
            "application_name": self.application,
        }

    def note_close(
        self, reason: Reason, error: PoolerError | None, who: Subject | None = None
    ) -> None:
        """Count that the client is closed, and write the line, or two, that say why.

        ``who`` knows more of it.
        """
        self.tallies.clients_closed.note(reason)
        if error is not None:
            self.note_error(error, who)
        if self.visitor.wishes.disconnections:
            age = time.time() - self.visitor.connected
            extra = about(who or self, reason=reason, age=int(age))
            _log.info("closing because: %s (age=%ds)", reason, age, extra=extra)

    def note_error(self, error: PoolerError, who: Subject | None = None) -> None:
        """Count an error that the client is told, and write the line about it."""
        self.tallies.client_errors.note(error.sqlstate)
        if self.visitor.wishes.pooler_errors:
            extra = about(who or self, sqlstate=error.sqlstate)
            _log.warning("pooler error: %s", error, extra=extra)
