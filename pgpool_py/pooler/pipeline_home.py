"""What a pipeline needs of its pool."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from pgpool_py.client.session import ClientSession
from pgpool_py.server.connection import ServerConnection
from pgpool_py.statistics import Counters

# Who is taken back, and since when it waits.
Taken = tuple[ClientSession, float]
P_contra = TypeVar("P_contra", contravariant=True)


class Home(Protocol[P_contra]):
    """The pool, as a pipeline sees it."""

    @property
    def reply_limit(self) -> int:
        """Give the bytes that are held of an answer."""

    @property
    def counters(self) -> Counters:
        """Give the pool's counters."""

    def note_depth(self, depth: int) -> None:
        """So many exchanges were in flight when something came."""

    def on_turn(self, pipeline: P_contra) -> None:
        """What came from the server is dealt with; there may be room for more."""

    def on_over(self, pipeline: P_contra) -> None:
        """The server is shared no longer."""

    def put_back(self, taken: Sequence[Taken], *, lost: bool) -> None:
        """Let these wait again, in front of all others and each for a server alone.

        ``lost``: their server is gone.
        """

    def give_back(self, server: ServerConnection) -> None:
        """Take a server that owes nothing."""

    def abandon(self, server: ServerConnection) -> None:
        """Look after a server on which nothing that is owed is wanted."""
