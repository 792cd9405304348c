"""Replies that are for us, while a server is a client's: collected, up to a limit."""

from typing import Final

from pgpool_py import errors
from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason
from pgwire.exchange import StatementEvent

from .collected import Collected
from .connection import Owner, ServerConnection

# More than all parameters with their values need, and less than a client may cost.
MOST_BYTES: Final = 256 * 1024


class Answers:
    """Stands in an owner's place while an errand asks something; see Owner."""

    __slots__ = ("_collected", "_owner")

    refuses_transactions: Final = False

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._collected = Collected(MOST_BYTES)

    @property
    def replies(self) -> bytes:
        """Give what was answered; nothing of it if it was longer than MOST_BYTES."""
        return bytes(self._collected.data)

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
        """See Owner."""
        return self._owner.on_parameter(name, value)

    def on_server_drained(self) -> None:
        """See Owner."""
        self._owner.on_server_drained()

    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        """See Owner: nothing of its was running, and it was not told a FATAL error."""
        del error
        self._owner.on_server_closed(errors.server_lost(in_flight=False), reason)

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
