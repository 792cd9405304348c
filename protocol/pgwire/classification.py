"""What a statement may do to its transaction and its session, as found in its text.

Made outside of this package, by a callable ``(text) -> Classification``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntFlag, auto
from typing import Final


class Touch(IntFlag):
    """What a statement may touch of its session, beyond the end of its transaction."""

    #: Session parameters are set, the role and the session's user among them.
    PARAMETERS = auto()
    #: Within its transaction, a parameter by which statements are read (SET LOCAL).
    READING = auto()
    #: Parameters get back what they were at the start of the session; without
    #: PARAMETERS: nothing else is done to any.
    RESETS = auto()
    LISTEN = auto()
    UNLISTEN = auto()
    NOTIFY = auto()
    PREPARE = auto()
    EXECUTE = auto()
    DEALLOCATE = auto()
    #: Advisory locks of the session.
    LOCKS = auto()
    #: Temporary tables, and whatever else is in the temporary schema.
    TEMPORARY = auto()
    #: Cursors WITH HOLD.
    CURSORS = auto()
    #: What no catalogue shows: LOAD, setseed, the values of currval and lastval.
    LASTING = auto()
    #: Something that pins may be gone: unlock, DROP, CLOSE, DISCARD.
    GONE = auto()
    #: What it does cannot be seen: DO, CALL, text that is not understood.
    OPAQUE = auto()
    #: The search path, to what is not in the text: what is made from now on may be in
    #: the temporary schema.
    PATH = auto()
    #: It may set parameters with a dot, which no catalogue lists, whose names are not
    #: read: what comes with OPAQUE where a text is not looked into.
    UNREAD = auto()
    #: Of what is LASTING, that which DISCARD ALL leaves in the session as well: all but
    #: the values of currval and lastval.
    REMAINING = auto()


class Transaction(Enum):
    """What a statement does to the transaction it runs in."""

    NONE = auto()
    BEGIN = auto()
    COMMIT = auto()
    ROLLBACK = auto()
    SAVEPOINT = auto()
    RELEASE = auto()
    ROLLBACK_TO = auto()
    PREPARE = auto()


@dataclass(frozen=True, slots=True)
class Named:
    """A name of the session's in a statement: of a channel or a prepared statement.

    Attributes:
        touch: LISTEN, UNLISTEN, NOTIFY, PREPARE, EXECUTE or DEALLOCATE.
        name: as PostgreSQL folds and cuts it; None: all of them (``*``, ``ALL``).
        start, end: where it stands in the text, quotes included.
        until: where its statement ends.
    """

    touch: Touch
    name: bytes | None
    start: int
    end: int
    until: int


@dataclass(frozen=True, slots=True)
class Classification:
    """See the module's text.

    Attributes:
        touches: all that is touched by any of its statements; 0: it is harmless.
        alone: whether the text is one statement.
        transaction: what the statement does, if it is alone.
        parameters: with PARAMETERS, RESETS or READING: which may change, in lower
            case; a number n: the one that ``$n`` names. Empty: any may.
        names: in the order of the text.
        functions: names of all that is called like a function, in lower case, with
            their schema if one is given.
        self_contained: cannot leave a transaction open, nor touch the session.
        rerunnable: self-contained, and may be run twice unseen.
    """

    touches: Touch
    alone: bool = True
    transaction: Transaction = Transaction.NONE
    parameters: tuple[str | int, ...] = ()
    names: tuple[Named, ...] = ()
    functions: frozenset[str] = frozenset()
    self_contained: bool = False
    rerunnable: bool = False


Classify = Callable[[bytes], Classification]

HARMLESS: Final = Classification(Touch(0))
UNSEEN: Final = Classification(Touch.OPAQUE | Touch.UNREAD, alone=False)
