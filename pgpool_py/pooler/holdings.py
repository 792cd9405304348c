"""What is kept in memory for one connection: bytes on their way, and statements."""

from dataclasses import dataclass
from typing import Final

from pgpool_py.client.session import ClientSession
from pgpool_py.server.connection import ServerConnection


@dataclass(frozen=True, slots=True)
class Held:
    """See the module's text.

    Attributes:
        received: bytes that came from there and went nowhere yet.
        coming: bytes still to come of a message that is being passed on.
        unsent: bytes for there that the kernel has not taken.
        statements: prepared statements, as the client or the server has them.
    """

    received: int = 0
    coming: int = 0
    unsent: int = 0
    statements: int = 0

    @property
    def idle(self) -> bool:
        """Whether no bytes are on their way."""
        return not (self.received or self.coming or self.unsent)


NOTHING: Final = Held()


def held_for_client(client: ClientSession) -> Held:
    """Look at a client that is logged in."""
    requests = client.requests
    return Held(
        received=len(requests.pending or b""),
        coming=requests.half_sent,
        unsent=client.stream.backlog,
        statements=len(requests.names),
    )


def held_for_server(server: ServerConnection) -> Held:
    """Look at a server that is logged in.

    Replies are passed on as they come; less than a message is kept of them, and that
    is not counted.
    """
    ledger = server.ledger
    return Held(
        coming=ledger.rest,
        unsent=server.stream.backlog,
        statements=len(ledger.statements),
    )
