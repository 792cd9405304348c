"""SUSPEND: nobody is read any more, and nothing is kept unsent.

    new clients wait at the door, clients that are in are not read
      └─► all that was kept for anybody is sent, nobody waits for a server
            └─► servers are not read: complete

Who has not come to rest after ``suspend_timeout`` is closed. A query that runs goes on
running: its reply waits in the kernel until the suspension is over.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from pgpool_py import errors
from pgpool_py.client.session import ClientSession
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.state import ServerState
from pgpool_py.settings import Settings

from .gatehouse import Gatehouse
from .pool import Pool


class Suspendable(Protocol):
    """What a suspension needs of the pooler.

    Attributes:
        gatehouse: the clients.
        pools: by database and servers' user.
    """

    gatehouse: Gatehouse

    @property
    def pools(self) -> Mapping[tuple[str, str], Pool]:
        """Give the pools by database and servers' user."""

    @property
    def settings(self) -> Settings:
        """Give the settings in force."""

    @property
    def now(self) -> float:
        """Give the reactor's clock."""


class Suspension:
    """One of them, from the moment it is constructed; see the module's text.

    Attributes:
        complete: whether everything has come to rest.
    """

    __slots__ = ("_began", "_pooler", "complete")

    def __init__(self, pooler: Suspendable) -> None:
        self._pooler = pooler
        self._began = pooler.now
        self.complete = False
        self.check()

    def check(self) -> None:
        """Hold whoever can be held by now; called from time to time."""
        if self.complete:
            return
        settings = self._pooler.settings
        lasted = self._pooler.now - self._began
        if settings.suspend_timeout and lasted >= settings.suspend_timeout:
            self._close_late()
        if self._hold_clients():
            self.complete = self._hold_servers()

    def _hold_clients(self) -> bool:
        """Read no client; say whether all have taken what was kept for them."""
        house = self._pooler.gatehouse
        for session in house.sessions.values():
            session.stream.hold()
            if session.waiting and session.server is None:
                # Who is being answered among others waits for nothing.
                session.lender.claim(session)
        privates = list(house.replications.privates.values())
        rest = [private.relay.hold() for private in privates]
        return all(rest) and not (house.arrivals or any(self._moving_clients()))

    def _moving_clients(self) -> Iterator[ClientSession]:
        for session in self._pooler.gatehouse.sessions.values():
            if _waits(session) or session.stream.backlog:
                yield session

    def _hold_servers(self) -> bool:
        """Read no server that works for a client; say whether there is no other."""
        rest = True
        for server in self._busy():
            if _in_our_hands(server) or server.stream.backlog:
                rest = False
            else:
                server.stream.hold()
        return rest

    def _busy(self) -> list[ServerConnection]:
        # From those that are idle nothing comes but their end, which is to be noticed.
        return [
            server
            for pool in self._pooler.pools.values()
            for server in (*pool.books.busy, *pool.notifications.servers)
        ]

    def _close_late(self) -> None:
        reason = Reason.SUSPEND_TIMEOUT
        error = errors.suspend_timeout(self._pooler.settings.suspend_timeout)
        house = self._pooler.gatehouse
        for arrival in list(house.arrivals):
            arrival.refuse(reason, error)
        for private in list(house.replications.privates.values()):
            if not private.relay.hold():
                private.relay.close(reason, error)
        for session in list(self._moving_clients()):
            session.close(reason, error)
        for server in self._busy():
            if _in_our_hands(server) or server.stream.backlog:
                if isinstance(server.owner, ClientSession):
                    server.owner.close(reason, error)
                server.close(reason)

    def end(self) -> None:
        """Read everybody again."""
        house = self._pooler.gatehouse
        for session in list(house.sessions.values()):
            session.stream.release()
        for private in list(house.replications.privates.values()):
            private.relay.release()
        for server in self._busy():
            server.stream.release()


def _waits(session: ClientSession) -> bool:
    """Whether something comes yet that a client waits for, or we have of it."""
    server = session.server
    if server is None or session.requests.pending is not None:
        return session.waiting
    # It holds back nothing yet, behind what others have left.
    return session.waiting and not server.ledger.has_left


def _in_our_hands(server: ServerConnection) -> bool:
    """Whether a server is made ready, reset or cleared, which is soon over."""
    return server.on_errand or server.state is not ServerState.ACTIVE
