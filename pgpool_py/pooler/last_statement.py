"""What a client has sent last, as far as that is known: for reports, never for acting.

What is kept for other reasons is looked at; for it alone a server keeps only the last
Query that came behind others, as within a transaction.
"""

from pgpool_py.client.session import ClientSession
from pgpool_py.client.statement_text import statement_text, unnamed_text
from pgpool_py.server.connection import ServerConnection


def last_statement(client: ClientSession, server: ServerConnection) -> bytes | None:
    """Give the text of the last statement, None where it is not known."""
    for sent in (server.sent, server.last, server.ledger.repeatable):
        if sent:
            return statement_text(bytes(sent), client.requests)
    return unnamed_text(client.requests)
