"""A conversation: what several clients send, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from pgwire._message import FrontendMessage


class Ending(Enum):
    """How a client leaves at once, whatever is open."""

    TERMINATE = "Terminate"
    CLOSE = "closes"
    RESET = "resets"


@dataclass(frozen=True, slots=True)
class Turn:
    """One write of one client.

    Attributes:
        client: whose; the client is there from its first turn to its last.
        messages: what is sent; may be nothing where `ending` is given.
        cuts: offsets in what is sent; a piece goes only when the pooler has had time
            to read the one before it.
        tail: how many bytes of the last message are kept back until the client's next
            turn, less than that has; for ever if that is an end without messages.
        awaited: whether all replies that are to come are waited for.
        crowded: whether the turns of other clients that are, too, come next.
        ending: how the client leaves in this turn, without waiting for a reply to it;
            nothing in it may have an effect that lasts.
    """

    client: int
    messages: tuple[FrontendMessage, ...]
    cuts: tuple[int, ...] = ()
    tail: int = 0
    awaited: bool = True
    crowded: bool = False
    ending: Ending | None = None

    @property
    def data(self) -> bytes:
        """All of it, the tail included."""
        return b"".join(message.encode() for message in self.messages)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns of all clients; the schedule is their order.

    Attributes:
        turns: of all clients.
        servers: how many the pooler has.
    """

    turns: tuple[Turn, ...]
    servers: int

    @property
    def clients(self) -> Sequence[int]:
        """The numbers of the clients, in the order of their coming."""
        return list(dict.fromkeys(turn.client for turn in self.turns))
