"""Clients whose LISTEN is held back until the channels are heard."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pgpool_py.errors import PoolerError

S = TypeVar("S")
Then = Callable[[PoolerError | None], None]


@dataclass(frozen=True, slots=True)
class Asker(Generic[S]):
    """One that waits since then; ``then`` is called when it need not any more.

    ``behind`` counts what the server that listens had been told by then.
    """

    who: S
    names: frozenset[bytes]
    then: Then
    since: float
    behind: int = 0


class Askers(Generic[S]):
    """All of them, the first one first.

    Whoever is given out waits no more, so that what its ``then`` does finds it gone.
    """

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[Asker[S]] = []

    @property
    def oldest_wait(self) -> float | None:
        """Give since when somebody waits, None if nobody does."""
        return self._waiting[0].since if self._waiting else None

    def has(self, hears: Callable[[frozenset[bytes]], bool]) -> bool:
        """Tell whether the channels of any of them are heard."""
        return any(hears(asker.names) for asker in self._waiting)

    def wait(self, asker: Asker[S]) -> None:
        """Let one wait."""
        self._waiting.append(asker)

    def take(self, which: Callable[[Asker[S]], bool]) -> list[Asker[S]]:
        """Give those that are meant, and let them wait no more."""
        taken = [asker for asker in self._waiting if which(asker)]
        if taken:
            self._waiting = [asker for asker in self._waiting if not which(asker)]
        return taken
