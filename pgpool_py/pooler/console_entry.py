"""A client between its authentication and the console."""

from collections.abc import Callable
from typing import Protocol

from pgpool_py import errors
from pgpool_py.client.door import AtDoor
from pgpool_py.client.door import Proof as ToProve
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason

from .console_access import Access
from .entry import Wishes


class ConsoleHouse(Protocol):
    """Who opens consoles."""

    def open_console(
        self, arrival: AtDoor, wishes: Wishes, stream: Stream, *, admin: bool
    ) -> None:
        """Hand a client that has proved itself to the console."""


class ConsoleEntry:
    """Leads one client to the console."""

    __slots__ = ("_arrival", "_gatehouse", "_judge", "_wishes", "proof")

    def __init__(
        self,
        gatehouse: ConsoleHouse,
        arrival: AtDoor,
        wishes: Wishes,
        proof: ToProve,
        judge: Callable[[], Access],
    ) -> None:
        self._gatehouse = gatehouse
        self._arrival = arrival
        self._wishes = wishes
        self._judge = judge
        self.proof = proof

    def enter(self, stream: Stream, last: bytes) -> None:
        """Open the console, if this user may; see Entry."""
        stream.gather(last)
        # Now, for a reload may have changed it.
        found = self._judge()
        if not found.allowed:
            error = errors.not_allowed(self._wishes.user)
            self._arrival.refuse(Reason.NOT_ALLOWED, error)
            return
        self._gatehouse.open_console(
            self._arrival, self._wishes, stream, admin=found.admin
        )

    def leave(self) -> None:
        """Nothing is held; see Entry."""
