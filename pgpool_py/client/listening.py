"""What a client listens to while its servers change: LISTEN, UNLISTEN, notifications.

    LISTEN    held back until all before it is answered and the server that listens for
              all hears the channel; then it goes to the client's own server, so that
              errors, tags and transactions are PostgreSQL's. When its transaction is
              over, PostgreSQL says which channels are left, and is made to listen to
              none.
    UNLISTEN  holds from the end of its transaction, unless that, or the subtransaction
              it stands in, was rolled back: a parameter set in front of it tells, or a
              channel that has kept it from a RESET ALL.

    NOTIFY    carries the client's own process id, as it knows it, if the client listens
              itself. Of any other the process id is that of the server it ran on.

Notifications of the client's own server are dropped meanwhile: they come twice.
"""

import itertools
from collections.abc import Collection
from typing import Final, Protocol

from pgpool_py import errors
from pgpool_py.errors import PoolerError
from pgpool_py.listen.subscription import Recipient, Subscription
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.examination import Findings, keep_mark, mark
from pgpool_py.server.parameters import FIRST as ENCODING
from pgpool_py.server.parameters import ParameterSet
from pgpool_py.statistics import Counters
from pgwire.classification import Classification, Touch
from pgwire.codes import TransactionStatus
from pgwire.exchange import LEFT, QUERY

from .identity import ClientIdentity

# Greater than all before it, whatever is left of these on a server.
_marks: Final = itertools.count(1)


class Notifications(Protocol):
    """Where a pool's clients subscribe."""

    def subscribe(self, client: Recipient, encoding: str = "") -> Subscription:
        """Give a client what it listens by, which it must end."""


class Lender(Protocol):
    """A pool, as far as listening goes; see ``lender``."""

    @property
    def counters(self) -> Counters:
        """Give the pool's counters."""

    @property
    def notifications(self) -> Notifications:
        """Give where its clients subscribe."""


class Client(Protocol):
    """The session whose listening this is; see its attributes."""

    stream: Stream
    server: ServerConnection | None
    parameters: ParameterSet
    identity: ClientIdentity
    waiting: bool

    def look_at_end(self) -> None:
        """Have the end of the transaction looked at: ``lets_go`` is called then."""

    def on_linked(self, server: ServerConnection) -> None:
        """Send what was held back."""

    def on_answered(self, server: ServerConnection) -> None:
        """All that was sent is answered, and what was waited for has come."""

    def close(self, reason: Reason, error: PoolerError | None = None) -> None:
        """Close, with an error for the client."""


