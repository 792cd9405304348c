"""Requests of a client whose session state is kept: what may touch it is seen.

A glance tells of most statements that they touch nothing. Of any other, a *watch* is
told what it may touch, once when it is sent, and may object. Then a text goes in its
place on which PostgreSQL fails by itself, so that the order of replies, the state of
the transaction and the end of the batch are PostgreSQL's; the error is replaced by the
watch's on its way back.
"""

import re
import struct
from collections.abc import Mapping
from typing import Final, Protocol

from .classification import UNSEEN, Classification, Classify, Touch
from .client_statements import TEXT, Dropping, Unkept
from .codes import Frontend
from .framing import FRONTEND_LENGTHS, HEADER_SIZE
from .frontend import Parse, Query
from .glance import harmless_at_a_glance
from .ledger import Ledger
from .naming import KEPT_LIMIT, WAIT, HeldBackError
from .requests import Requests
from .statement import PREFIX, StatementBook, may_drop

_QUERY: Final = Frontend.QUERY
_HELD_BACK: Final = Touch.LISTEN | Touch.UNLISTEN
_REFUSED: Final = PREFIX + b"refused_"
_MARK: Final = re.compile(_REFUSED + rb"[0-9]+")
# Objections that no error has asked for yet: of batches that were thrown away.
_MOST_OBJECTIONS: Final = 16
# Functions of large objects, which is what drivers call this way (pg_proc.dat). Others
# set parameters, take locks, or run a text.
_HARMLESS_OIDS: Final = frozenset(
    {
        *{715, 764, 765, 767, 964, 1004},
        *range(952, 959),
        *range(3170, 3173),
        *range(3457, 3461),
    }
)

_length = struct.Struct("!I").unpack_from


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


class Touching(bytes):
    """The Parse of an unnamed statement that no glance has found harmless."""

    __slots__ = ()


class TouchingDropping(Touching, Dropping):
    """One that may drop all named statements, too."""

    __slots__ = ()


