"""What a client may have changed of its session since it was last looked at.

Nothing here is concluded from what statements say but this: what has to be asked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from pgpool_py.server.examination import HIDDEN, Questions
from pgpool_py.server.parameters import ParameterSet
from pgwire.classification import Classification, Touch
from pgwire.reading import is_read_by

# Of names that may have changed; with more, all are asked for.
MOST_NAMES: Final = 32

# Read by these, a statement is read under values that PostgreSQL has told in time.
_REPORTED: Final = frozenset(
    {
        "client_encoding",
        "datestyle",
        "intervalstyle",
        "standard_conforming_strings",
        "timezone",
    }
)

#: What keeps a server past the transaction, should it really be there.
PINS: Final = Touch.LOCKS | Touch.TEMPORARY | Touch.CURSORS | Touch.LASTING
#: What may change the channels that are listened to.
LISTENS: Final = Touch.LISTEN | Touch.UNLISTEN | Touch.OPAQUE
#: What matters to a client that listens.
HEARD: Final = LISTENS | Touch.NOTIFY | Touch.RESETS
_HOLDS: Final = (
    Touch.LOCKS | Touch.TEMPORARY | Touch.CURSORS | Touch.OPAQUE | Touch.PATH
)
# What may change that, for one who is pinned.
_HINTS: Final = Touch.GONE | Touch.PREPARE | Touch.DEALLOCATE


@dataclass(frozen=True, slots=True)
class Touched:
    """What must be found out before anybody else may have the server.

    Attributes:
        sets: parameters that may have been set, in lower case.
        sets_any: whether any other may have been, too.
        resets: those that may have got back what they were at the start; None: all.
        holdings: whether something may be held that cannot travel.
        lasting: whether something is held that PostgreSQL does not tell of.
        listens: whether channels may be listened to.
        reading: whether statements may have been read under parameters that are gone.
        statements: whether it is not known which of its statements are there.
    """

    sets: frozenset[str] = frozenset()
    sets_any: bool = False
    resets: frozenset[str] | None = frozenset()
    holdings: bool = False
    lasting: bool = False
    listens: bool = False
    reading: bool = False
    statements: bool = False

    def and_then(
        self, found: Classification, *, pinned: bool, listening: bool
    ) -> "Touched":
        """Give what is to be found out when this is sent as well.

        Args:
            found: of the statement.
            pinned: whether its client holds something already, or all that it does
                is to pin it.
            listening: whether it may listen to something already.
        """
        touches = found.touches
        names = {name for name in found.parameters if isinstance(name, str)}
        unnamed = not names or any(isinstance(n, int) for n in found.parameters)
        sets, resets = self.sets, self.resets
        sets_any = self.sets_any or bool(touches & Touch.OPAQUE)
        if touches & Touch.PARAMETERS:
            sets, sets_any = sets | names, sets_any or unnamed
        if touches & Touch.RESETS and resets is not None:
            resets = None if unnamed else resets | names
        lasting = self.lasting or bool(touches & Touch.LASTING)
        if len(sets) > MOST_NAMES:
            # PostgreSQL tells of all but those with a dot.
            sets, sets_any = frozenset(name for name in sets if "." in name), True
        if len(sets) > MOST_NAMES:
            sets, lasting = frozenset(), True
        if resets is not None and len(resets) > MOST_NAMES:
            resets = None
        made = Touched(
            sets=sets,
            sets_any=sets_any,
            resets=resets,
            holdings=self.holdings
            or bool(touches & _HOLDS)
            or (pinned and bool(touches & _HINTS)),
            lasting=lasting,
            listens=self.listens
            or bool(touches & (LISTENS if listening else LISTENS & ~Touch.UNLISTEN)),
            reading=self.reading or _reads_otherwise(found),
            statements=self.statements,
        )
        return NOTHING if made == NOTHING else made

    def is_reset(self, name: str) -> bool:
        """Whether a parameter may have got back what it was at the start."""
        return self.resets is None or name in self.resets

    def questions(self, now: ParameterSet, reported: Collection[str]) -> Questions:
        """Say what to ask, and what not: PostgreSQL may have told by itself.

        Args:
            now: the server's parameters, as far as they are known.
            reported: names of those that it reports.
        """
        may_differ = self.sets | {name for name in now.values if self.is_reset(name)}
        unknown = {name for name in may_differ if name not in reported}
        by_name = {name for name in unknown if "." in name or name in HIDDEN}
        # Set to its default, one that is reported differs from one that was reset in
        # that the session has it.
        both = any(self.is_reset(name) for name in self.sets - unknown)
        every = self.sets_any or both or by_name != unknown
        if every:
            by_name |= {name for name in now.values if "." in name}
            by_name.update(HIDDEN)
        return Questions(
            tuple(sorted(by_name)),
            every,
            self.holdings,
            self.listens,
            statements=self.statements,
        )


NOTHING: Final = Touched()
EVERYTHING: Final = Touched(
    sets_any=True, resets=None, holdings=True, listens=True, reading=True
)


def _reads_otherwise(found: Classification) -> bool:
    touches = found.touches
    if touches & Touch.OPAQUE:
        return True
    if not touches & (Touch.PARAMETERS | Touch.RESETS | Touch.READING):
        return False
    return not found.parameters or any(
        isinstance(name, int) or (is_read_by(name) and name not in _REPORTED)
        for name in found.parameters
    )