class Listening:
    """One client's; see the module's text and Recipient.

    Channels and payloads are in the client's encoding as it was at its first LISTEN.

    Attributes:
        awaits_its_own: whether its server is kept until what it sent itself has come.
    """

    __slots__ = (
        "_asks",
        "_claimed",
        "_client",
        "_counters",
        "_kept_in",
        "_refusal",
        "_subscription",
        "awaits_its_own",
    )

    def __init__(self, client: Client, lender: Lender) -> None:
        self._client = client
        self._counters = lender.counters
        encoding = client.parameters.values.get(ENCODING, "")
        self._subscription = lender.notifications.subscribe(self, encoding)
        self._asks = False
        # The process id of the server whose notifications are the client's own.
        self._claimed = 0
        self.awaits_its_own = False
        self._refusal: PoolerError | None = None
        # Where the last mark was kept last: in the exchange of that number.
        self._kept_in: tuple[ServerConnection, int] | None = None

    # What the client sends

    def holds(self, found: Classification) -> bool:
        """Whether this is not to be sent yet; see Watch."""
        if self._asks:
            return True
        server = self._client.server
        if server and not server.ledger.answered and self._awaits(found, server):
            # Whether it will run within a transaction is to be seen; and of what its
            # client has notified before, a LISTEN hears nothing.
            return True
        names = _names(found, Touch.LISTEN)
        if names and self._refusal is None:
            self._asks = True
            self._subscription.listen(names, self._on_heard)
        return self._asks

    def _awaits(self, found: Classification, server: ServerConnection) -> bool:
        """Whether what it does depends on what is not answered yet."""
        return bool(found.touches & (Touch.LISTEN | Touch.UNLISTEN)) or (
            # Within a batch nothing is done about that.
            self._erases(found) and not server.ledger.unsynced
        )

    def _on_heard(self, error: PoolerError | None) -> None:
        self._asks = False
        self._refusal = error
        client = self._client
        server = client.server
        if (
            client.waiting
            and server is not None
            and server.ledger.answered
            and not (server.cancels or server.on_errand)
        ):
            client.on_linked(server)

    def cancel(self) -> bool:
        """Have a LISTEN that is held back fail as cancelled; tell if there was one."""
        if self._asks:
            self._subscription.cancel()
            self._on_heard(errors.canceled())
            return True
        return False

    def refusal(self, found: Classification) -> PoolerError | None:
        """Say why this must not be sent, if it must not."""
        if not found.touches & Touch.LISTEN:
            return None
        refusal, self._refusal = self._refusal, None
        return refusal

    def note(self, found: Classification) -> None:
        """Take note that this is sent now."""
        server = self._client.server
        if server is None:
            return
        server.ledger.notifies = False
        if self._erases(found):
            self._keep_marks(server)
        if found.touches & Touch.NOTIFY and self._subscription.claim(
            server.pid, self._client.identity.pid
        ):
            self._claimed = server.pid
        if not found.touches & Touch.UNLISTEN or (
            server.ledger.status == TransactionStatus.FAILED
        ):
            return
        everything = any(
            named.touch is Touch.UNLISTEN and named.name is None
            for named in found.names
        )
        names = None if everything else _names(found, Touch.UNLISTEN)
        # Its own RESET ALL would take the mark away.
        number = 0 if _resets_all(found) else _set_mark(server)
        self._subscription.unlisten(names, number)

    def _keep_marks(self, server: ServerConnection) -> None:
        """Have the last mark kept, if it can be; else what it tells of is done."""
        ledger = server.ledger
        if (
            ledger.status == TransactionStatus.FAILED
            # A Parse and its Bind are both told of.
            or self._kept_in == (server, ledger.exchange)
        ):
            return
        if ledger.unsynced or ledger.status != TransactionStatus.IN_TRANSACTION:
            # A Query would end what the batch has begun, and take its portal away.
            self._subscription.do_without_marks()
            return
        self._kept_in = (server, ledger.exchange)
        ledger.skip(QUERY | LEFT, QUERY | LEFT)
        server.stream.gather(keep_mark())

    def _erases(self, found: Classification) -> bool:
        """Whether a mark may be reset that is still to be read."""
        return _resets_all(found) and self._subscription.marked

    # What becomes of it

    @property
    def own(self) -> Collection[bytes]:
        """Give the channels that it listens to, or has said so."""
        return self._subscription.channels | self._subscription.tentative

    @property
    def excess(self) -> PoolerError | None:
        """Say that it listens to too much, by what could not be seen; else None."""
        return self._subscription.excess

    def settle(self, findings: Findings | None) -> None:
        """Take note of what PostgreSQL says; None if it could not be made to tell."""
        subscription = self._subscription
        self._kept_in = None
        if findings is None:
            subscription.settle(subscription.tentative, last_mark=0)
        else:
            subscription.settle(findings.channels, last_mark=findings.last_mark)

    def lets_go(self, server: ServerConnection) -> bool:
        """Send what was kept; say whether the server may go back now.

        Not before what the client notified itself of has come, which else would look
        like the next one's; ``on_answered`` is called then.
        """
        self._subscription.flush()
        if self._claimed and not self.awaits_its_own:
            self.awaits_its_own = True
            self._subscription.disclaim(self._claimed, lambda: self._has_come(server))
        # It may have come at once.
        return not self._claimed

    def _has_come(self, server: ServerConnection) -> None:
        self._claimed = 0
        self.awaits_its_own = False
        client = self._client
        if client.waiting and client.server is server and server.ledger.settled:
            client.on_answered(server)

    def end(self) -> None:
        """Listen to nothing any more: the client is gone."""
        if self._claimed and not self.awaits_its_own:
            self._subscription.disclaim(self._claimed, _nothing)
        self._subscription.end()

    # What comes

    @property
    def at_rest(self) -> bool:
        """See Recipient."""
        server = self._client.server
        return server is None or server.ledger.settled

    @property
    def backlog(self) -> int:
        """See Recipient."""
        return self._client.stream.backlog

    def tell(self, message: bytes) -> None:
        """Write notifications; see Recipient."""
        self._counters.bytes_sent += len(message)
        self._client.stream.gather(message)

    def on_kept(self) -> None:
        """Have the end of the transaction looked at; see Recipient."""
        self._client.look_at_end()

    def on_overflow(self, error: PoolerError) -> None:
        """Close the client; see Recipient."""
        self._client.close(Reason.NOTIFICATIONS_NOT_TAKEN, error)


def _names(found: Classification, touch: Touch) -> list[bytes]:
    return [n.name for n in found.names if n.touch is touch and n.name is not None]


def _resets_all(found: Classification) -> bool:
    return bool(found.touches & Touch.RESETS) and not found.parameters


def _nothing() -> None:
    """Nobody waits for that."""


def _set_mark(server: ServerConnection) -> int:
    """Have the transaction that is open marked; give the mark, 0 if there is none."""
    ledger = server.ledger
    if (
        ledger.status != TransactionStatus.IN_TRANSACTION
        or ledger.unsynced
        or not ledger.answered
    ):
        return 0
    number = next(_marks)
    ledger.skip(QUERY)
    server.stream.gather(mark(number))
    return number
