"""Units behind numbers, as postgresql.conf takes them: ``500ms``, ``1.5h``, ``64kB``.

Source: PostgreSQL's manual, section 19.1.1. PgBouncer knows none.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final

_SECONDS: Final = {
    "us": Fraction(1, 1_000_000),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
}
_BYTES: Final = {
    "B": Fraction(1),
    "kB": Fraction(1024),
    "MB": Fraction(1024**2),
    "GB": Fraction(1024**3),
    "TB": Fraction(1024**4),
}

# What each unit is worth, by the unit of the setting.
UNITS: Final[Mapping[str, Mapping[str, Fraction]]] = MappingProxyType(
    {
        "seconds": _SECONDS,
        "milliseconds": {unit: worth * 1000 for unit, worth in _SECONDS.items()},
        "bytes": _BYTES,
    }
)

# Not with leading zeros: whether these are octal has no good answer.
_MEASURE: Final = re.compile(
    r"(?P<number>[+-]?(?:0|[1-9][0-9]{0,18})?(?:\.[0-9]{0,18})?)[ \t]*"
    r"(?P<unit>[A-Za-z]+)"
)
_HAS_DIGIT: Final = re.compile(r"[0-9]")


def measure(text: str, base: str) -> Fraction | None:
    """Return a number with a unit in terms of ``base``, None if it is none.

    ``base`` is the unit of the setting: seconds, milliseconds, bytes, or empty for a
    setting without one.
    """
    match = _MEASURE.fullmatch(text)
    if match is None or _HAS_DIGIT.search(match["number"]) is None:
        return None
    worth = UNITS.get(base, {}).get(match["unit"])
    return None if worth is None else Fraction(match["number"]) * worth


def known_units(base: str) -> str:
    """Return what may stand behind a number of ``base``, in words for a fault."""
    units = UNITS.get(base)
    return f"; units are {', '.join(units)}" if units else ""
