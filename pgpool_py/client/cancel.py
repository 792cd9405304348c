"""What a CancelRequest does to the client whose key it has.

It ends the exchange that PostgreSQL is at, or one that waits for a server; a client
that does nothing is left alone.
"""

from pgwire.exchange import NONCE, SKIP

from .session import READY_IDLE, ClientSession
from .telling import CANCELED


def cancel_exchange(client: ClientSession) -> None:
    """Cancel what this client is doing, as its CancelRequest asks."""
    client.cancel_asked = False
    if client.server is None and client.waiting:
        client.lender.claim(client)
    server = client.server
    if server is not None:
        head = server.ledger.head
        server.ledger.repeatable = None  # it is not to be run again
        if server.on_errand:
            # Ours alone is being answered.
            return
        if head & (SKIP | NONCE):
            # As long as ours is, it could be hit instead of the client's.
            client.cancel_asked = True
        elif head and client.lender.cancel(server):
            client.waiting = True
    elif client.waiting:
        client.lender.leave(client)
        client.waiting = False
        _refuse_pending(client)


def _refuse_pending(client: ClientSession) -> None:
    """Answer the exchange that waits as cancelled, and go on behind it."""
    synced = client.requests.refuse()
    client.stream.write(CANCELED + (READY_IDLE if synced else b""))
    client.consider()
