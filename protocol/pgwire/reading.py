"""Having a server read a statement under the session parameters of another time.

Literals and names are resolved when a statement is parsed. Where a client's parameters
are others by now, the Parse that a server lacks stands between two changes: to the
values of then, and back. All of it is in the client's own batch, and undone with it.

Both are SET LOCAL: what the client has set by that itself would be the session's from
then on, had it been set back for good.
"""

from collections.abc import Iterable
from typing import Final

from .codes import Target
from .exchange import BIND, CLOSE, EXECUTE, PARSE
from .frontend import Close, Execute
from .set_config import PREPARE_LOCAL, bind

# The unnamed portal may be the client's.
_PORTAL: Final = b"pgpool_set_config"
_RUN: Final = Execute(_PORTAL, 0).encode() + Close(Target.PORTAL, _PORTAL).encode()

# What one value costs; behind one PARSE for all.
ENTRIES: Final = (BIND, EXECUTE, CLOSE)

#: Who the session is, in the order in which both can be set: a change of the session's
#: user takes the role away, and only some may take it.
IDENTITIES: Final = ("session_authorization", "role")

# Literals and names are resolved by these when a statement is parsed; and by any of an
# extension's, which have a dot in their name.
_PARSING: Final = frozenset(
    {
        "array_nulls",
        "backslash_quote",
        "client_encoding",
        "datestyle",
        "intervalstyle",
        "role",
        "search_path",
        "session_authorization",
        "standard_conforming_strings",
        "timezone",
        "transform_null_equals",
        "xmlbinary",
        "xmloption",
    }
)

_IDENTITIES: Final = tuple(name.encode() for name in IDENTITIES)


def is_read_by(name: str) -> bool:
    """Say whether what the text of a statement means may hang on this parameter."""
    return name in _PARSING or "." in name


def context_of(values: Iterable[tuple[str, str]]) -> bytes:
    """Give the context that these session parameters make."""
    pairs = (f"{name}\0{value}\0" for name, value in sorted(values))
    return "".join(pairs).encode("utf-8", "surrogateescape")


def change(now: bytes, wanted: bytes) -> tuple[bytes, tuple[int, ...]]:
    """Give the messages that turn one context into another, and their entries.

    What is in neither keeps the default of the server's session.
    """
    old, new = _values(now), _values(wanted)
    names = sorted(n for n in old.keys() | new.keys() if old.get(n) != new.get(n))
    steps = [(name, new.get(name)) for name in names if name not in _IDENTITIES]
    if len(steps) < len(names):
        # Whom the server has logged in as may become anybody that its clients could.
        back = [(name, None) for name in _IDENTITIES if name in old]
        forth = [(name, new[name]) for name in _IDENTITIES if name in new]
        steps = [*back, *steps, *forth]
    sent = PREPARE_LOCAL
    for name, value in steps:
        sent += bind(_PORTAL, name, value) + _RUN
    return sent, (PARSE, *ENTRIES * len(steps))


def _values(context: bytes) -> dict[bytes, bytes]:
    parts = context.split(b"\0")[:-1]
    return dict(zip(parts[::2], parts[1::2], strict=True))
