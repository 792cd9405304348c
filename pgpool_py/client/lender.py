"""What a client session needs from the pool it belongs to."""

from typing import Protocol

from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import Owner, ServerConnection
from pgpool_py.server.examination import Findings
from pgpool_py.server.parameters import ParameterSet
from pgpool_py.settings import PoolSettings
from pgpool_py.statistics import Counters
from pgwire.classification import Classification
from pgwire.statement import StatementBook

from .identity import ClientIdentity
from .listening import Notifications
from .lone_run import LoneRun
from .session_state import Touched


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

    def on_parameters_set(self, parameters: ParameterSet) -> None:
        """Your parameters are set on the server, and are spelled like this."""

    def on_refused(self, error: PoolerError, reason: Reason) -> None:
        """You get none, and are to be closed with this error."""


class Pinned(Protocol):
    """A client that may keep its server for its session state.

    Attributes:
        identity: who it is.
        limits: of its own user.
        holdings: what it keeps its server for, in words; empty if it does not.
    """

    identity: ClientIdentity
    limits: PoolSettings
    holdings: tuple[str, ...]


class Examined(Owner, Pinned, Protocol):
    """A client whose session state is found out.

    Attributes:
        lender: the pool it belongs to.
        parameters, startup: its session parameters, and what these were at its login.
        touched: what is to be found out.
        restored: parameters that it was told are as at its login again.
    """

    lender: "Lender"
    parameters: ParameterSet
    startup: ParameterSet
    touched: Touched
    restored: frozenset[str]

    def on_examined(
        self, touched: Touched, findings: Findings | None, parameters: ParameterSet
    ) -> None:
        """Take note of what was found out; None: PostgreSQL does not tell."""

    def close(self, reason: Reason, error: PoolerError | None = None) -> None:
        """End: what it has set can neither be kept nor told."""


class Pins(Protocol):
    """Who keeps a server of a pool past the transaction, and who may."""

    def judge(
        self, client: Pinned, found: Classification, text: bytes
    ) -> PoolerError | None:
        """Say why a client may not send this, if it may not; else note that it did."""

    def settle(self, client: Pinned) -> PoolerError | None:
        """Take note of whether it keeps a server now; say why it may not, if so."""

    def forget(self, client: Pinned) -> None:
        """Strike it out: it has left."""


class Lender(Protocol):
    """A pool, as its clients see it.

    Attributes:
        settings: may change at a reload.
        counters: added to by the clients.
        statements: all that clients have prepared.
        buffer_limit: bytes to hold for one client before reading pauses.
        shares: whether exchanges of several clients may be sent to one server.
        pins: who keeps a server for its session state.
        notifications: where clients subscribe.
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

    @property
    def shares(self) -> bool:
        """Tell whether what a server is sent may be followed by others'."""

    @property
    def pins(self) -> Pins:
        """Give who keeps a server for its session state."""

    @property
    def notifications(self) -> Notifications:
        """Give where clients subscribe."""

    def take(self, client: Borrower) -> ServerConnection | None:
        """Lend a server at once, if there is one that needs nothing done before."""

    def follow(
        self, client: Borrower, exchange: bytes, alike: bytes, run: LoneRun | None
    ) -> None:
        """Have a client wait with a lone exchange, up to the end of this turn.

        It is sent behind others', if all that takes is known, or else as if its client
        had asked for a server then.

        Args:
            client: waits from now on.
            exchange: what is pending from now on.
            alike: its text, with all digits alike.
            run: what it is, if it is no Query.
        """

    def request(self, client: Borrower) -> None:
        """Ask for a server: ``on_linked`` follows, at once or later."""

    def leave(self, client: Borrower) -> None:
        """Ask no more."""

    def insist(self, client: Borrower) -> None:
        """Follow nobody, if you wait: what you sent is one exchange no longer."""

    def shared_by(self, client: Borrower) -> ServerConnection | None:
        """Give the server on which your exchange is in flight among others'."""

    def claim(self, client: Borrower) -> None:
        """Have the server that answers your exchange, if others share it, be yours."""

    def give_back(self, server: ServerConnection) -> None:
        """Return a server that owes nothing and is outside any transaction."""

    def abandon(
        self,
        server: ServerConnection,
        *,
        half_written: bool = False,
        must_reset: bool = False,
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

    def examine(self, server: ServerConnection, client: Examined) -> bool:
        """Find out what a client has changed of its session on this server.

        All is answered, and it is outside any transaction. Nothing may be sent to it
        until the client's ``on_answered`` is called.

        Returns:
            Whether it is known now, and the client was told by ``on_examined``.
        """

    def restore(self, server: ServerConnection, client: Borrower) -> None:
        """Set a client's own session parameters on a server that it keeps.

        Or wait until they are, where they were sent in front of what it sends.

        Nothing may be sent to it until the client's ``on_linked`` is called.
        """
