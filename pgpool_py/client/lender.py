"""What a client session needs from the pool it belongs to."""

from typing import Protocol

from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import Owner, ServerConnection
from pgpool_py.server.parameters import ParameterSet
from pgpool_py.settings import PoolSettings
from pgpool_py.statistics import Counters
from pgwire.statement import StatementBook


class Borrower(Owner, Protocol):
    """A client that asks the pool for a server.

    Attributes:
        parameters: its session parameters; a server gets them before it is lent.
        limits: the time limits of its own user.
    """

    parameters: ParameterSet
    limits: PoolSettings

    def on_notice(self, text: str) -> None:
        """You are to be told this while you wait."""

    def on_refused(self, error: PoolerError, reason: Reason) -> None:
        """You get none, and are to be closed with this error."""


class Lender(Protocol):
    """A pool, as its clients see it.

    Attributes:
        settings: may change at a reload.
        counters: added to by the clients.
        statements: all that clients have prepared.
        buffer_limit: bytes to hold for one client before reading pauses.
    """

    @property
    def settings(self) -> PoolSettings:
        """Give the settings in force."""

    @property
    def counters(self) -> Counters:
        """Give the pool's counters."""

    @property
    def statements(self) -> StatementBook:
        """Give the prepared statements that all clients share."""

    @property
    def buffer_limit(self) -> int:
        """Give the limit of every buffer of a client, in bytes."""

    def take(self, client: Borrower) -> ServerConnection | None:
        """Lend a server at once, if there is one that needs nothing done before."""

    def request(self, client: Borrower) -> None:
        """Ask for a server: ``on_linked`` follows, at once or later."""

    def leave(self, client: Borrower) -> None:
        """Ask no more."""

    def give_back(self, server: ServerConnection) -> None:
        """Return a server that owes nothing and is outside any transaction."""

    def abandon(
        self, server: ServerConnection, *, half_written: bool, must_reset: bool
    ) -> None:
        """Leave a server as it is: its client is gone, or may not go on.

        Args:
            server: has no owner any more.
            half_written: of the last message only a part was sent.
            must_reset: the client left session state behind.
        """

    def cancel(self, server: ServerConnection) -> bool:
        """Have PostgreSQL cancel what runs on this server; False if it cannot.

        Nothing may be sent to it until ``on_linked`` is called, or it is given back.
        """

    def roll_back(self, server: ServerConnection) -> None:
        """End your transaction on this server, on which all is answered.

        Nothing may be sent to it until its owner's ``on_rolled_back`` is called.
        """

    def resynchronise(self, server: ServerConnection) -> None:
        """Find out what this server owes.

        Nothing may be sent to it until its owner's ``on_answered`` is called.
        """
