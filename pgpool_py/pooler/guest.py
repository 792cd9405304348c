"""A client that logs in, in terms of any kind of pool."""

from typing import Protocol, TypeVar

from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason

P_contra = TypeVar("P_contra", contravariant=True)


class Guest(Protocol[P_contra]):
    """A client that logs in and has to be told what the servers are like."""

    def on_welcome(self, pool: P_contra) -> None:
        """The pool knows."""

    def on_refused(self, error: PoolerError, reason: Reason) -> None:
        """It cannot be known: no server can be reached."""
