"""What a server must be like to be used: libpq's ``target_session_attrs``.

Source: ``PQconnectPoll`` in ``libpq/fe-connect.c``, states CONNECTION_CHECK_TARGET
and CONNECTION_CHECK_STANDBY. Since PostgreSQL 14 a server says at login what it is;
older ones are asked.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

#: The parameters that a server reports, names as it sends them.
STANDBY: Final = "in_hot_standby"
READ_ONLY: Final = "default_transaction_read_only"
REPORTS: Final = (STANDBY, READ_ONLY)

_ASK_READ_ONLY: Final = "SHOW transaction_read_only"
_ASK_STANDBY: Final = "SELECT pg_catalog.pg_is_in_recovery()"
_IN_STANDBY: Final = "server is {}in hot standby mode"


class TargetSessionAttrs(StrEnum):
    """Which servers are wanted, in libpq's words."""

    ANY = "any"
    READ_WRITE = "read-write"
    READ_ONLY = "read-only"
    PRIMARY = "primary"
    STANDBY = "standby"
    PREFER_STANDBY = "prefer-standby"

    @property
    def by_transaction(self) -> bool:
        """Whether it is about what transactions may do, not about the server's role."""
        return self in {self.READ_WRITE, self.READ_ONLY}

    @property
    def writes(self) -> bool:
        """Whether a statement that fails as read-only speaks against a server."""
        return self in {self.READ_WRITE, self.PRIMARY}


def question(wanted: TargetSessionAttrs, reported: Mapping[str, str]) -> str:
    """Return what a server must be asked, empty if it ``reported`` all that counts."""
    if wanted is TargetSessionAttrs.ANY:
        return ""
    if wanted.by_transaction:
        known = all(name in reported for name in REPORTS)
        return "" if known else _ASK_READ_ONLY
    return "" if STANDBY in reported else _ASK_STANDBY


def misfit(
    wanted: TargetSessionAttrs, reported: Mapping[str, str], answer: bytes | None = None
) -> str:
    """Return what is wrong with a server in libpq's words, empty if it is as wanted.

    ``answer`` is the one value that it gave to :func:`question`, if it was asked.
    """
    if wanted is TargetSessionAttrs.ANY:
        return ""
    names = REPORTS if wanted.by_transaction else (STANDBY,)
    if answer is None:
        is_so = any(reported.get(name) == "on" for name in names)
    else:
        # SHOW says "on", a boolean is "t".
        is_so = answer in {b"on", b"t"}
    if is_so is not wanted.writes:
        return ""
    fault = "session is {}read-only" if wanted.by_transaction else _IN_STANDBY
    return fault.format("" if is_so else "not ")
