"""Replies that are for us: collected, up to a limit."""

from typing import Final

from pgpool_py import errors
from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason
from pgwire.exchange import StatementEvent

from .collected import Collected
from .connection import Owner, ServerConnection

# More than all parameters with their values need, and less than a client may cost.
MOST_BYTES: Final = 256 * 1024


class OwnAnswers:
    """Owns a server, while an errand asks something, that is nobody's; see Owner.

    Args:
        most: bytes that are kept.
    """

    __slots__ = ("_collected",)

    refuses_transactions: Final = False

    def __init__(self, most: int) -> None:
        self._collected = Collected(most)

    @property
    def replies(self) -> bytes:
        """Give what was answered; nothing of it if it was longer than is kept."""
        return bytes(self._collected.data)

    @property
    def overflown(self) -> bool:
        """Whether it was."""
        return self._collected.overflown

    def deliver(self, data: memoryview) -> None:
        """Keep replies; see Owner."""
        self._collected.add(data)

    def on_query_answered(self, server: ServerConnection, data: memoryview) -> None:
        """See Owner."""
        self.deliver(data)
        self.on_answered(server)

    def in_own_names(self, error: bytes, *, altered: bool) -> bytes:
        """See Owner."""
        del altered  # Our texts are sent as they are.
        return error

    def on_parameter(self, name: str, value: str) -> bytes | None:
        """See Owner: the pool knows it too."""

    def on_server_drained(self) -> None:
        """See Owner: nothing waits to be sent."""

    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        """See Owner: nobody waits for the answer."""

    def on_linked(self, server: ServerConnection) -> None:
        """See Owner: nothing waits for that."""

    def on_answered(self, server: ServerConnection) -> None:
        """See Owner: the errand's end is told."""

    def on_transaction(self, server: ServerConnection, *, ready: bool) -> None:
        """See Owner: nothing is refused."""

    def on_copy_in(self, server: ServerConnection) -> None:
        """See Owner: nothing is copied."""

    def on_rolled_back(self, server: ServerConnection) -> None:
        """See Owner: nothing is rolled back."""

    def on_event(self, server: ServerConnection, event: StatementEvent) -> None:
        """See Owner: no statement is used twice."""


class Answers(OwnAnswers):
    """Stands in the place of an owner, who is asked what concerns it; see Owner.

    ``limit`` is how many seconds the server has.
    """

    __slots__ = ("_limit", "_owner")

    def __init__(self, owner: Owner, limit: float) -> None:
        super().__init__(MOST_BYTES)
        self._owner = owner
        self._limit = limit

    def on_parameter(self, name: str, value: str) -> bytes | None:
        """See Owner."""
        return self._owner.on_parameter(name, value)

    def on_server_drained(self) -> None:
        """See Owner."""
        self._owner.on_server_drained()

    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        """See Owner: nothing of its was running, and it was not told a FATAL error."""
        del error
        overdue = reason is Reason.EXAMINATION_FAILED
        self._owner.on_server_closed(
            errors.examination_overdue(self._limit)
            if overdue
            else errors.server_lost(in_flight=False),
            reason,
        )
