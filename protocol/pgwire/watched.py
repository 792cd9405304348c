"""Requests of a client whose session state is kept: what may touch it is seen.

A glance tells of most statements that they touch nothing. Any other is classified when
it is sent: its watch is told what it may touch (see ``objecting``), and names of
prepared statements in it are turned into servers' (see ``renaming``).
"""

import re
import struct
from collections.abc import Mapping
from typing import Final

from .bound import Values, ValuesNeededError, is_open, with_names
from .classification import UNSEEN, Classification, Classify
from .client_unnamed import TEXT
from .codes import Frontend
from .framing import FRONTEND_LENGTHS, HEADER_SIZE
from .frontend import Parse, Query
from .glance import harmless_at_a_glance
from .ledger import Ledger
from .names_in_text import Change, NamesInText
from .naming import KEPT_LIMIT, WAIT, HeldBackError
from .objecting import Objecting, Watch
from .seen import ALIKE, LONGEST
from .statement import Statement, StatementBook, may_drop
from .unnamed import Dropping, Unkept

_QUERY: Final = Frontend.QUERY
# No other byte of the length word of a short message may be like that of a digit.
_LAST_OF_LENGTH: Final = HEADER_SIZE - 1
# The sizes of messages of which that byte is not, either: nearly all.
_UNLIKE_A_DIGIT: Final = frozenset(
    end for end in range(LONGEST + 1) if (end - 1) & 0xFF not in b"0123456789"
)
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
_NAMING: Final = re.compile(rb"\b(?:prepare|execute)\b", re.IGNORECASE)

_length = struct.Struct("!I").unpack_from


class Touching(bytes):
    """The Parse of an unnamed statement that no glance has found harmless."""

    __slots__ = ()


class TouchingDropping(Touching, Dropping):
    """One that may also drop named statements, or make or run one."""

    __slots__ = ()


