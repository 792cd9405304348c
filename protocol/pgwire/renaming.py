"""Requests in whose texts the names of prepared statements are turned into servers'.

What PREPARE and DEALLOCATE do is taken to have happened when PostgreSQL says so, by the
tag of CommandComplete; until all that was sent is answered, other names wait. What a
server lacks for a simple Query is put in front of it, in a batch whose error is told in
place of the Query's; or in the client's batch, if no Sync has ended that. In a failed
transaction nothing can be prepared: where the Query ends it, that is done in another
one, which is then made fail.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from .classification import Classification, Touch
from .codes import Frontend, TransactionStatus
from .exchange import AHEAD, LEFT, PREPARED, QUERY, SYNC, UNDOES
from .framing import FRONTEND_LENGTHS
from .frontend import Query, Sync
from .ledger import Ledger
from .names_in_text import NAMES, Change, NamesInText, names_in_text
from .renamed_text import RenamedText
from .requests import Requests
from .statement import Statement, StatementBook

_SYNC: Final = Sync().encode()
_NOTHING: Final = RenamedText(b"")
# EXECUTEs that lead to each other are followed so far. PostgreSQL gives up, too.
_DEEPEST: Final = 8
# The beginning of a text that ends a failed transaction, whatever was done in it.
_ENDS: Final = re.compile(
    rb"\s*(?:COMMIT|END|ROLLBACK|ABORT)(?:\s+(?:WORK|TRANSACTION))?\s*;", re.IGNORECASE
)
_ANOTHER: Final = Query(b"ROLLBACK").encode() + Query(b"BEGIN").encode()
# As the one before it had: nothing that it had locked, opened or set is left.
_FAIL: Final = Query(b"ROLLBACK TO SAVEPOINT pgpool_failed").encode()


class Renaming(Requests, ABC):
    """See the module's text.

    Attributes:
        strays: whether its server has statements under names of its own that are not
            known here. Then its PREPAREs stay there, too.
        may_stray: whether it may have. Then what is not known is left to the server.
    """

    __slots__ = ("_expected", "_renamed", "_several", "may_stray", "strays")

    def __init__(
        self,
        book: StatementBook,
        lengths: Mapping[int, tuple[int, int]] = FRONTEND_LENGTHS,
    ) -> None:
        super().__init__(book, lengths)
        # What was sent last that changes names; with whether it is known how its
        # statement is read.
        self._expected: list[tuple[Change, bool]] = []
        # Whether other statements stand beside it.
        self._several = False
        # The text that an error may point into.
        self._renamed = _NOTHING
        self.strays = self.may_stray = False

    @property
    def keeps_server(self) -> bool:
        """Whether it has a statement that no other server can be given."""
        return self.strays or super().keeps_server

    @property
    @abstractmethod
    def reads_otherwise(self) -> bool:
        """Whether what is parsed now may be read under parameters not known yet."""

    @property
    def leaves_state(self) -> bool:
        """Whether its server has statements under names that it has given."""
        return super().leaves_state or any(
            change.touch is Touch.PREPARE and change.statement is None
            for change, _ in self._expected
        )

    @property
    def names_in_doubt(self) -> bool:
        """Whether a PREPARE or DEALLOCATE may be done that was not told.

        Of the last statement of a text PostgreSQL does not tell if the end of its
        transaction then fails.
        """
        return self._several and bool(self._expected)

    def note_strays(self, *, found: bool) -> None:
        """Take note of whether there are any."""
        self.strays = self.may_stray = found

    def note_there(self, names: Collection[bytes] | None, *, others: bool) -> None:
        """Take note of which statements its server has; see ClientStatements.

        Of what it was made to have for a DEALLOCATE, that says if it was dropped.
        """
        expected, self._expected = self._expected, []
        if names is None:
            return
        for change, _ in expected:
            name, statement = change.name, change.statement
            if change.touch is Touch.PREPARE:
                if statement is not None and statement.name in names:
                    self.strike_out(name)
                    self.enter({name: statement})
            elif name in self.names:
                dropped = self.names[name]
                there = others if dropped is None else dropped.name in names
                if not there:
                    self.strike_out(name)

    # What is sent

    @abstractmethod
    def _found(self, statement: Statement) -> Classification:
        """Classify what is done by using a statement."""

    def _names_in(
        self,
        found: Classification,
        text: bytes,
        context: bytes | None,
        deeper: int = _DEEPEST,
    ) -> NamesInText | None:
        """Look for names in a text; None if there are none.

        Args:
            found: in the text.
            text: the client's.
            context: in which the server reads statements now.
            deeper: how many EXECUTEs may lead to each other.
        """
        if not found.touches & NAMES:
            return None

        def make(content: bytes) -> Statement | None:
            if context is None or self.is_full or self.strays:
                return None
            harmless = not found.touches & ~Touch.PREPARE
            return self._book.of_sql(content, context, harmless=harmless)

        def form(used: Statement) -> tuple[Statement, NamesInText] | None:
            if used.harmless or not deeper:
                return None
            its = self._names_in(self._found(used), used.text, context, deeper - 1)
            return None if its is None else (self._with_names(used, its), its)

        return names_in_text(found, text, self.names, make, form)

    def _send_names(
        self,
        names: NamesInText,
        kind: int,
        ledger: Ledger,
        context: bytes | None,
        *more: Statement,
    ) -> None:
        """Put in front what a text needs that goes, or is used, with the next message.

        Args:
            names: of the text.
            kind: the type of the message.
            ledger: of the client's server.
            context: in which the server reads statements now.
            more: statements that the server must have besides.
        """
        first = ledger.statements.issued
        self._needed = frozenset(s.name for s in names.needed + names.taken)
        needed = dict.fromkeys(names.needed + more)
        ends = kind == Frontend.QUERY and self._ends_failed(names, needed, ledger)
        if ends:
            self._begin_another(ledger)
        for name in () if self.may_stray or context is None else names.unknown:
            self._free(name, ledger)
        for statement in names.taken:
            if statement not in names.needed:
                self._take_name(statement, ledger)
        if kind == Frontend.QUERY and ledger.status == TransactionStatus.FAILED:
            self._free_lacking(needed, ledger)
        else:
            # What is not known while a transaction may have set it, ends with it.
            known = ends or not self.reads_otherwise
            self._supply_lacking(needed, ledger, context if known else None)
        if ends:
            self._fail(ledger)
        self._needed = frozenset()
        if names.changes and kind in {Frontend.QUERY, Frontend.BIND}:
            self._drops = True
            for change in names.changes:
                self._expect(change, ledger)
            known = not self.reads_otherwise
            self._expected = [(change, known) for change in names.changes]
            self._several = names.several and kind == Frontend.QUERY
        if names.renamed.moves:
            pointed = names.pointed or names.renamed
            self._note_altered(pointed, kind == Frontend.QUERY, first, ledger)

    def _supply_lacking(
        self, needed: Iterable[Statement], ledger: Ledger, context: bytes | None
    ) -> None:
        for statement in needed:
            if not ledger.statements.has(statement.name):
                then = statement.context if context is None else context
                self._supply(statement, ledger, then or b"")

    def _free_lacking(self, needed: Iterable[Statement], ledger: Ledger) -> None:
        """Where nothing can be prepared: what has a name there may be anything."""
        for statement in needed:
            if not ledger.statements.has(statement.name):
                self._free(statement.name, ledger)

    def _ends_failed(
        self, names: NamesInText, needed: Iterable[Statement], ledger: Ledger
    ) -> bool:
        """Whether a text ends a failed transaction and then needs what is not there."""
        return (
            ledger.stays_failed
            and _ENDS.match(names.renamed.text) is not None
            and not all(ledger.statements.has(s.name) for s in needed)
        )

    def _begin_another(self, ledger: Ledger) -> None:
        """Have another transaction in place of the failed one.

        All that goes in front of the text is done in it, and so undone.
        """
        self.front.append(_ANOTHER)
        ledger.skip(QUERY | UNDOES, QUERY)
        ledger.status = TransactionStatus.IN_TRANSACTION

    def _fail(self, ledger: Ledger) -> None:
        """Have that one fail, too: what it could not prepare, the text will miss."""
        self.front += (_SYNC, _FAIL)
        ledger.skip(SYNC | LEFT, QUERY | LEFT)
        ledger.status = TransactionStatus.FAILED

    def _note_altered(
        self, renamed: RenamedText, by_query: bool, first: int, ledger: Ledger
    ) -> None:
        """Note which text is sent, from which effect on statements on."""
        exchange, begun, following, _ = ledger.altered
        if (exchange, self._renamed) == (ledger.exchange, renamed):
            # Its Parse, perhaps, is not answered either.
            first = begun if first <= following else first
        self._renamed = renamed
        issued = ledger.statements.issued
        ledger.altered = (ledger.exchange, first, issued, by_query)

    def _sent_with(self, names: NamesInText | None, ledger: Ledger) -> None:
        """Note that its own Parse was sent behind what was put in front of a text."""
        if names is not None and names.renamed.moves:
            exchange, first, _, by_query = ledger.altered
            issued = ledger.statements.issued
            ledger.altered = (exchange, first, issued, by_query)

    def _expect(self, change: Change, ledger: Ledger) -> None:
        statements, statement = ledger.statements, change.statement
        if change.touch & Touch.DEALLOCATE:
            dropped = self.names.get(change.name)
            if dropped is not None:
                statements.doubt(dropped.name)
        elif statement is not None:
            self._make_place(statement, ledger)
            statements.expect(statement.name)
            if ledger.answered:
                self._former.clear()
            self._former[statement.name] = change.name

    def _query_with(
        self, names: NamesInText, ledger: Ledger, context: bytes | None
    ) -> None:
        """Put in front what is to be sent in place of a simple Query."""
        # A Sync would commit what the client's own batch has done so far, which is to
        # be undone if the Query fails.
        within = ledger.unsynced
        self._send_names(names, Frontend.QUERY, ledger, context)
        if self.front and not within:
            self.front.append(_SYNC)
            ledger.skip(SYNC | AHEAD)
        self.front.append(Query(names.renamed.text).encode())

    def _with_names(self, statement: Statement, names: NamesInText) -> Statement:
        """Give what a server is to have of a statement with names in its text."""
        if not names.renamed.moves:
            return statement
        types = statement.content[len(statement.text) :]
        return self._book.of(names.renamed.text + types, statement.context or b"")

    # What is answered

    def drop_all(self) -> None:
        """Note that the server dropped all statements; see ClientStatements."""
        super().drop_all()
        self.strays = False

    def on_named(self, tag: bytes, ledger: Ledger) -> None:
        """Take note that a PREPARE or DEALLOCATE is done; see ClientStatements."""
        touch = Touch.PREPARE if tag == PREPARED else Touch.DEALLOCATE
        found = next((e for e in self._expected if e[0].touch is touch), None)
        if found is not None:
            self._expected.remove(found)
            self._done(found[0], known=found[1], ledger=ledger)
        elif touch is Touch.PREPARE:
            # Under a name that is not known.
            self.strays = self.may_stray = self.ties = True

    def _done(self, change: Change, *, known: bool, ledger: Ledger) -> None:
        statements = ledger.statements
        for dropped in self.strike_out(change.name).values():
            if dropped is not None:
                statements.remove(dropped.name)
        if change.touch is Touch.PREPARE:
            self.enter({change.name: change.statement})
            if change.statement is not None and known:
                statements.confirm(change.statement.name)

    def in_own_names(self, message: bytes, *, altered: bool = False) -> bytes:
        """Give an ErrorResponse as the client knows it; see ClientStatements."""
        if altered:
            message = self._renamed.point(message)
        return super().in_own_names(message)
