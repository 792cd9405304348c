"""What a client ran last, and what it waits for a server with: without literals."""

from pgpool_py.client.session import ClientSession
from pgpool_py.client.statement_text import statement_text
from pgpool_py.sql.fingerprint import fingerprint

from .remembering import RememberingSession


def ran_last(client: ClientSession) -> str:
    """Return it; empty where it is not known."""
    if not isinstance(client, RememberingSession):
        return ""
    return _shown(client.last_statement)


def waits_with(client: ClientSession) -> str:
    """Return it; empty where it is not known."""
    return _shown(
        statement_text(bytes(client.requests.pending or b""), client.requests)
    )


def _shown(text: bytes | None) -> str:
    return "" if text is None else fingerprint(text).text
