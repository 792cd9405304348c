"""Who keeps a server of one pool past the transaction, for what cannot travel."""

from collections.abc import Callable
from dataclasses import dataclass

from pgpool_py import errors
from pgpool_py.client.lender import Pinned
from pgpool_py.client.session_state import PINS
from pgpool_py.errors import PoolerError
from pgpool_py.net.reactor import Reactor
from pgpool_py.settings import PoolSettings, SessionStatePolicy
from pgpool_py.sql.fingerprint import Fingerprint
from pgwire.classification import Classification, Touch

_REFUSED_WHEN_REJECTING = PINS | Touch.OPAQUE
_PINS_ALL = PINS | Touch.PARAMETERS | Touch.PREPARE


@dataclass(frozen=True, slots=True)
class Pin:
    """That a client keeps a server, or may in a moment.

    Attributes:
        since: when the statement was sent, by the reactor's clock.
        fingerprint: of that statement.
    """

    since: float
    fingerprint: str


class PoolPins:
    """The pins of one pool; see Pins.

    Attributes:
        settings: in force.
        holders: the clients, the one that pinned first in front.
    """

    __slots__ = ("_fingerprint", "_reactor", "holders", "settings")

    def __init__(
        self,
        reactor: Reactor,
        settings: PoolSettings,
        fingerprint: Callable[[bytes], Fingerprint],
    ) -> None:
        self._reactor = reactor
        self._fingerprint = fingerprint
        self.settings = settings
        self.holders: dict[Pinned, Pin] = {}

    @property
    def most(self) -> int:
        """Give how many clients may be pinned at a time; 0 is unlimited."""
        settings = self.settings
        if settings.max_pinned or not settings.pool_size:
            return settings.max_pinned
        return max(1, settings.pool_size // 2)

    @property
    def _is_full(self) -> bool:
        return bool(self.most) and len(self.holders) >= self.most

    def judge(
        self, client: Pinned, found: Classification, text: bytes
    ) -> PoolerError | None:
        """Say why a client may not send this, if it may not; else note that it did."""
        policy = client.limits.session_state
        touches = found.touches
        if policy is SessionStatePolicy.REJECT and touches & _REFUSED_WHEN_REJECTING:
            return errors.session_state_rejected(touches, self._fingerprint(text).text)
        pinning = _PINS_ALL if policy is SessionStatePolicy.PIN else PINS
        if not touches & pinning or client in self.holders:
            return None
        if self._is_full:
            return errors.too_many_pinned(self.most, self._holders())
        self.holders[client] = Pin(self._reactor.now, self._fingerprint(text).text)
        return None

    def settle(self, client: Pinned) -> PoolerError | None:
        """Take note of whether it keeps a server now; say why it may not, if so."""
        error = None
        if not client.holdings:
            self.holders.pop(client, None)
        elif client not in self.holders:
            # By something that could not be seen.
            if self._is_full:
                error = errors.pinned_unseen(self.most, self._holders())
            self.holders[client] = Pin(self._reactor.now, "")
        return error

    def forget(self, client: Pinned) -> None:
        """Strike it out: it has left."""
        self.holders.pop(client, None)

    def fingerprint(self, text: bytes) -> str:
        """Give a text without its literals."""
        return self._fingerprint(text).text

    def _holders(self) -> str:
        """Name the holders, and what for, for whoever is refused."""
        now = self._reactor.now
        return ", ".join(
            f"{client.identity.visitor.address}:{client.identity.visitor.port} "
            f"({', '.join(client.holdings) or 'in a transaction'}, "
            f"{now - pin.since:.0f} s)"
            for client, pin in self.holders.items()
        )
