"""Who is told about a server besides its owner, in terms of any kind of server."""

from typing import Protocol, TypeVar

from pgpool_py.net.scratch import Scratch
from pgpool_py.reasons import Reason

S_contra = TypeVar("S_contra", contravariant=True)


class Keeper(Protocol[S_contra]):
    """The pool that a server belongs to."""

    def on_parameter(self, server: S_contra, name: str, value: str) -> bytes | None:
        """The server reported a parameter; as Owner's."""

    def on_error(self, server: S_contra, sqlstate: str) -> None:
        """The server told its owner of an error."""

    def on_abandoned_answered(self, server: S_contra) -> None:
        """All that an owner who is gone had sent is answered."""

    def on_left(self, server: S_contra) -> None:
        """All that its owner asked is answered; what others left there is not."""

    def on_server_closed(self, server: S_contra, reason: Reason) -> None:
        """The server is closed; called once."""


class Sharing(Protocol):
    """Who sees to it that each client of a shared server gets its own replies."""

    def account(self, scratch: Scratch, end: int) -> None:
        """Account for ``scratch.buffer[:end]``, exchange by exchange."""
