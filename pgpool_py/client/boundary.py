"""Whether a client stands between two transactions: where it may be parted with."""

from .session import ClientSession


def at_boundary(client: ClientSession) -> bool:
    """Tell whether nothing of a client's is under way, at a server or to one."""
    server = client.server
    if client.waiting:
        return False
    return server is None or (server.ledger.settled and not client.requests.half_sent)
