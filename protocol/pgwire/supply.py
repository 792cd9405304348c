"""Having a server have a statement, or none of a name: what goes in front for that."""

from typing import Final

from .codes import Target, TransactionStatus
from .exchange import CLOSE, PARSE, SKIP, SYNC
from .frontend import Close, Parse, Sync
from .ledger import Ledger
from .reading import change
from .server_statements import Prepared
from .statement import Statement, StatementBook

_SYNC: Final = Sync().encode()


class Supply:
    """See the module's text.

    Attributes:
        front: what is to be sent in front of the message that was looked at last.
    """

    __slots__ = ("_book", "_needed", "front")

    def __init__(self, book: StatementBook) -> None:
        self._book = book
        # Statements, by their names on servers, that are not to make place now.
        self._needed: frozenset[bytes] = frozenset()
        self.front: list[bytes] = []

    def _supply(self, statement: Statement, ledger: Ledger, context: bytes) -> None:
        """Have the server have a statement that it has not for certain."""
        if ledger.stays_failed and ledger.statements.is_misread(statement.name):
            # Nothing can be parsed, nor run. How it was read plays no part.
            return
        then = context if statement.context is None else statement.context
        alone = then != context and statement.stands_alone and ledger.begins_anew
        self._make_place(statement, ledger)
        self._set(context, then, ledger)
        before, entry, behind = statement.entries
        ledger.skip(*before)
        ledger.note(entry | SKIP, ledger.statements.add(statement.name))
        ledger.skip(*behind)
        self.front.append(statement.parse())
        self._set(then, context, ledger)
        if alone:
            # It may only run as the first of a batch. It is not looked into when it is
            # parsed, so that this does not fail.
            self.front.append(_SYNC)
            ledger.skip(SYNC)

    def _take_name(self, statement: Statement, ledger: Ledger) -> None:
        """Have the server have something of a statement's name, whatever it is."""
        if not ledger.statements.has(statement.name):
            self._make_place(statement, ledger)
            self._block(statement.name, ledger)
            ledger.statements.doubt(statement.name)

    def _block(self, name: bytes, ledger: Ledger) -> None:
        """Have the server have a statement of a name that is free there."""
        self.front.append(Parse(name, b"").encode())
        ledger.skip(PARSE, named=True)

    def _make_place(self, statement: Statement, ledger: Ledger) -> None:
        statements = ledger.statements
        if statements.may_have(statement.name):
            self._close(statement.name, ledger)
        while len(statements) >= max(1, self._book.limit):
            oldest = statements.oldest()
            if oldest in self._needed:
                break
            statements.remove(oldest)
            ledger.note(CLOSE | SKIP, Prepared(statements, oldest))
            self.front.append(Close(Target.STATEMENT, oldest).encode())

    def _set(self, now: bytes, wanted: bytes, ledger: Ledger) -> None:
        # In a failed transaction nothing runs, and what can be parsed there is read
        # alike under all parameters.
        if now != wanted and ledger.status != TransactionStatus.FAILED:
            data, entries = change(now, wanted)
            self.front.append(data)
            ledger.skip(*entries)

    def _close(self, name: bytes, ledger: Ledger) -> None:
        self.front.append(Close(Target.STATEMENT, name).encode())
        ledger.skip(CLOSE)

    def _free(self, name: bytes, ledger: Ledger) -> None:
        """Have the server have no statement of a name."""
        ledger.statements.suspect(name)
        self._close(name, ledger)
