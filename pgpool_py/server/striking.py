"""Session parameters by which a server ends more than its client has asked for.

Limits of time that a client has set are in force for what is done between two clients
as well, and an idle server has no client at all. So where they are short, or about
idleness, they are not left on a server that nobody has.

Source: "Statement Behavior" in PostgreSQL's client connection defaults; units as in
"Parameter Names and Values".
"""

import re
from collections.abc import Mapping
from typing import Final

#: Limits of what runs. Seconds below which the pooler's own may be struck, on a machine
#: that is busy.
LIMITS: Final = frozenset({"statement_timeout", "transaction_timeout"})
SHORT: Final = 1.0

_OF_IDLENESS: Final = "idle_session_timeout"
# In seconds; without a unit they are milliseconds.
_UNITS: Final = {
    "us": 1e-6,
    "ms": 1e-3,
    "": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
_TIME: Final = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*([a-z]*)\s*")


def strikes(values: Mapping[str, str]) -> bool:
    """Tell whether a server with these session parameters is not to be left so."""
    if _OF_IDLENESS in values and _seconds(values[_OF_IDLENESS]) != 0.0:
        return True
    return any(0.0 < _seconds(values[name]) < SHORT for name in LIMITS & values.keys())


def _seconds(value: str) -> float:
    """Give the seconds of a setting; of what is not understood, the least that is."""
    found = _TIME.fullmatch(value)
    unit = _UNITS.get(found[2]) if found else None
    return float(found[1]) * unit if found and unit is not None else 1e-6
