"""Setting a client's session parameters on a server, in one batch.

By ``set_config`` with the values as parameters, never by the text of a SET: there a
value such as ``"$user", public`` would have to be quoted element by element.
"""

from collections.abc import Iterable
from typing import Final

from pgwire.codes import Target
from pgwire.exchange import BIND, CLOSE, EXECUTE, PARSE, SYNC
from pgwire.frontend import Bind, Close, Execute, Parse, Sync

from .parameters import Change

STATEMENT: Final = b"pgpool_set_config"
_TEXT_OID: Final = 25
# A batch whose value was refused leaves its statement behind, and Parse of a name that
# is there fails; Close of one that is not does not.
_PREPARE: Final = (
    Close(Target.STATEMENT, STATEMENT).encode()
    + Parse(
        STATEMENT,
        b"SELECT pg_catalog.set_config($1, $2, false)",
        (_TEXT_OID, _TEXT_OID),
    ).encode()
)
_EXECUTE: Final = Execute(b"", 0).encode()
_SYNC: Final = Sync().encode()


def replay(
    wanted: Iterable[Change], *, prepared: bool
) -> tuple[bytes, tuple[int, ...]]:
    """Give the messages that set these parameters, and their ledger entries.

    One transaction: if one value is refused, none is taken. ``prepared`` says whether
    the server still has the statement from an earlier batch.
    """
    parts: list[bytes] = []
    entries: list[int] = []
    if not prepared:
        parts.append(_PREPARE)
        entries += (CLOSE, PARSE)
    for name, value in wanted:
        given = None if value is None else value.encode("utf-8", "surrogateescape")
        parts.append(Bind(b"", STATEMENT, (), (name.encode(), given), ()).encode())
        parts.append(_EXECUTE)
        entries += (BIND, EXECUTE)
    parts.append(_SYNC)
    entries.append(SYNC)
    return b"".join(parts), tuple(entries)
