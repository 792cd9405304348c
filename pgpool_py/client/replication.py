"""Which kind of replication a client asks for in its startup packet.

Source: "Streaming Replication Protocol"; ``ProcessStartupPacket`` in
``postmaster/postmaster.c`` and ``parse_bool`` in ``utils/adt/bool.c``.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from pgpool_py import errors

_YES: Final = ("true", "yes", "on", "1")
_NO: Final = ("false", "no", "off", "0")
# What begins both "on" and "off".
_AMBIGUOUS: Final = "o"
# What the pooler says itself: who logs in, and where.
_OURS: Final = frozenset({"user", "database", "replication"})


class Replication(StrEnum):
    """What the console calls it; the value of the parameter is ``asked_as``."""

    NONE = "none"
    LOGICAL = "logical"
    PHYSICAL = "physical"

    @property
    def asked_as(self) -> str:
        """Give the value that asks PostgreSQL for it, which PgBouncer logs too."""
        return _ASKED_AS[self]


_ASKED_AS: Final = {
    Replication.NONE: "no",
    Replication.LOGICAL: "database",
    Replication.PHYSICAL: "yes",
}


def replication_of(startup: Mapping[str, str]) -> Replication:
    """Read the parameter as PostgreSQL does; an empty one asks for nothing.

    Raises:
        LoginError: it is neither a boolean nor ``database``.
    """
    value = startup.get("replication", "")
    if value == "database":
        return Replication.LOGICAL
    word = value.lower()
    if not word:
        return Replication.NONE
    if word != _AMBIGUOUS:
        if any(yes.startswith(word) for yes in _YES):
            return Replication.PHYSICAL
        if any(no.startswith(word) for no in _NO):
            return Replication.NONE
    raise errors.invalid_replication(value)


def passed_parameters(
    startup: Mapping[str, str], ignored: Collection[str]
) -> dict[str, str]:
    """Give the parameters that a server of the client's own is started with.

    All but those that are dropped without a word: nobody else meets what they set.
    """
    dropped = {name.lower() for name in ignored} | _OURS
    return {name: v for name, v in startup.items() if name.lower() not in dropped}
