"""Which of a database's hosts the next server is opened at.

Knows no name and no socket: hosts are strings, what went wrong with them is opaque,
time is passed in. Every host has a pause of its own after a failure, and while others
work it gets no server that somebody waits for: it is looked at besides.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar

from .backoff import Backoff

F = TypeVar("F")


class Standing(Enum):
    """What is known of a host."""

    WORKS = auto()
    # It cannot be reached, or does not let us in.
    FAILS = auto()
    # It lets us in, and is not what is wanted.
    UNFIT = auto()
    # The same, and will do where nothing better is to be had.
    SECOND_CHOICE = auto()


@dataclass(frozen=True, slots=True)
class Turn:
    """The host whose turn it is; ``lenient``: take it, whatever it is like."""

    host: str
    lenient: bool = False


@dataclass(slots=True)
class _Host(Generic[F]):
    backoff: Backoff
    standing: Standing = Standing.WORKS
    failure: F | None = None
    failed_at: float = -math.inf
    looked_at: float = -math.inf


class Hosts(Generic[F]):
    """See the module's text. A host is taken to work until an attempt there fails.

    Attributes:
        sticky: whether all servers are opened at one host until that fails; else each
            at the next one (``load_balance_hosts``).
    """

    __slots__ = ("_ceiling", "_hosts", "_next", "_order", "sticky")

    def __init__(
        self, order: tuple[str, ...], ceiling: float, *, sticky: bool = False
    ) -> None:
        self._hosts: dict[str, _Host[F]] = {}
        self._next = 0
        self.reconfigure(order, ceiling, sticky=sticky)

    def reconfigure(
        self, order: tuple[str, ...], ceiling: float, *, sticky: bool = False
    ) -> None:
        """Take over other hosts, of which some may be known; ``ceiling`` of pauses."""
        self._ceiling = ceiling
        self._order = order
        self.sticky = sticky
        known = self._hosts
        self._hosts = {h: known.get(h) or _Host(Backoff(ceiling)) for h in order}
        for host in self._hosts.values():
            host.backoff.ceiling = ceiling

    def __len__(self) -> int:
        """Count them."""
        return len(self._hosts)

    # Questions

    @property
    def pause(self) -> float:
        """Seconds after the last failure until one of them is tried again."""
        return min(host.backoff.pause for host in self._hosts.values())

    @property
    def failing(self) -> bool:
        """Whether none of them works."""
        return all(h.standing is not Standing.WORKS for h in self._hosts.values())

    def due(self, now: float) -> bool:
        """Whether an attempt may be made."""
        return any(
            self._works(host) or host.backoff.due(now) for host in self._hosts.values()
        )

    def works(self, name: str) -> bool:
        """Whether the host is, for all that is known, as it is wanted."""
        host = self._hosts.get(name)
        return host is not None and host.standing is Standing.WORKS

    def failures(self) -> list[tuple[str, F]]:
        """Give what went wrong with those that do not work, in their order."""
        return [
            (name, host.failure)
            for name, host in self._hosts.items()
            if host.failure is not None
        ]

    # Turns

    def turn(self, now: float) -> Turn | None:
        """Give where to open a server now, None if it is to be waited."""
        best: tuple[int, int] | None = None
        for index in self._from_next():
            rank = self._rank(self._hosts[self._order[index]], now)
            if rank is not None and (best is None or rank < best[0]):
                best = (rank, index)
        if best is None:
            return None
        rank, index = best
        self._next = index if self.sticky else index + 1
        return Turn(self._order[index], lenient=rank == 1)

    def lookout(self, now: float) -> str | None:
        """Give a host to look at again, besides; None if there is none.

        That is for others than those that get servers: where one is sticky, or none
        works, there is nothing to find out.
        """
        if not any(self._works(host) for host in self._hosts.values()):
            return None
        if self.sticky and not self.failing:
            return None
        for name, host in self._hosts.items():
            if host.standing is not Standing.WORKS and host.backoff.due(now):
                return name
        return None

    def suspect(self, name: str, now: float) -> bool:
        """Say whether to look at a host that is suspected of not being as it was.

        False where that is known already, and where it was looked at in vain less
        than the longest pause ago: suspicion may be the clients' doing.
        """
        host = self._hosts.get(name)
        if host is None or host.standing is not Standing.WORKS:
            return False
        if now - host.looked_at < self._ceiling:
            return False
        host.looked_at = now
        return True

    def _from_next(self) -> Iterator[int]:
        number = len(self._order)
        return ((self._next + step) % number for step in range(number))

    def _rank(self, host: _Host[F], now: float) -> int | None:
        if host.standing is Standing.WORKS:
            return 0
        if host.standing is Standing.SECOND_CHOICE:
            return 1
        return 2 if host.backoff.due(now) else None

    def _works(self, host: _Host[F]) -> bool:
        return host.standing in {Standing.WORKS, Standing.SECOND_CHOICE}

    # Outcomes

    def worked(self, turn: Turn) -> None:
        """Note a success; a lenient one says nothing of what the host is like."""
        host = self._hosts.get(turn.host)
        if host is not None and not turn.lenient:
            host.backoff.succeeded()
            host.standing = Standing.WORKS
            host.failure = None

    def failed(
        self, name: str, started: float, now: float, failure: F, standing: Standing
    ) -> None:
        """Note a failure of an attempt that was ``started`` then."""
        host = self._hosts.get(name)
        # Attempts that were under way together fail once, not each.
        if host is None or started <= host.failed_at:
            return
        host.backoff.failed(now)
        host.failed_at = now
        host.standing = standing
        host.failure = failure
        if self.sticky and self._order[self._next % len(self._order)] == name:
            self._next += 1

    def forget(self) -> None:
        """Take all of them to work again."""
        for name in self._hosts:
            self._hosts[name] = _Host(Backoff(self._ceiling))
