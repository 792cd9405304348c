"""Setting a client's session parameters on a server, in one batch."""

from collections.abc import Iterable
from typing import Final

from pgwire.exchange import BIND, EXECUTE, PARSE, SYNC
from pgwire.frontend import Execute, Sync
from pgwire.set_config import PREPARE, bind

from .parameters import Change

_EXECUTE: Final = Execute(b"", 0).encode()
_SYNC: Final = Sync().encode()


def replay(wanted: Iterable[Change]) -> tuple[bytes, tuple[int, ...]]:
    """Give the messages that set these parameters, and their ledger entries.

    One transaction: if one value is refused, none is taken.
    """
    parts: list[bytes] = [PREPARE]
    entries: list[int] = [PARSE]
    for name, value in wanted:
        given = None if value is None else value.encode("utf-8", "surrogateescape")
        parts.append(bind(b"", name.encode(), given))
        parts.append(_EXECUTE)
        entries += (BIND, EXECUTE)
    parts.append(_SYNC)
    entries.append(SYNC)
    return b"".join(parts), tuple(entries)
