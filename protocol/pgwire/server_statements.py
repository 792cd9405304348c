"""Which prepared statements a server has, by what was sent to it.

What a Parse or a Close does is written down when it is sent, and undone if the server
threw the message away, or refused it. Until it is answered it is not *certain*; what is
not certain is closed and parsed anew where it is needed: Close of a statement that is
not there is no error, while Parse of one that is there is.
"""

from collections import deque
from typing import Final, Protocol

from .diagnostics import ErrorResponse
from .statement import PREFIX

# Errors that say that a statement is not what it was thought to be: it is gone, or its
# tables have changed.
_NO_SUCH_STATEMENT: Final = "26000"
# In place of a number: a client's PREPARE has made it; when it was read is not known.
_DONE: Final = -1
# It is there, but may have been read in another way than it is to be read now.
_MISREAD: Final = -2
_STALE_PLAN: Final = ("0A000", "RevalidateCachedQuery")


def is_stale(error: ErrorResponse) -> bool:
    """Whether it says that a statement's rows are not what they were when prepared."""
    return (error.sqlstate, error.fields.get("R")) == _STALE_PLAN


class Effect(Protocol):
    """What a Parse or Close that was sent does, should the server carry it out."""

    def undo(self, *, refused: bool) -> None:
        """Take it back: the server refused the message, or threw it away."""


class ServerStatements:
    """See the module's text.

    Attributes:
        effects: of the messages that are not answered, in order.
        issued: how many effects were written down so far.
        batch: how many effects were written down when the last Sync was sent. Within
            a batch nothing is in doubt: what follows an error is thrown away.
        hits: how often one that a message named was there; counted by who sends it.
        misses: how often one was not, and was prepared.
        made: how many statements clients have given names that travel.
        given: how many the server was to prepare under names of ours.
        described: how often one that was there, or was prepared, was to be described.
            All three until they are taken.
        unnamed: the unnamed statement, by the Parse that made it; None if it is not
            known or not a client's.
        last_of_unnamed: the last effect on it.
    """

    __slots__ = (
        "_any_done",
        "_present",
        "_read_alike",
        "_used",
        "batch",
        "described",
        "effects",
        "given",
        "hits",
        "issued",
        "last_of_unnamed",
        "made",
        "misses",
        "unnamed",
    )

    def __init__(self) -> None:
        # By name, the one used last at the end: the number of the effect by which the
        # statement is there, or _DONE; None if it may be there or not.
        self._present: dict[bytes, int | None] = {}
        self.issued = 0
        # Up to which effect all were read alike, and whether there is any _DONE.
        self._read_alike = 0
        self._any_done = False
        self.batch = 0
        self.hits = self.misses = 0
        self.made = self.given = self.described = 0
        # Hits and misses that are taken.
        self._used = 0
        self.effects: deque[Effect] = deque()
        self.unnamed: object = None
        self.last_of_unnamed: Effect | None = None

    def __len__(self) -> int:
        return len(self._present)

    @property
    def answered(self) -> int:
        """How many of these are answered."""
        return self.issued - len(self.effects)

    def note(self, effect: Effect) -> None:
        """Write down what a message does that is sent now."""
        self.effects.append(effect)
        self.issued += 1

    def may_have(self, name: bytes) -> bool:
        """Whether a statement is there, or might be.

        Each might be while it is not known what of an earlier batch is thrown away.
        """
        return name in self._present or self.answered < self.batch

    def has(self, name: bytes) -> bool:
        """Whether a statement is there for certain; it is used now."""
        number = self._present.get(name)
        if number is None or number == _MISREAD or self.answered <= number < self.batch:
            return False
        del self._present[name]
        self._present[name] = number
        return True

    def is_misread(self, name: bytes) -> bool:
        """Whether it is there for certain, and only how it was read is not."""
        return self._present.get(name) == _MISREAD

    def add(self, name: bytes) -> "Prepared":
        """Write down that a Parse of this name is sent now; give what it does."""
        self._present.pop(name, None)
        self._present[name] = self.issued
        self.given += 1
        return Prepared(self, name)

    def take_counts(self) -> tuple[int, int, int]:
        """Give ``made``, ``given``, and how often one was bound; all begin anew."""
        used = self.hits + self.misses
        counts = self.made, self.given, used - self._used - self.described
        self.made = self.given = self.described = 0
        self._used = used
        return counts

    def expect(self, name: bytes) -> None:
        """Write down that a client's PREPARE of this name is sent now."""
        self._present.pop(name, None)
        self._present[name] = None

    def confirm(self, name: bytes) -> None:
        """Take a statement for certain whose PREPARE is done."""
        if name in self._present:
            self._present[name] = _DONE
            self._any_done = True

    def doubt_all(self) -> None:
        """Take no statement for one that is there for certain."""
        self._present = dict.fromkeys(self._present)

    def doubt(self, name: bytes) -> None:
        """Take a statement for one that may be there or not."""
        self._present[name] = None

    def suspect(self, name: bytes) -> None:
        """Take a statement for uncertain, should it be there: it may be closed."""
        if name in self._present:
            self._present[name] = None

    def on_reading_changed(self, end: int) -> None:
        """Take no statement for certain that was added since the last such change.

        The server has told that it reads text in another way; since when, it has not.

        Args:
            end: the number of the first effect that is known to come after it.
        """
        since = self._read_alike
        if since >= end and not self._any_done:
            return
        for name, number in self._present.items():
            if number == _DONE or (number is not None and since <= number < end):
                self._present[name] = _MISREAD if number < self.answered else None
        self._any_done = False
        self._read_alike = max(since, end)

    def on_error(self, error: ErrorResponse) -> None:
        """Take no statement for certain any more, if the error gives reason to."""
        # Of a name that a client made up it is no wonder.
        ours = PREFIX.decode() in error.message
        if is_stale(error) or (ours and error.sqlstate == _NO_SUCH_STATEMENT):
            self.doubt_all()

    def remove(self, name: bytes) -> None:
        """Write down that a Close of this name is sent now."""
        self._present.pop(name, None)

    def oldest(self) -> bytes:
        """Give the name that was used least recently."""
        return next(iter(self._present))

    def dropped(self) -> None:
        """Write down that the server has dropped all that were answered for."""
        answered = self.answered
        self._present = {
            name: number
            for name, number in self._present.items()
            if number is not None and number >= answered
        }

    # Answers

    def refuse(self, thrown: int, *, refused: bool) -> None:
        """Take back what an error undid.

        Args:
            thrown: how many of the oldest effects were thrown away, or refused.
            refused: whether the first of them is that of the message refused.
        """
        undone = [self.effects.popleft() for _ in range(thrown)]
        for place, effect in reversed(list(enumerate(undone))):
            effect.undo(refused=refused and place == 0)

    def forget(self) -> None:
        """Take back all that is not answered: nobody waits for it."""
        self.unnamed = None
        self.refuse(len(self.effects), refused=False)


class Prepared:
    """A Parse or a Close: undone, the statement may be there or not."""

    __slots__ = ("_name", "_statements")

    def __init__(self, statements: ServerStatements, name: bytes) -> None:
        self._statements = statements
        self._name = name

    def undo(self, *, refused: bool) -> None:
        """See :class:`Effect`."""
        del refused
        self._statements.doubt(self._name)