class WatchedRequests(Objecting):
    """See the module's text, and Objecting."""

    glances = True

    __slots__ = ("_form", "_refused", "_shapes", "_to_be_reread", "_values")

    def __init__(
        self,
        book: StatementBook,
        classify: Classify,
        watch: Watch,
        lengths: Mapping[int, tuple[int, int]] = FRONTEND_LENGTHS,
    ) -> None:
        super().__init__(book, classify, watch, lengths)
        self._shapes = book.seen.shapes
        # Names of statements whose context was not known when they were parsed.
        self._to_be_reread: frozenset[bytes] = frozenset()
        # The unnamed statement that was refused last, and the mark in its place.
        self._refused: tuple[object, bytes] = (None, b"")
        # What is bound by the Bind that is looked at, where that matters.
        self._values: Values | None = None
        # An unnamed statement, and the Parse of it with the names that servers know.
        self._form: tuple[object, bytes] = (None, b"")

    def lone_query(self, view: memoryview, end: int) -> bytes | None:
        """Give the harmless simple Query that ``view[:end]`` is; see Requests."""
        if (
            # As in Requests; a call less on the way of nearly all exchanges.
            view[0] == _QUERY
            and not self.half_sent
            and not self._discard
            and not self._to_sync
            and self.unnamed is None
        ):
            if end <= LONGEST:
                query = bytes(view[:end])
                if (
                    query.translate(ALIKE) in self._shapes
                    # What else its length word has is as in the one that was seen.
                    and (
                        end in _UNLIKE_A_DIGIT
                        or query[_LAST_OF_LENGTH] == (end - 1) & 0xFF
                    )
                ):
                    return query
            if end > HEADER_SIZE and _length(view, 1)[0] == end - 1:
                query = bytes(view[:end])
                if self._book.seen.lets_pass(query):
                    return query
        return None

    def run_alone(
        self,
        message: memoryview,
        kind: int,
        size: int,
        ledger: Ledger,
        context: bytes | None,
    ) -> int:
        """Note a Query or FunctionCall that is sent now; see ClientStatements."""
        names = None
        if kind == _QUERY:
            if len(message) <= size < KEPT_LIMIT:
                return WAIT
            if self._is_harmless(message, size):
                return super().run_alone(message, kind, size, ledger, context)
            # One that is too long is not looked at.
            text = bytes(message[HEADER_SIZE:size])
            found = self._classify(text) if size < len(message) else UNSEEN
            names = self._names_in(found, text, context)
            try:
                mark = self._judge_query(found, text, names, ledger)
            except HeldBackError:
                self.held = True
                return WAIT
        elif len(message) < HEADER_SIZE + 4:
            return WAIT
        else:
            oid = _length(message, HEADER_SIZE)[0]
            mark = b"" if oid in _HARMLESS_OIDS else self._judge(UNSEEN, b"")
        if mark:
            self.front.append(Query(mark).encode())
        elif names is not None:
            self._query_with(names, ledger, context)
        else:
            return super().run_alone(message, kind, size, ledger, context)
        # A Query fails in place of a FunctionCall, too: it is answered alike.
        super().run_alone(message, _QUERY, size, ledger, context)
        ledger.statements.unnamed = None
        return 1 + size

    def _judge_query(
        self,
        found: Classification,
        text: bytes,
        names: NamesInText | None,
        ledger: Ledger,
    ) -> bytes:
        if ledger.answered:
            self._expected.clear()
        elif names is not None:
            # What they mean depends on what is not answered yet.
            raise HeldBackError
        return self._judge(found, text, names)

    def _is_harmless(self, message: memoryview, size: int) -> bool:
        return size < len(message) and (
            harmless_at_a_glance(message, HEADER_SIZE, 1 + size) is not None
        )

    # The unnamed statement

    def unnamed_must_wait(self, ledger: Ledger) -> bool:
        """Whether names in the unnamed statement depend on what is not answered yet."""
        named = isinstance(self.unnamed, TouchingDropping)
        return named and self._names_in_doubt(ledger)

    def _names_in_doubt(self, ledger: Ledger) -> bool:
        # Whichever are in the text.
        return self.must_wait(b"?", ledger)

    def keep_unnamed(self, message: bytes | None) -> object:
        """Give what stands for an unnamed statement; see ClientStatements."""
        if message is None:
            return super().keep_unnamed(message)
        end = message.find(0, TEXT) + 1
        if harmless_at_a_glance(message, TEXT, end) is not None:
            return message
        if may_drop(message, TEXT) or _NAMING.search(message, TEXT):
            return TouchingDropping(message)
        return Touching(message)

    def parse_unnamed(
        self, made: object, ledger: Ledger, context: bytes | None
    ) -> bool:
        """Note a Parse of the unnamed statement; see ClientStatements."""
        if type(made) is bytes:
            return super().parse_unnamed(made, ledger, context)
        if isinstance(made, TouchingDropping) and self._names_in_doubt(ledger):
            raise HeldBackError
        names, mark = self._look_at(made, context)
        if names is not None and not mark:
            self._send_names(names, Frontend.PARSE, ledger, context)
        super().parse_unnamed(made, ledger, context)
        self._sent_with(None if mark else names, ledger)
        if mark:
            self._refused = (made, mark)
            self.front.append(Parse(b"", mark).encode())
        elif names is not None and isinstance(made, bytes):
            self._form = made, _with_text(made, names.renamed.text)
            self.front.append(self._form[1])
        return bool(self.front)

    def use_unnamed(self, kind: int, ledger: Ledger, context: bytes | None) -> bytes:
        """Have the server have this client's unnamed statement, or none; as ``use``."""
        unnamed = self.unnamed
        refused, mark = self._refused
        if refused is unnamed and mark:
            # Behind its Parse, and thrown away with that: judged already.
            return mark
        names, mark = self._look_at(unnamed, context, kind)
        if mark:
            return mark
        if names is not None and isinstance(unnamed, bytes):
            self._send_names(names, kind, ledger, context)
            form = _with_text(unnamed, names.renamed.text)
            if self._form[0] is not unnamed or self._form[1] != form:
                # Servers have it with other names in it.
                self.unnamed = TouchingDropping(unnamed)
                self._form = self.unnamed, form
        used = super().use_unnamed(kind, ledger, context)
        self._sent_with(names, ledger)
        return used

    def _look_at(
        self, unnamed: object, context: bytes | None, kind: int = Frontend.PARSE
    ) -> tuple[NamesInText | None, bytes]:
        """Judge an unnamed statement; give the names in it, and a mark if refused."""
        if isinstance(unnamed, Unkept):
            return None, self._judge(UNSEEN, b"")
        if not isinstance(unnamed, Touching):
            return None, b""
        text = unnamed[TEXT : unnamed.find(0, TEXT)]
        found = self._bound(self._classify(text), kind)
        names = self._names_in(found, text, context)
        return names, self._judge(found, text, names)

    def _parse_of_unnamed(self, kept: bytes) -> bytes:
        of, form = self._form
        return form if of is kept else kept

    # Named statements

    def parse(
        self, name: bytes, content: bytes, context: bytes, ledger: Ledger
    ) -> bool:
        """Note a Parse of a named one; see ClientStatements."""
        if self._watch.reads_otherwise:
            self._to_be_reread |= {name}
        if name in self.names:
            self._refuse_duplicate(name, ledger)
            return False
        statement = sent = self._book.of(content, context)
        names = None
        if not statement.harmless:
            found = self._classify(statement.text)
            names = self._names_in(found, statement.text, context)
            if names is not None:
                self._send_names(names, Frontend.PARSE, ledger, context)
                sent = self._with_names(statement, names)
        self._parse_as(sent, name, statement, ledger)
        self._sent_with(names, ledger)
        if sent is not statement:
            self._former[sent.name] = name
        return True

    def use(self, name: bytes, kind: int, ledger: Ledger, context: bytes) -> bytes:
        """Have the server have this statement, or none; give the name to use."""
        statement = self.names.get(name)
        if statement is None:
            if name in self.names or self.may_stray:
                return self._judge(UNSEEN, b"") or name
        elif statement.context != context:
            context = self._reading(statement, ledger, context)
        if statement is not None and not statement.harmless:
            found = self._bound(self._found(statement), kind)
            names = self._names_in(found, statement.text, context)
            mark = self._judge(found, statement.text, names)
            if mark:
                return mark
            if names is not None:
                sent = self._with_names(statement, names)
                self._drops = self._drops or statement.drops
                self._send_names(names, kind, ledger, context, sent)
                self._former[sent.name] = name
                return sent.name
        return super().use(name, kind, ledger, context)

    def take_values(self, values: Values) -> None:
        """Take what is bound by the message that is looked at again."""
        self._values = values

    def _bound(self, found: Classification, kind: int) -> Classification:
        """Say what is touched by a statement that is used like this."""
        if kind != Frontend.BIND or not is_open(found):
            return found
        values, self._values = self._values, None
        if values is None:
            raise ValuesNeededError
        return with_names(found, values)

    def _reading(self, statement: Statement, ledger: Ledger, context: bytes) -> bytes:
        """Give the context from which a server that lacks this is to be brought to it.

        Raises:
            HeldBackError: what runs may change it, and would be undone by the way back.
        """
        if statement.context is None or ledger.statements.has(statement.name):
            return context
        if not ledger.answered:
            raise HeldBackError
        # Within a transaction that may have changed it, it is read as all is there.
        return statement.context if self._watch.reads_otherwise else context

    def reread(self, context: bytes) -> None:
        """Have what was parsed in an unknown context belong to this one."""
        names, self._to_be_reread = self._to_be_reread, frozenset()
        for name in names:
            statement = self.names.get(name)
            if statement is not None:
                self.strike_out(name)
                self.enter({name: self._book.reread(statement, context)})

    def _done(self, change: Change, *, known: bool, ledger: Ledger) -> None:
        if not known:
            self._to_be_reread |= {change.name}
        super()._done(change, known=known, ledger=ledger)


def _with_text(parse: bytes, text: bytes) -> bytes:
    """Give the Parse of an unnamed statement with another text."""
    body = b"\0" + text + parse[parse.find(0, TEXT) :]
    return parse[:1] + (4 + len(body)).to_bytes(4, "big") + body
