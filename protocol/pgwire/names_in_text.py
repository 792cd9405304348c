"""What becomes of the names of prepared statements in a text that is sent now.

    PREPARE of a name it has not    the text has the name that servers know; it is the
                                    client's once PostgreSQL says that it is done
    PREPARE of a name it has        the server is made to have it, and refuses by itself
    EXECUTE of a name it has        the text has the server's name, and the server is
                                    made to have the statement
    DEALLOCATE of a name it has     likewise, but anything of that name will do
    use of a name it has not        the server is made not to have it, and refuses

What is executed may have such a text itself, if the protocol has prepared it. Then the
server is made to have a *form* of it, with servers' names in it, and executes that.

Where statements beside a PREPARE have to do with names too, or with how it is read, the
new statement keeps the client's name, and the client its server, until it is dropped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from .classification import Classification, Named, Touch
from .renamed_text import RenamedText
from .statement import Statement

#: What is done with names of prepared statements.
NAMES: Final = Touch.PREPARE | Touch.EXECUTE | Touch.DEALLOCATE
# If that is all that several statements touch, one of them does it as if it was alone.
_APART: Final = (Touch.PREPARE, Touch.EXECUTE)


@dataclass(frozen=True, slots=True)
class Change:
    """What a PREPARE or DEALLOCATE does to a name, should it succeed.

    Attributes:
        touch: which of them it is.
        name: the client's.
        statement: what it is for from then on; None: a statement that the server has by
            this name, or with DEALLOCATE what it was for.
    """

    touch: Touch
    name: bytes
    statement: Statement | None


@dataclass(frozen=True, slots=True)
class NamesInText:
    """See the module's text.

    Attributes:
        renamed: the text to be sent.
        needed: statements that the server must have.
        taken: statements of whose names the server must have anything.
        unknown: the client's names that the server must have no statement of.
        changes: what it does, in order.
        unseen: whether something is run that was prepared unseen.
        pointed: the text that errors point into, where that is not the renamed one but
            that of a form.
        several: whether other statements stand in the text, too.
    """

    renamed: RenamedText
    needed: tuple[Statement, ...] = ()
    taken: tuple[Statement, ...] = ()
    unknown: tuple[bytes, ...] = ()
    changes: tuple[Change, ...] = ()
    unseen: bool = False
    pointed: RenamedText | None = None
    several: bool = False


Make = Callable[[bytes], Statement | None]
Form = Callable[[Statement], tuple[Statement, NamesInText] | None]


def names_in_text(
    found: Classification,
    text: bytes,
    own: Mapping[bytes, Statement | None],
    make: Make,
    form: Form,
) -> NamesInText:
    """Say what is to be sent instead of a text, and what it takes.

    Args:
        found: in the text.
        text: the client's.
        own: the client's statements, by its names; see ClientStatements.
        make: gives a new statement by what stands behind its name in its PREPARE, or
            None where it keeps the client's name.
        form: gives the form of a statement, and the names in its text; None if it has
            no names.
    """
    reading = _Reading(found, text, own, make, form)
    for named in reading.names:
        reading.read(named)
    return NamesInText(
        RenamedText.of(text, reading.replaced),
        tuple(reading.needed),
        tuple(reading.taken),
        tuple(reading.unknown),
        tuple(reading.changes),
        reading.unseen,
        reading.pointed,
        not found.alone,
    )


class _Reading:
    """One text, name by name."""

    def __init__(
        self,
        found: Classification,
        text: bytes,
        own: Mapping[bytes, Statement | None],
        make: Make,
        form: Form,
    ) -> None:
        self.names = [named for named in found.names if named.touch & NAMES]
        # Else errors are taken to be about the text itself.
        self._alone = found.alone
        # Whether a PREPARE or an EXECUTE is as if it was alone.
        one = len(self.names) == 1 and found.touches in _APART
        self._apart = found.alone or one
        self._text = text
        self._own = own
        self._make = make
        self._form = form
        # Names that an earlier statement of the text has made or dropped, and whether
        # one has dropped all.
        self._changed: set[bytes] = set()
        self._drops_all = False
        self.replaced: list[tuple[int, int, bytes]] = []
        self.needed: list[Statement] = []
        self.taken: list[Statement] = []
        self.unknown: list[bytes] = []
        self.changes: list[Change] = []
        self.unseen = False
        self.pointed: RenamedText | None = None

    def read(self, named: Named) -> None:
        """Take note of the next name."""
        name = named.name
        if name is None:
            self._drops_all = True
            return
        # What the server will know by then depends on what is in front.
        changed = self._drops_all or name in self._changed
        statement = None
        if name not in self._own and not changed:
            if named.touch & Touch.PREPARE:
                statement = self._prepare(named, name)
            else:
                self.unknown.append(name)
        elif changed:
            self._change(named.touch, name, None)
        else:
            statement = self._use(named.touch, name)
        if statement is not None:
            self.replaced.append((named.start, named.end, statement.name))

    def _prepare(self, named: Named, name: bytes) -> Statement | None:
        content = self._text[named.end : named.until]
        statement = self._make(content) if self._apart else None
        if statement is None:
            self.unknown.append(name)
        self._change(named.touch, name, statement)
        return statement

    def _use(self, touch: Touch, name: bytes) -> Statement | None:
        """Note the use of a name that the client has."""
        statement = self._own[name]
        if touch & Touch.EXECUTE:
            if statement is None:
                self.unseen = True
                return None
            return self._execute(statement)
        if statement is not None:
            self.taken.append(statement)
        if touch & Touch.DEALLOCATE:
            self._change(touch, name, None)
        return statement

    def _execute(self, statement: Statement) -> Statement:
        """Note what a statement takes that is executed; give what the server runs."""
        formed = self._form(statement) if self._apart else None
        if formed is None:
            self.needed.append(statement)
            return statement
        form, names = formed
        self.needed += [*names.needed, form]
        self.taken += names.taken
        self.unknown += names.unknown
        self.changes += names.changes
        self.unseen = names.unseen
        if self._alone:
            self.pointed = names.pointed or names.renamed
        return form

    def _change(self, touch: Touch, name: bytes, statement: Statement | None) -> None:
        if not touch & Touch.EXECUTE:
            self.changes.append(Change(touch, name, statement))
            self._changed.add(name)
