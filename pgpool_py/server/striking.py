"""Session parameters by which a server ends more than its client has asked for.

Limits of time that a client has set are in force for what is done between two clients
as well, and an idle server has no client at all. So where they are short, or about
idleness, they are not left on a server that nobody has.

Source: "Statement Behavior" in PostgreSQL's client connection defaults; units as in
"Parameter Names and Values".
"""

from collections.abc import Mapping
from typing import Final

from pgpool_py.settings.units import measure

#: Limits of what runs. Seconds below which the pooler's own may be struck, on a machine
#: that is busy.
LIMITS: Final = frozenset({"statement_timeout", "transaction_timeout"})
SHORT: Final = 1.0

_OF_IDLENESS: Final = "idle_session_timeout"
# Without a unit they are milliseconds.
_UNIT: Final = "ms"
# What is not understood may be as little as this.
_LEAST: Final = 1e-6


def strikes(values: Mapping[str, str]) -> bool:
    """Tell whether a server with these session parameters is not to be left so."""
    if _OF_IDLENESS in values and _seconds(values[_OF_IDLENESS]) != 0.0:
        return True
    return any(0.0 < _seconds(values[name]) < SHORT for name in LIMITS & values.keys())


def _seconds(value: str) -> float:
    """Give the seconds of a setting; of what is not understood, the least that is."""
    text = value.strip()
    found = measure(text if text[-1:].isalpha() else text + _UNIT, "seconds")
    return _LEAST if found is None else float(found)
