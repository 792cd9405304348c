"""Which functions of a database are volatile, besides those that PostgreSQL brings.

It is asked as the examination asks: in the extended protocol, and with all names
qualified. What operators and casts call is not looked at.
"""

from typing import Final

from pgwire.backend import DataRow
from pgwire.codes import Backend
from pgwire.diagnostics import ErrorResponse
from pgwire.errors import ProtocolError
from pgwire.framing import messages
from pgwire.frontend import Bind, Execute, Parse, Sync

#: Of a database that has more, no answer is kept.
MOST_NAMES: Final = 10_000
#: So many names with their messages, as long as names can be, are less.
MOST_BYTES: Final = 1024 * 1024

# From 16384 on objects are users' (FirstNormalObjectId): what extensions put into
# pg_catalog is among them. An aggregate calls functions that are volatile or not. A
# name that is not ASCII may have no spelling in the client_encoding in force.
_QUERY: Final = b"""\
SELECT DISTINCT p.proname FROM pg_catalog.pg_proc p
WHERE (p.oid OPERATOR(pg_catalog.>=) '16384' OR p.pronamespace
OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.regnamespace)
AND (p.provolatile OPERATOR(pg_catalog.=) 'v' OR EXISTS (SELECT
FROM pg_catalog.pg_aggregate a, pg_catalog.pg_proc f
WHERE a.aggfnoid OPERATOR(pg_catalog.=) p.oid
AND f.oid OPERATOR(pg_catalog.=) ANY (ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn])
AND f.provolatile OPERATOR(pg_catalog.=) 'v'))
AND p.proname OPERATOR(pg_catalog.!~) '[^ -~]'
LIMIT %d""" % (MOST_NAMES + 1)

#: The messages that ask, one batch.
ASK: Final = b"".join(
    (
        Parse(b"", _QUERY).encode(),
        Bind(b"", b"", (), (), ()).encode(),
        Execute(b"", 0).encode(),
        Sync().encode(),
    )
)


class UnknownFunctionsError(Exception):
    """PostgreSQL did not tell; the text says what it said."""


def read(replies: bytes) -> frozenset[bytes] | None:
    """Read the answer.

    Returns:
        The names without schemas, as PostgreSQL has them: what is called unquoted is
        in lower case. None: there are more than MOST_NAMES.

    Raises:
        UnknownFunctionsError: an error was answered, or something else than asked for.
    """
    try:
        names = _names(replies)
    except (ProtocolError, ValueError) as error:
        raise UnknownFunctionsError("the answer is not what was asked for") from error
    return frozenset(names) if len(names) <= MOST_NAMES else None


def _names(replies: bytes) -> list[bytes]:
    names: list[bytes] = []
    for kind, body in messages(replies):
        if kind == Backend.ERROR_RESPONSE:
            raise UnknownFunctionsError(ErrorResponse.decode(body).message)
        if kind == Backend.DATA_ROW:
            (name,) = DataRow.decode(body).values
            names.append(name or b"")
        elif kind == Backend.COMMAND_COMPLETE:
            return names
    raise UnknownFunctionsError("the answer has no end")
