"""One client of a conversation that is being played."""

from collections import deque
from dataclasses import dataclass, field

from .channel import Channel
from .conversation import Turn
from .streams import Transcript


@dataclass(slots=True, eq=False)
class Seat:
    """A client: its connection, and its turns to come.

    Attributes:
        left: how many turns it still has.
        expected: what is to be said to it.
        channel: from its first turn on.
        transcript: what was said to it.
        queue: turns that were due while it was parked.
        parked: whether the schedule goes on without it.
        stalled: whether it is parked for its silence, for which there was no reason.
        leaving: whether only the end of its connection is waited for.
        gone: whether it has left.
        writes: whether the selector was told that it has something to send.
    """

    left: int
    expected: Transcript | None
    channel: Channel | None = None
    transcript: Transcript = field(default_factory=Transcript)
    queue: deque[Turn] = field(default_factory=deque)
    parked: bool = False
    stalled: bool = False
    leaving: bool = False
    gone: bool = False
    writes: bool = False

    @property
    def answered(self) -> bool:
        """Whether no reply is to come before it sends more."""
        return self.channel is None or self.channel.outstanding.answered

    @property
    def may_resume(self) -> bool:
        """Whether it was parked and need not be any more."""
        return self.parked and not self.gone and self.answered

    @property
    def holds(self) -> bool:
        """Whether a server is its own."""
        return self._is_there and (
            self._channel.outstanding.holds or self._channel.may_be_pinned
        )

    @property
    def in_transaction(self) -> bool:
        """Whether something is open that its end may still undo."""
        return self._is_there and self._channel.outstanding.holds

    @property
    def keeps(self) -> bool:
        """Whether it has a server or waits for one, and will keep it until it goes on.

        Who has sent something that is not answered yet may still wait for a server.
        """
        if not (self._is_there and self.answered):
            return False
        channel = self._channel
        return self.holds or channel.is_cut or not channel.outstanding.empty

    @property
    def _is_there(self) -> bool:
        return self.channel is not None and not (self.leaving or self.gone)

    @property
    def _channel(self) -> Channel:
        assert self.channel is not None
        return self.channel

    def writes_changed(self) -> bool:
        """Look whether something is to be sent; return whether that has changed."""
        if self.channel is None or self.gone:
            return False
        before, self.writes = self.writes, self.channel.has_output
        return before != self.writes
