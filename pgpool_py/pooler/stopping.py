"""The pooler's way to its end: what it waits for, and for how long.

    serving
      │ asked to stop
    grace       shutdown_grace: everything is as before
      │
    waiting     no TCP listener, no login; shutdown_timeout, for ever if that is 0
      │
    dismissing  clients between transactions are closed; shutdown_timeout again
      │
    stopped     whoever is left is closed

Waiting and dismissing end early when nobody is left whom the stop waits for. Nothing
of it has a timer of its own: the pooler's tick calls :meth:`Stop.check`.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from pgpool_py import errors
from pgpool_py.client.boundary import at_boundary
from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason
from pgpool_py.settings import PoolMode, Settings

from .gatehouse import Gatehouse
from .pool import Pool

_log = logging.getLogger(__name__)


class Stopping(StrEnum):
    """Whether the pooler was asked to stop, and what it waits for."""

    NO = "no"
    WAIT_FOR_SERVERS = "wait_for_servers"
    WAIT_FOR_CLIENTS = "wait_for_clients"
    NOW = "now"


class Phase(StrEnum):
    """How far it has got; see the module's text."""

    SERVING = "serving"
    GRACE = "grace"
    WAITING = "waiting"
    DISMISSING = "dismissing"
    STOPPED = "stopped"


# What follows each phase that ends by itself.
NEXT: Final[Mapping[Phase, Phase]] = MappingProxyType(
    {
        Phase.GRACE: Phase.WAITING,
        Phase.WAITING: Phase.DISMISSING,
        Phase.DISMISSING: Phase.STOPPED,
    }
)


class Stoppable(Protocol):
    """What a stop needs of the pooler.

    Attributes:
        gatehouse: the clients.
        pools: by database and servers' user.
    """

    gatehouse: Gatehouse
    pools: dict[tuple[str, str], Pool]

    @property
    def settings(self) -> Settings:
        """Give the settings in force."""

    @property
    def now(self) -> float:
        """Give the reactor's clock."""

    def active_servers(self) -> int:
        """Count servers that are not idle."""

    def pause(self) -> None:
        """Lend no servers any more."""

    def listen_no_more(self) -> None:
        """Close the TCP listeners."""

    def close(self) -> None:
        """Close everything; called once."""


class Stop:
    """See the module's text.

    Attributes:
        what: is waited for.
        phase: how far it has got.
    """

    __slots__ = ("_pooler", "_refusal", "_since", "phase", "what")

    def __init__(self, pooler: Stoppable) -> None:
        self._pooler = pooler
        self._since = 0.0
        self._refusal: tuple[PoolerError, Reason] | None = None
        self.what = Stopping.NO
        self.phase = Phase.SERVING

    @property
    def lets_in(self) -> bool:
        """Whether clients are still let in."""
        return self.phase in {Phase.SERVING, Phase.GRACE}

    def begin(self, what: Stopping) -> None:
        """Stop; asked again, wait for something else, in the same time."""
        self.what = what
        if what is Stopping.NOW:
            self._enter(Phase.STOPPED)
        elif self.phase is Phase.SERVING:
            self._enter(Phase.GRACE)
            self.check()
        elif self.phase is Phase.WAITING:
            self._enter_waiting()
            self.check()

    def check(self) -> None:
        """Go on if the phase is over; called from time to time."""
        while self._is_over():
            self._enter(NEXT[self.phase])
        if self.phase is Phase.DISMISSING:
            self._dismiss()
            if self._is_over():
                self._enter(Phase.STOPPED)

    def _is_over(self) -> bool:
        settings = self._pooler.settings
        lasted = self._pooler.now - self._since
        match self.phase:
            case Phase.GRACE:
                return lasted >= settings.shutdown_grace
            case Phase.WAITING | Phase.DISMISSING:
                limit = settings.shutdown_timeout
                return self._nobody_left() or bool(limit and lasted >= limit)
        return False

    def _nobody_left(self) -> bool:
        """Whether all whom the stop waits for are gone."""
        if self.what is Stopping.WAIT_FOR_SERVERS:
            return not self._pooler.active_servers()
        house = self._pooler.gatehouse
        inside = house.sessions or house.replications.privates
        if self.phase is Phase.DISMISSING:
            # Who only looks on, or is only at the door, is waited for no longer.
            return not inside
        return not (inside or house.arrivals or house.consoles or len(house.peering))

    # What is done on the way

    def _enter(self, phase: Phase) -> None:
        if phase is self.phase:
            return
        self.phase = phase
        self._since = self._pooler.now
        if phase is Phase.WAITING:
            self._pooler.listen_no_more()
            self._enter_waiting()
        elif phase is Phase.DISMISSING and not self._nobody_left():
            _log.warning(
                "shutdown_timeout: closing clients at the end of their transactions"
            )
            self._refuse(errors.shutting_down(), Reason.POOLER_SHUTTING_DOWN)
        elif phase is Phase.STOPPED:
            self.what = Stopping.NOW
            self._pooler.close()

    def _enter_waiting(self) -> None:
        if self.what is Stopping.WAIT_FOR_SERVERS:
            self._refuse(errors.server_shutting_down(), Reason.SERVER_SHUTTING_DOWN)
            self._pooler.pause()

    def _refuse(self, error: PoolerError, reason: Reason) -> None:
        """Lend no server to who has none."""
        self._refusal = (error, reason)
        for pool in self._pooler.pools.values():
            self.refuse_in(pool)

    def refuse_in(self, pool: Pool) -> None:
        """Let a pool lend no server if that is how far it has got."""
        if self._refusal is None:
            return
        pool.refusal = self._refusal
        pool.refuse_all(*self._refusal)

    def _dismiss(self) -> None:
        """Close who stands between transactions, or comes to stand there later."""
        for pool in self._pooler.pools.values():
            if pool.settings.pool_mode is PoolMode.SESSION:
                # So that a client is without a server as soon as its transaction is
                # over, and is refused the next one.
                brief = replace(pool.settings, pool_mode=PoolMode.TRANSACTION)
                pool.reconfigure(brief)
        house = self._pooler.gatehouse
        reason, error = Reason.POOLER_SHUTTING_DOWN, errors.shutting_down()
        for session in list(house.sessions.values()):
            if at_boundary(session):
                session.close(reason, error)
        for arrival in list(house.arrivals):
            if arrival.entering:
                arrival.refuse(reason, error)
