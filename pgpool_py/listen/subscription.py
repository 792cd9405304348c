"""What one client listens to, and the notifications that it is still to be sent.

    LISTEN asked for ──► tentative ──► transaction over ──► what PostgreSQL says

A client's LISTEN is sent once the server that listens for all hears the channel too;
from then on all that comes on it is kept. A client in a transaction is told nothing, as
by PostgreSQL (``ProcessNotifyInterrupt`` in ``commands/async.c``); and as there, what
was kept is dropped if the client does not listen to its channel when it could be sent.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from pgpool_py import errors
from pgpool_py.errors import PoolerError

from .askers import Then

# UNLISTEN of one transaction that are told apart.
_MOST_FORGONE: Final = 100


@dataclass(slots=True)
class ListenLimits:
    """What holds for each client; may be replaced at any time.

    Attributes:
        channels: that it may listen to, 0 for any number.
        buffer: bytes of notifications to keep for it.
    """

    channels: int
    buffer: int


class Recipient(Protocol):
    """A client, as far as notifications go."""

    @property
    def at_rest(self) -> bool:
        """Whether it is outside any transaction, and all it asked is answered."""

    @property
    def backlog(self) -> int:
        """Bytes written to it that it has not taken."""

    def tell(self, message: bytes) -> None:
        """Write whole messages to it."""

    def on_kept(self) -> None:
        """Something is kept: ``flush`` is to be called once it is at rest."""

    def on_overflow(self, error: PoolerError) -> None:
        """It does not take its notifications: it is to be closed."""


class Source(Protocol):
    """Where notifications come from: the server that listens for all."""

    def ask(self, who: "Subscription", names: frozenset[bytes], then: Then) -> None:
        """Hear these channels; ``then`` is called, at once or later.

        What was sent on them before this is called has come by then.
        With an error, nobody has noted anything.
        """

    def want(self, who: "Subscription", names: Iterable[bytes]) -> None:
        """Hear these channels as soon as that can be."""

    def forgo(self, who: "Subscription", names: Iterable[bytes]) -> None:
        """Want these channels no more; what was asked about them is not answered."""

    def leave(self, who: "Subscription") -> None:
        """Want nothing more, and have nothing called."""

    def claim(self, server_pid: int, pid: int) -> None:
        """Take what this server sends to be sent by the client with this ``pid``."""

    def disclaim(self, server_pid: int, then: Callable[[], None]) -> None:
        """Do so no more once all that it has sent so far is here; call ``then``."""


class Subscription:
    """One client's; see the module's text.

    Attributes:
        channels: that it listens to.
        tentative: those it may listen to when its transaction is over.
        excess: why it is to be closed: it listens to more than it may.
    """

    __slots__ = (
        "_asked",
        "_forgone",
        "_kept",
        "_limits",
        "_recipient",
        "_size",
        "_source",
        "channels",
        "excess",
        "tentative",
    )

    def __init__(
        self, recipient: Recipient, source: Source, limits: ListenLimits
    ) -> None:
        self._recipient = recipient
        self._source = source
        self._limits = limits
        self._kept: deque[tuple[bytes, bytes]] = deque()
        self._size = 0
        self._forgone: list[tuple[int, frozenset[bytes] | None]] = []
        # Its LISTEN of these is not sent yet: what comes was sent before.
        self._asked: frozenset[bytes] = frozenset()
        self.channels: set[bytes] = set()
        self.tentative: set[bytes] = set()
        self.excess: PoolerError | None = None

    @property
    def unsettled(self) -> bool:
        """Whether something waits for the end of a transaction."""
        return bool(self.tentative or self._forgone)

    @property
    def marked(self) -> bool:
        """Whether a mark tells of an UNLISTEN whether it was rolled back."""
        return any(mark for mark, _ in self._forgone)

    @property
    def kept(self) -> int:
        """Bytes of notifications that wait until they can be sent."""
        return self._size

    # What it asks for

    def listen(self, names: Iterable[bytes], then: Then) -> None:
        """Make sure that nothing is missed by a LISTEN that is about to be sent.

        Args:
            names: the channels.
            then: called, at once or later, when the LISTEN may be sent; with an error
                where it must not.
        """
        new = frozenset(names) - self.channels - self.tentative
        if not new:
            then(None)
            return
        most = self._limits.channels
        if most and len(self.channels) + len(self.tentative) + len(new) > most:
            then(errors.too_many_channels(most))
            return

        def answered(error: PoolerError | None) -> None:
            if self._asked is not new:
                # It was cancelled.
                return
            self._asked = frozenset()
            if error is not None:
                self.tentative -= new
            then(error)

        self.tentative |= new
        self._asked = new
        self._source.ask(self, new, answered)

    def cancel(self) -> None:
        """Take back what is asked for and not answered: its LISTEN is not sent."""
        names, self._asked = self._asked, frozenset()
        self.tentative -= names
        self._source.forgo(self, sorted(names))

    def unlisten(self, names: Iterable[bytes] | None, mark: int = 0) -> None:
        """Note an UNLISTEN of these, or of all, that is about to be sent.

        ``mark`` tells whether it was rolled back, 0 that it cannot be.
        """
        gone = None if names is None else frozenset(names)
        if len(self._forgone) >= _MOST_FORGONE:
            # They end with the last of them.
            earlier = self._forgone.pop()[1]
            gone = None if earlier is None or gone is None else earlier | gone
        self._forgone.append((mark, gone))

    def do_without_marks(self) -> None:
        """Note that nothing will tell whether what was noted was rolled back."""
        self._forgone = [(0, names) for _, names in self._forgone]

    def settle(self, listened: Iterable[bytes], *, last_mark: int) -> None:
        """Note what became of a transaction, and send what can be sent.

        Args:
            listened: what the server listens to on which it ran, and on which none of
                the earlier channels are.
            last_mark: the last one of it that was not rolled back.
        """
        left = frozenset(listened)
        before = self.channels | self.tentative
        for mark, names in self._forgone:
            if mark <= last_mark:
                self.channels -= self.channels if names is None else names
        self._forgone.clear()
        self.tentative.clear()
        self.channels |= left
        self._source.forgo(self, sorted(before - self.channels))
        # Said where it could not be seen, as in DO.
        unseen = self.channels - before
        most = self._limits.channels
        if unseen and most and len(self.channels) > most:
            self.excess = errors.too_many_channels_unseen(most)
            return
        self._source.want(self, sorted(unseen))
        self.flush()

    def end(self) -> None:
        """Forget everything: the client is gone, or has a server of its own."""
        self._drop_kept()
        self._source.leave(self)
        self.channels.clear()
        self.tentative.clear()

    # What it sends itself

    def claim(self, server_pid: int, pid: int) -> bool:
        """Take what a server sends to be this client's, whose own process id is given.

        Returns:
            Whether it is worth that: a client that listens to nothing is not told.
        """
        listens = bool(self.channels or self.tentative)
        if listens:
            self._source.claim(server_pid, pid)
        return listens

    def disclaim(self, server_pid: int, then: Callable[[], None]) -> None:
        """End a claim, when all that the server has sent so far has come."""
        self._source.disclaim(server_pid, then)

    # What comes

    def notify(self, channel: bytes, message: bytes) -> None:
        """Send a NotificationResponse, or keep it until it can be sent."""
        if channel in self._asked:
            return
        recipient = self._recipient
        limit = self._limits.buffer
        if recipient.backlog + self._size + len(message) > limit:
            self._drop_kept()
            recipient.on_overflow(errors.notifications_not_taken(limit))
        elif not self._kept and recipient.at_rest:
            if channel in self.channels:
                recipient.tell(message)
        else:
            self._kept.append((channel, message))
            self._size += len(message)
            recipient.on_kept()
            self.flush()

    def flush(self) -> None:
        """Send what was kept, if the client can be told now."""
        recipient = self._recipient
        if not self._kept or not recipient.at_rest:
            return
        messages = [message for name, message in self._kept if name in self.channels]
        self._drop_kept()
        if messages:
            recipient.tell(b"".join(messages))

    def _drop_kept(self) -> None:
        self._kept.clear()
        self._size = 0
