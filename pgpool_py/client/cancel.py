"""What a CancelRequest does to the client whose key it has.

It ends the exchange that PostgreSQL is at, or one that waits: for a server, or for what
has to come before its own takes more. A client that does nothing is left alone.
"""

from pgpool_py.server.connection import ServerConnection
from pgwire.exchange import NONCE, SKIP

from .session import ClientSession


def cancel_exchange(client: ClientSession) -> None:
    """Cancel what this client is doing, as its CancelRequest asks."""
    client.cancel_asked = False
    if client.server is None and client.waiting:
        client.lender.claim(client)
    server = client.server
    if server is not None:
        _cancel_at(server, client)
    elif client.waiting:
        client.lender.leave(client)
        client.waiting = False
        client.refuse_pending()


def _cancel_at(server: ServerConnection, client: ClientSession) -> None:
    ledger = server.ledger
    ledger.repeatable = None  # it is not to be run again
    if server.on_errand or not ledger.head:
        _cancel_held(server, client)
    elif ledger.head & (SKIP | NONCE):
        # As long as ours is, it could be hit instead of the client's.
        client.cancel_asked = True
    elif client.lender.cancel(server):
        client.waiting = True


def _cancel_held(server: ServerConnection, client: ClientSession) -> None:
    """Cancel what is held back, if anything is: all that was sent is answered."""
    ledger, requests = server.ledger, client.requests
    if not client.waiting or requests.pending is None or requests.half_sent:
        return
    if client.takes_back or ledger.head & NONCE:
        # The end of what was sent is still to be told, or not known.
        return
    if client.listening is not None and client.listening.cancel():
        return
    if ledger.status_is_idle and not ledger.unsynced:
        client.refuse_pending()
    else:
        # Its failure is to be the transaction's.
        client.cancel_asked = True
