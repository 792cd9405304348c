"""Setting a client's session parameters on a server, in one batch.

By ``set_config`` with the values as parameters, never by the text of a SET: there a
value such as ``"$user", public`` would have to be quoted element by element.
"""

from collections.abc import Iterable
from typing import Final

from pgwire.exchange import BIND, EXECUTE, PARSE, SYNC
from pgwire.frontend import Bind, Execute, Parse, Sync

from .parameters import Change

_TEXT_OID: Final = 25
# The unnamed statement, for a named one would lie within reach of the clients.
_PREPARE: Final = Parse(
    b"", b"SELECT pg_catalog.set_config($1, $2, false)", (_TEXT_OID, _TEXT_OID)
).encode()
_EXECUTE: Final = Execute(b"", 0).encode()
_SYNC: Final = Sync().encode()


def replay(wanted: Iterable[Change]) -> tuple[bytes, tuple[int, ...]]:
    """Give the messages that set these parameters, and their ledger entries.

    One transaction: if one value is refused, none is taken.
    """
    parts: list[bytes] = [_PREPARE]
    entries: list[int] = [PARSE]
    for name, value in wanted:
        given = None if value is None else value.encode("utf-8", "surrogateescape")
        parts.append(Bind(b"", b"", (), (name.encode(), given), ()).encode())
        parts.append(_EXECUTE)
        entries += (BIND, EXECUTE)
    parts.append(_SYNC)
    entries.append(SYNC)
    return b"".join(parts), tuple(entries)
