"""Who wants to hear which channels, and what the one server that listens is to be told.

    wanted ──► LISTEN ordered ──► heard ──► nobody wants it ──► UNLISTEN ordered

Names are bytes as PostgreSQL folds and cuts them; who wants them is opaque. One order
is carried out at a time. One that is refused is tried again name by name, so that a
name that PostgreSQL does not take keeps nobody else from hearing.
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

S = TypeVar("S", bound=Hashable)

#: Names in one order: a query of at most 70 KB.
MOST_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Order:
    """What the server is to be told in one query."""

    listen: tuple[bytes, ...]
    unlisten: tuple[bytes, ...] = ()

    @property
    def text(self) -> bytes:
        """Give the statements, which PostgreSQL runs as one transaction."""
        said = [b"LISTEN " + _quoted(name) for name in self.listen]
        said += [b"UNLISTEN " + _quoted(name) for name in self.unlisten]
        return b"; ".join(said)


class Hub(Generic[S]):
    """See the module's text."""

    __slots__ = ("_due", "_heard", "_one_by_one", "_order", "_refused", "_wanted")

    def __init__(self) -> None:
        self._wanted: dict[bytes, dict[S, None]] = {}
        self._heard: set[bytes] = set()
        # Names for which an order may be needed, the first one first.
        self._due: dict[bytes, None] = {}
        self._order: Order | None = None
        self._one_by_one = 0
        self._refused: set[bytes] = set()

    # Who wants what

    @property
    def unused(self) -> bool:
        """Whether nobody wants to hear anything."""
        return not self._wanted

    def __len__(self) -> int:
        """Count the channels that somebody wants to hear."""
        return len(self._wanted)

    def want(self, who: S, names: Iterable[bytes]) -> None:
        """Note that somebody wants to hear these channels."""
        for name in names:
            if name not in self._wanted:
                self._wanted[name] = {}
                self._due[name] = None
            self._wanted[name][who] = None

    def forgo(self, who: S, names: Iterable[bytes]) -> None:
        """Note that somebody does not want these any more, if it ever did."""
        for name in names:
            wanting = self._wanted.get(name)
            if wanting is None or who not in wanting:
                continue
            del wanting[who]
            if not wanting:
                del self._wanted[name]
                self._refused.discard(name)
                self._due[name] = None

    def wanting(self, name: bytes) -> tuple[S, ...]:
        """Give who wants to hear this channel, the first one first."""
        return tuple(self._wanted.get(name, ()))

    # What the server hears

    @property
    def complete(self) -> bool:
        """Whether all that is wanted is heard."""
        return self.hears(self._wanted)

    def hears(self, names: Collection[bytes]) -> bool:
        """Tell whether the server listens to all of these, and goes on to."""
        leaving = () if self._order is None else self._order.unlisten
        return all(name in self._heard and name not in leaving for name in names)

    def order(self) -> Order | None:
        """Give what the server is to be told now; None if nothing, or not yet.

        Call :meth:`carried_out` or :meth:`refuse` when it has answered.
        """
        if self._order is not None:
            return None
        most = 1 if self._one_by_one else MOST_AT_ONCE
        listen: list[bytes] = []
        unlisten: list[bytes] = []
        while self._due and len(listen) + len(unlisten) < most:
            name = next(iter(self._due))
            del self._due[name]
            if name in self._wanted:
                if name not in self._heard:
                    listen.append(name)
            elif name in self._heard:
                unlisten.append(name)
        self._one_by_one = max(0, self._one_by_one - 1)
        if listen or unlisten:
            self._order = Order(tuple(listen), tuple(unlisten))
        return self._order

    def carried_out(self) -> None:
        """Note that the server has committed the order."""
        order, self._order = self._order, None
        if order is not None:
            self._heard.update(order.listen)
            self._heard.difference_update(order.unlisten)

    def refuse(self) -> tuple[bytes, ...]:
        """Note that the server refused the order.

        Returns:
            The names that it does not take; they are left alone until :meth:`retry`.
            None of several: each is ordered by itself now.
        """
        order, self._order = self._order, None
        if order is None:
            return ()
        names = (*order.listen, *order.unlisten)
        if len(names) > 1:
            self._due = dict.fromkeys(names) | self._due
            self._one_by_one = len(names)
            return ()
        # One that nobody wanted any more is as good as not heard: whoever wants it
        # next has it ordered anew, and what comes meanwhile is nobody's.
        self._heard.difference_update(order.unlisten)
        refused = tuple(name for name in order.listen if name in self._wanted)
        self._refused.update(refused)
        return refused

    def retry(self) -> None:
        """Order what was refused once more."""
        self._due.update(dict.fromkeys(self._refused))
        self._refused.clear()

    def lost(self) -> None:
        """Note that the server is gone: the next one is to be told everything."""
        self._order = None
        self._one_by_one = 0
        self._heard.clear()
        self._refused.clear()
        self._due = dict.fromkeys(self._wanted)


def _quoted(name: bytes) -> bytes:
    # No encoding that PostgreSQL takes from a client has a quote within a character.
    return b'"' + name.replace(b'"', b'""') + b'"'
