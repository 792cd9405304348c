"""The owner of a server that does nothing but listen: what it is told, it passes on.

The server is no pool's to lend. All that is asked of it are errands, so that of its
messages the ledger passes on those alone that answer nothing.
"""

from collections.abc import Callable
from typing import Final

from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgwire.backend import NotificationResponse
from pgwire.codes import Backend
from pgwire.errors import ProtocolViolation
from pgwire.exchange import StatementEvent
from pgwire.framing import HEADER_SIZE, message_end

OnNotification = Callable[[NotificationResponse, bytes], None]


class Hearer:
    """See the module's text, and :class:`~pgpool_py.server.connection.Owner`.

    Args:
        server: becomes its own.
        on_notification: gets each, and the whole message.
    """

    __slots__ = ("_on_notification", "_server")

    refuses_transactions: Final = False

    def __init__(
        self, server: ServerConnection, on_notification: OnNotification
    ) -> None:
        self._server = server
        self._on_notification = on_notification
        server.owner = self

    def deliver(self, data: memoryview) -> None:
        """Pass notifications on; see Owner."""
        position, size = 0, len(data)
        while size - position >= HEADER_SIZE:
            end = message_end(data, position)
            if data[position] == Backend.NOTIFICATION_RESPONSE:
                message = bytes(data[position:end])
                try:
                    read = NotificationResponse.decode(message[HEADER_SIZE:])
                except ProtocolViolation:
                    self._server.close(Reason.SERVER_PROTOCOL_VIOLATION)
                    return
                self._on_notification(read, message)
            position = end

    # Nothing is asked in whose course any of these could matter.

    def on_linked(self, server: ServerConnection) -> None:
        """See Owner."""

    def in_own_names(self, error: bytes, *, altered: bool) -> bytes:
        """See Owner."""
        del altered
        return error

    def on_answered(self, server: ServerConnection) -> None:
        """See Owner."""

    def on_query_answered(self, server: ServerConnection, data: memoryview) -> None:
        """See Owner."""

    def on_transaction(self, server: ServerConnection, *, ready: bool) -> None:
        """See Owner."""

    def on_rolled_back(self, server: ServerConnection) -> None:
        """See Owner."""

    def on_copy_in(self, server: ServerConnection) -> None:
        """See Owner."""

    def on_parameter(self, name: str, value: str) -> None:
        """See Owner."""

    def on_event(self, server: ServerConnection, event: StatementEvent) -> None:
        """See Owner."""

    def on_server_drained(self) -> None:
        """See Owner."""

    def on_server_closed(self, error: PoolerError | None, reason: Reason) -> None:
        """See Owner; the keeper is told, and ends it."""
