"""What a client's exchange runs, found in the beginning of it: for reports only."""

import struct

from pgwire.codes import Frontend
from pgwire.framing import HEADER_SIZE
from pgwire.requests import Requests

_length = struct.Struct("!I").unpack_from


def statement_text(sent: bytes, requests: Requests) -> bytes | None:
    """Give the text of the first message, None where it is not known.

    That of a part of one is not: it may end in a literal.

    Args:
        sent: what begins with that message.
        requests: of the client that sent it.
    """
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
            statement = requests.names.get(name) if name else None
            return unnamed_text(requests) if statement is None else statement.text
    return None


def unnamed_text(requests: Requests) -> bytes | None:
    """Give the text of the unnamed statement, which is kept as its Parse."""
    unnamed = requests.unnamed
    if not isinstance(unnamed, bytes) or len(unnamed) <= HEADER_SIZE:
        return None
    return _second(unnamed[HEADER_SIZE:])


def _second(body: bytes) -> bytes:
    """Give the second of two strings."""
    start = body.find(0) + 1
    return body[start : body.find(0, start)]
