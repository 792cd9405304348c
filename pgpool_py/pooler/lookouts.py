"""Logins that nobody waits for: whether a host works again, or is still as it was.

The servers so opened are closed at once. They count to the shared limits meanwhile,
and no other pool's server is closed for them.
"""

from collections.abc import Callable
from typing import Protocol

from pgpool_py.pool.hosts import Turn
from pgpool_py.pool.quota import Quota
from pgpool_py.server.opening import (
    TERMINATE,
    Destination,
    Opened,
    Opening,
    OpeningFailed,
)

from .context import Context


class Verdict(Protocol):
    """What is called at the end of each."""

    def __call__(
        self, opening: Opening, turn: Turn, outcome: Opened | OpeningFailed
    ) -> None:
        """Take what became of it; the stream is closed."""


class Lookouts:
    """Those of one pool, at most one at a time for each host."""

    __slots__ = ("_context", "_destination", "_openings", "_quotas", "_verdict")

    def __init__(
        self,
        context: Context,
        quotas: tuple[Quota, ...],
        destination: Callable[[Turn], Destination],
        verdict: Verdict,
    ) -> None:
        self._context = context
        self._quotas = quotas
        self._destination = destination
        self._verdict = verdict
        self._openings: dict[str, Opening] = {}

    def look(self, host: str) -> bool:
        """Have a look at a host; False if there is no room for that."""
        if host in self._openings:
            return True
        if any(quota.full for quota in self._quotas):
            return False
        for quota in self._quotas:
            quota.add()
        context = self._context
        opening = Opening(
            context.reactor,
            context.tcp_options,
            self._destination(Turn(host)),
            self._on_outcome,
        )
        self._openings[host] = opening
        opening.start(context.resolver)
        return True

    def _on_outcome(self, opening: Opening, outcome: Opened | OpeningFailed) -> None:
        host = opening.destination.host
        del self._openings[host]
        for quota in self._quotas:
            quota.remove()
        if isinstance(outcome, Opened):
            outcome.stream.write(TERMINATE)
            outcome.stream.close()
        self._verdict(opening, Turn(host), outcome)

    def openings(self) -> list[Opening]:
        """Give those under way."""
        return list(self._openings.values())
