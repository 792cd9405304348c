"""What a client has sent last, as far as that is known: for reports, never for acting.

What is kept for other reasons is looked at; for it alone a server keeps only the last
Query that came behind others, as within a transaction.
"""

import struct

from pgpool_py.client.session import ClientSession
from pgpool_py.server.connection import ServerConnection
from pgwire.codes import Frontend
from pgwire.framing import HEADER_SIZE

_length = struct.Struct("!I").unpack_from


def last_statement(client: ClientSession, server: ServerConnection) -> bytes | None:
    """Give the text of the last statement, None where it is not known."""
    for sent in (server.sent, server.last, server.ledger.repeatable):
        if sent:
            return _text(bytes(sent), client)
    return _unnamed(client)


def _text(sent: bytes, client: ClientSession) -> bytes | None:
    """Give the text of the first message; a part of one may be a part of a literal."""
    if len(sent) <= HEADER_SIZE or 1 + _length(sent, 1)[0] > len(sent):
        return None
    body = sent[HEADER_SIZE : 1 + _length(sent, 1)[0]]
    match sent[0]:
        case Frontend.QUERY:
            return body[:-1]
        case Frontend.PARSE:
            return _second(body)
        case Frontend.BIND:
            name = _second(body)
            statement = client.requests.names.get(name) if name else None
            return _unnamed(client) if statement is None else statement.text
    return None


def _second(body: bytes) -> bytes:
    """Give the second of two strings."""
    start = body.find(0) + 1
    return body[start : body.find(0, start)]


def _unnamed(client: ClientSession) -> bytes | None:
    """Give the text of the unnamed statement, which is kept as its Parse."""
    unnamed = client.requests.unnamed
    if not isinstance(unnamed, bytes) or len(unnamed) <= HEADER_SIZE:
        return None
    return _second(unnamed[HEADER_SIZE:])
