"""The session parameters of a client, and of the server it is lent.

A set holds what differs from the defaults of the pool, names in lower case. Sets are
interned: two that are equal are one object, so that comparing a client's with its
server's, which is done at every link, is one ``is``.
"""

import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pgwire.reading import IDENTITIES, context_of, is_read_by

from .striking import LIMITS, strikes

# Reported by ParameterStatus, but nothing that SET could change back.
UNSETTABLE: Final = frozenset(
    {
        "server_version",
        "server_encoding",
        "integer_datetimes",
        "is_superuser",
        "session_authorization",
        "in_hot_standby",
    }
)

# All that follows is decoded by it.
FIRST: Final = "client_encoding"

# Where what is created goes, and what its elements begin with that are the session's.
PATH: Final = "search_path"
_TEMPORARY: Final = "pg_temp"

# A statement behind a failed change of one of these would run in the wrong state, so
# the change is awaited whether a server has taken the value before or not.
AWAITED: Final = frozenset(
    {
        "role",
        "session_authorization",
        PATH,
        "row_security",
        "session_replication_role",
        "default_transaction_isolation",
        "default_transaction_read_only",
        "default_transaction_deferrable",
    }
)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class ParameterSet:
    """What differs from the defaults; made by a :class:`ParameterBook` alone.

    Attributes:
        values: by name.
        parsing: those of them that decide what the text of a statement means.
        core: the set without those in which clients that share a server may differ;
            None if it has none of these.
        strikes: whether they may end what no client has asked for; see ``striking``.
    """

    values: Mapping[str, str]
    parsing: bytes
    core: "ParameterSet | None"
    strikes: bool

    def is_like(self, other: "ParameterSet") -> bool:
        """Whether clients of one set may share a server of the other."""
        return (self.core or self) is (other.core or other)


def makes_temporary(values: Mapping[str, str]) -> bool:
    """Whether what is created under these parameters may be the session's alone."""
    return _TEMPORARY in values.get(PATH, "").lower()


class ParameterBook:
    """Interns parameter sets.

    Args:
        ignored: the parameters in which clients that share a server may differ.
    """

    __slots__ = ("_ignored", "_sets", "defaults")

    def __init__(self, ignored: Iterable[str] = ()) -> None:
        self._ignored = frozenset(ignored)
        self._sets: weakref.WeakValueDictionary[
            frozenset[tuple[str, str]], ParameterSet
        ] = weakref.WeakValueDictionary()
        self.defaults = self.of({})

    def __len__(self) -> int:
        """Return how many sets somebody has."""
        return len(self._sets)

    def of(self, values: Mapping[str, str]) -> ParameterSet:
        """Give the one set with these values."""
        key = frozenset(values.items())
        found = self._sets.get(key)
        if found is None:
            rest = {n: value for n, value in values.items() if n not in self._ignored}
            core = None if len(rest) == len(values) else self.of(rest)
            kept = MappingProxyType(dict(values))
            found = self._sets[key] = ParameterSet(
                kept, _parsing(values), core, strikes(values)
            )
        return found

    def with_value(
        self, old: ParameterSet, name: str, value: str, default: str | None
    ) -> ParameterSet:
        """Give ``old`` with one value changed; the default's is left out."""
        if old.values.get(name, default) == value:
            return old
        values = dict(old.values)
        if value == default:
            del values[name]
        else:
            values[name] = value
        return self.of(values)


def _parsing(values: Mapping[str, str]) -> bytes:
    return context_of(
        (name, value) for name, value in values.items() if is_read_by(name)
    )


Change = tuple[str, str | None]


def changes(now: ParameterSet, wanted: ParameterSet) -> list[Change]:
    """Say what turns ``now`` into ``wanted``, in the order in which it must be done.

    A value of None means the server's own default.
    """
    found: list[Change] = [
        (name, value)
        for name, value in wanted.values.items()
        if now.values.get(name) != value
    ]
    found += [(name, None) for name in now.values if name not in wanted.values]
    found.sort(key=lambda change: (_rank(change[0]), change[0]))
    somebody = any(name in now.values or name in wanted.values for name in IDENTITIES)
    if not (found and somebody):
        return found
    # Others are set by whom the server has logged in as, who may set any that its
    # clients have set; and a change of the session's user takes the role away.
    back: list[Change] = [(name, None) for name in IDENTITIES if name in now.values]
    kept: list[Change] = [
        (name, wanted.values[name]) for name in IDENTITIES if name in wanted.values
    ]
    return [*back, *(one for one in found if one[0] not in IDENTITIES), *kept]


def _rank(name: str) -> int:
    # Limits are in force for what is set behind them.
    return 0 if name == FIRST else 2 if name in LIMITS else 1


def tracked(names: Iterable[str]) -> list[str]:
    """Give, in lower case, those of the reported names that can be set."""
    return [name.lower() for name in names if name.lower() not in UNSETTABLE]
