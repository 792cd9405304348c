"""Requests of a client that is watched: what its texts touch is told, and refused.

Where the watch objects, a *mark* goes in place of the text. PostgreSQL fails on it by
itself, so that the order of replies, the state of the transaction and the end of the
batch are PostgreSQL's; the error is replaced by the watch's on its way back.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

from .bound import with_names
from .classification import UNSEEN, Classification, Classify, Touch
from .framing import FRONTEND_LENGTHS
from .names_in_text import NamesInText
from .naming import HeldBackError
from .renaming import Renaming
from .statement import PREFIX, SqlStatement, Statement, StatementBook

_HELD_BACK: Final = Touch.LISTEN | Touch.UNLISTEN | Touch.RESETS
_REFUSED: Final = PREFIX + b"refused_"
_MARK: Final = re.compile(_REFUSED + rb"[0-9]+")
# Objections that no error has asked for yet: of batches that were thrown away.
_MOST_OBJECTIONS: Final = 16


class Watch(Protocol):
    """Whoever keeps a client's session state."""

    @property
    def reads_otherwise(self) -> bool:
        """Whether what is parsed now may be read under parameters not known yet."""

    def holds(self, found: Classification) -> bool:
        """Whether this may not be sent yet.

        It is offered again when the owner's ``on_linked`` is called, or when all that
        was sent is answered.
        """

    def judge(self, found: Classification, text: bytes) -> bytes | None:
        """Take note that this is sent now.

        Returns:
            The ErrorResponse that its client is to be told instead, or None.
        """


class Nobody:
    """The watch of a client that is gone; see Watch."""

    __slots__ = ()

    reads_otherwise: Final = False

    def judge(self, found: Classification, text: bytes) -> bytes | None:
        """See Watch: nothing is sent any more."""
        del found, text
        return None

    def holds(self, found: Classification) -> bool:
        """See Watch."""
        del found
        return False


NOBODY: Final = Nobody()


class Objecting(Renaming):
    """See the module's text.

    Args:
        book: of prepared statements.
        classify: says what a text may touch.
        watch: is told.
        lengths: the least and the greatest length word of each message.
    """

    __slots__ = ("_classify", "_number", "_objections", "_watch")

    def __init__(
        self,
        book: StatementBook,
        classify: Classify,
        watch: Watch,
        lengths: Mapping[int, tuple[int, int]] = FRONTEND_LENGTHS,
    ) -> None:
        super().__init__(book, lengths)
        self._classify = classify
        self._watch = watch
        self._number = 0
        # By the mark that stands in the error.
        self._objections: dict[bytes, bytes] = {}

    def end(self) -> None:
        """Let go of the watch; see ClientStatements."""
        self._watch = NOBODY

    @property
    def reads_otherwise(self) -> bool:
        """Whether what is parsed now may be read under parameters not known yet."""
        return self._watch.reads_otherwise

    def _found(self, statement: Statement) -> Classification:
        """Classify what is done by using a statement."""
        found = self._classify(statement.text)
        if isinstance(statement, SqlStatement):
            return replace(found, touches=found.touches & ~Touch.PREPARE, names=())
        return found

    def _judge(
        self, found: Classification, text: bytes, names: NamesInText | None = None
    ) -> bytes:
        """Tell the watch of a text; give a mark to be sent instead if it objects.

        Args:
            found: in the text.
            text: the client's.
            names: of prepared statements in it, if there are any: what it executes is
                told as well.

        Raises:
            HeldBackError: it may not be sent yet; nothing was told.
        """
        told = [(found, text)]
        if names is not None:
            if names.unseen or (self.may_stray and names.unknown):
                touches = found.touches | UNSEEN.touches
                told = [(replace(found, touches=touches), text)]
            told += [
                # The values are in the text.
                (with_names(self._found(s), ()), s.text)
                for s in names.needed
                if not s.harmless
            ]
        for each, _ in told:
            if each.touches & _HELD_BACK and self._watch.holds(each):
                raise HeldBackError
        for each, its_text in told:
            if each.touches and (mark := self._tell(each, its_text)):
                return mark
        return b""

    def _tell(self, found: Classification, text: bytes) -> bytes:
        self.ties = True
        objection = self._watch.judge(found, text)
        if objection is None:
            self.may_stray = self.may_stray or bool(found.touches & Touch.OPAQUE)
            return b""
        self._number += 1
        mark = _REFUSED + str(self._number).encode()
        self._objections[mark] = objection
        if len(self._objections) > _MOST_OBJECTIONS:
            del self._objections[next(iter(self._objections))]
        return mark

    def in_own_names(self, message: bytes, *, altered: bool = False) -> bytes:
        """Give an ErrorResponse in the client's names, or the objection it is for."""
        found = _MARK.search(message)
        objection = None if found is None else self._objections.pop(found[0], None)
        if objection is not None:
            return objection
        return super().in_own_names(message, altered=altered)
