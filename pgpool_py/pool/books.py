"""The books of one pool: which servers it has, who waits, how many more to open.

Knows no protocol and no socket: servers and waiters are opaque, time is passed in.
Every method decides at once and changes the books at once; what has to be done with
sockets is the caller's.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

S = TypeVar("S")
W = TypeVar("W")

# Logins cost PostgreSQL a process each: a burst of clients opens servers in parallel,
# but not all at once.
MOST_OPENING: Final = 8


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many servers a pool may have; ``size`` 0 means unlimited.

    ``reserve`` more are allowed once somebody has waited ``reserve_after`` seconds.
    """

    size: int
    minimum: int = 0
    reserve: int = 0
    reserve_after: float = 5.0


class Books(Generic[S, W]):
    """See the module's text.

    Attributes:
        sizes: may be replaced at any time; servers above it are not closed by it.
        round_robin: whether the server that was idle longest is lent first.
        idle: servers that nobody has, the one returned last at the right.
        busy: all other servers that are logged in.
        opening: how many servers are being opened.
        waiters: who waits, first come first, with the time since when.
        willing: those of them that would share a server with others, in that order.
    """

    __slots__ = (
        "busy",
        "idle",
        "opening",
        "round_robin",
        "sizes",
        "waiters",
        "willing",
    )

    def __init__(self, sizes: Sizes, *, round_robin: bool = False) -> None:
        self.sizes = sizes
        self.round_robin = round_robin
        self.idle: deque[S] = deque()
        self.busy: set[S] = set()
        self.opening = 0
        self.waiters: OrderedDict[W, float] = OrderedDict()
        self.willing: dict[W, None] = {}

    @property
    def connected(self) -> int:
        """How many servers are logged in."""
        return len(self.idle) + len(self.busy)

    @property
    def total(self) -> int:
        """How many servers there are, those being opened included."""
        return len(self.idle) + len(self.busy) + self.opening

    @property
    def grown(self) -> bool:
        """Whether there are as many servers as there usually are, without a reserve."""
        size = self.sizes.size
        return size != 0 and len(self.idle) + len(self.busy) + self.opening >= size

    @property
    def full(self) -> bool:
        """Whether there are as many servers as there may ever be."""
        sizes = self.sizes
        total = len(self.idle) + len(self.busy) + self.opening
        return sizes.size != 0 and total >= sizes.size + sizes.reserve

    # Servers

    def take(self) -> S | None:
        """Give an idle server, busy from now on, or None."""
        if not self.idle:
            return None
        server = self.idle.popleft() if self.round_robin else self.idle.pop()
        self.busy.add(server)
        return server

    def put(self, server: S) -> None:
        """Take a busy server back: it is idle."""
        self.busy.remove(server)
        self.idle.append(server)

    def remove(self, server: S) -> None:
        """Strike a server out: it was closed."""
        if server in self.busy:
            self.busy.remove(server)
        else:
            self.idle.remove(server)

    def begin_opening(self) -> None:
        """Note that one more server is being opened."""
        self.opening += 1

    def opened(self, server: S) -> None:
        """Note that a server was opened: it is busy until it is put."""
        self.opening -= 1
        self.busy.add(server)

    def opening_failed(self) -> None:
        """Note that a server could not be opened."""
        self.opening -= 1

    # Waiters

    def wait(self, waiter: W, since: float, *, willing: bool = False) -> None:
        """Put a waiter at the end of the queue; ``willing``: to share a server."""
        self.waiters[waiter] = since
        if willing:
            self.willing[waiter] = None

    def wait_first(self, waiter: W, since: float) -> None:
        """Put a waiter back at the front: it had been served, but not to the end."""
        self.waiters[waiter] = since
        self.waiters.move_to_end(waiter, last=False)

    def leave(self, waiter: W) -> float | None:
        """Strike a waiter out; give since when it waited, None if it did not."""
        self.willing.pop(waiter, None)
        return self.waiters.pop(waiter, None)

    def next_waiter(self) -> tuple[W, float] | None:
        """Take the first waiter out of the queue, with the time since when it waits."""
        return self.first_waiter() if self.waiters else None

    def first_waiter(self) -> tuple[W, float]:
        """Take the first waiter out of the queue, which is not empty."""
        first = self.waiters.popitem(last=False)
        if self.willing:
            self.willing.pop(first[0], None)
        return first

    def oldest_wait(self) -> float | None:
        """Give the time since when the first waiter waits, None if nobody does."""
        return next(iter(self.waiters.values())) if self.waiters else None

    # Growth

    def wanted(self, now: float) -> int:
        """Say how many servers to open now, within this pool's own sizes."""
        sizes = self.sizes
        total = self.total
        need = max(len(self.waiters) - self.opening, sizes.minimum - total)
        if need <= 0:
            return 0
        room = sizes.size - total if sizes.size else need
        if room < need and sizes.reserve:
            oldest = self.oldest_wait()
            if oldest is not None and now - oldest >= sizes.reserve_after:
                room += sizes.reserve
        return max(0, min(need, room, MOST_OPENING - self.opening))