class WatchedRequests(Requests):
    """See the module's text.

    Args:
        book: of prepared statements.
        classify: says what a text may touch.
        watch: is told.
        lengths: the least and the greatest length word of each message.
    """

    __slots__ = (
        "_classify",
        "_mark",
        "_number",
        "_objections",
        "_refused",
        "_to_be_reread",
        "_watch",
    )

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
        # Of the Parse that is being noted, if it is objected to.
        self._mark = b""
        # Names of statements whose context was not known when they were parsed.
        self._to_be_reread: frozenset[bytes] = frozenset()
        # The unnamed statement that was refused last, and the mark in its place.
        self._refused: tuple[object, bytes] = (None, b"")
        # By the mark that stands in the error.
        self._objections: dict[bytes, bytes] = {}

    def end(self) -> None:
        """Let go of the watch; see ClientStatements."""
        self._watch = NOBODY

    def is_query(self, buffer: bytearray | memoryview, end: int) -> bool:
        """Tell whether ``buffer[:end]`` is one harmless simple Query."""
        return (
            # As in Requests; a call less on the way of nearly all exchanges.
            buffer[0] == _QUERY
            and end > HEADER_SIZE
            and _length(buffer, 1)[0] == end - 1
            and not self.half_sent
            and not self._discard
            and not self._to_sync
            and self.unnamed is None
            and harmless_at_a_glance(buffer, HEADER_SIZE, end) is not None
        )

    def run_alone(
        self, message: memoryview, kind: int, size: int, ledger: Ledger
    ) -> int:
        """Note a Query or FunctionCall that is sent now; see ClientStatements."""
        if kind == _QUERY:
            if len(message) <= size < KEPT_LIMIT:
                return WAIT
            try:
                mark = self._judge_query(message, size)
            except HeldBackError:
                self.held = True
                return WAIT
        elif len(message) < HEADER_SIZE + 4:
            return WAIT
        else:
            oid = _length(message, HEADER_SIZE)[0]
            mark = b"" if oid in _HARMLESS_OIDS else self._judge(UNSEEN, b"")
        if not mark:
            return super().run_alone(message, kind, size, ledger)
        # A Query fails in place of a FunctionCall, too: it is answered alike.
        super().run_alone(message, _QUERY, size, ledger)
        ledger.statements.unnamed = None
        self.front.append(Query(mark).encode())
        return 1 + size

    def _judge_query(self, message: memoryview, size: int) -> bytes:
        if len(message) <= size:
            # Too long to be looked at.
            return self._judge(UNSEEN, bytes(message[HEADER_SIZE:]))
        if harmless_at_a_glance(message, HEADER_SIZE, 1 + size) is not None:
            return b""
        text = bytes(message[HEADER_SIZE:size])
        return self._judge(self._classify(text), text)

    # Prepared statements

    def _kept(self, message: bytes) -> bytes:
        end = message.find(0, TEXT) + 1
        if harmless_at_a_glance(message, TEXT, end) is not None:
            return message
        # Before anything is written down, for it may be held back.
        text = message[TEXT : end - 1]
        self._mark = self._judge(self._classify(text), text)
        drops = may_drop(message, TEXT)
        return TouchingDropping(message) if drops else Touching(message)

    def parse_unnamed(self, message: bytes | None, ledger: Ledger) -> bool:
        """Note a Parse of the unnamed statement; see ClientStatements."""
        instead = super().parse_unnamed(message, ledger)
        mark, self._mark = self._mark, b""
        if isinstance(self.unnamed, Unkept):
            mark = self._judge(UNSEEN, b"")
        if mark:
            self._refused = (self.unnamed, mark)
            self.front.append(Parse(b"", mark).encode())
        return bool(mark) or instead

    def use_unnamed(self, ledger: Ledger) -> bytes:
        """Have the server have this client's unnamed statement, or none; as ``use``."""
        return self._judge_unnamed() or super().use_unnamed(ledger)

    def _judge_unnamed(self) -> bytes:
        unnamed = self.unnamed
        refused, mark = self._refused
        if refused is unnamed and mark:
            # Behind its Parse, and thrown away with that: judged already.
            return mark
        if isinstance(unnamed, Touching):
            text = unnamed[TEXT : unnamed.find(0, TEXT)]
            return self._judge(self._classify(text), text)
        return self._judge(UNSEEN, b"") if isinstance(unnamed, Unkept) else b""

    def parse(
        self, name: bytes, content: bytes, context: bytes, ledger: Ledger
    ) -> bool:
        """Note a Parse of a named one; see ClientStatements."""
        if self._watch.reads_otherwise:
            self._to_be_reread |= {name}
        return super().parse(name, content, context, ledger)

    def reread(self, context: bytes) -> None:
        """Have what was parsed in an unknown context belong to this one."""
        names, self._to_be_reread = self._to_be_reread, frozenset()
        for name in names:
            statement = self.names.get(name)
            if statement is not None:
                self.strike_out(name)
                self.enter({name: self._book.of(statement.content, context)})

    def use(self, name: bytes, ledger: Ledger, context: bytes) -> bytes:
        """Have the server have this statement, or none; give the name to use."""
        if name in self.names:
            statement = self.names[name]
            mark = b""
            if statement is None:
                mark = self._judge(UNSEEN, b"")
            elif not statement.harmless:
                text = statement.content[: statement.content.find(0)]
                mark = self._judge(self._classify(text), text)
            if mark:
                return mark
        return super().use(name, ledger, context)

    # Objections

    def _judge(self, found: Classification, text: bytes) -> bytes:
        """Tell the watch; give a mark to be sent instead if it objects."""
        if not found.touches:
            return b""
        self._hold_back(found)
        self.ties = True
        objection = self._watch.judge(found, text)
        if objection is None:
            return b""
        self._number += 1
        mark = _REFUSED + str(self._number).encode()
        self._objections[mark] = objection
        if len(self._objections) > _MOST_OBJECTIONS:
            del self._objections[next(iter(self._objections))]
        return mark

    def _hold_back(self, found: Classification) -> None:
        if found.touches & _HELD_BACK and self._watch.holds(found):
            raise HeldBackError

    def in_own_names(self, message: bytes) -> bytes:
        """Give an ErrorResponse in the client's names, or the objection it is for."""
        found = _MARK.search(message)
        objection = None if found is None else self._objections.pop(found[0], None)
        return super().in_own_names(message) if objection is None else objection
