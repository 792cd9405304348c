"""The prepared statements of one client, under the names it has given them.

What it sends about them is turned into what its server has (see ``statement``), and
what the server lacks is put in front, in the same write. Nothing is answered by us:

    Parse of a name it has    the server is made to have it, and refuses by itself
    use of a name it has not  the server is made not to have it, and refuses by itself
    Close of a name           goes on as it is: no server has it, and Close succeeds

What a message does is taken to have happened when it is sent, and undone if the server
refuses it or throws it away. That is right within a batch, where all behind an error
is thrown away. Where it would matter behind a Sync, the client's further messages are
held back until the server has answered.

The unnamed statement is another matter; see ``client_unnamed``.
"""

from collections.abc import Collection, Mapping
from typing import Final

from .client_unnamed import ClientUnnamed
from .codes import Frontend, Target
from .exchange import CLOSE, PARSE, SYNC
from .framing import HEADER_SIZE
from .frontend import Close, Sync
from .ledger import Ledger
from .server_statements import Prepared, ServerStatements
from .statement import SERVERS_NAME, Statement, StatementBook
from .statement_effects import Named, Unnamed
from .unnamed import Gone, Unkept

# Statements of a client that are looked at for the names in an error.
_MOST_RENAMED: Final = 1000
# Bytes of statements that are kept for one client.
SIZE_LIMIT: Final = 4 * 1024 * 1024

_SYNC: Final = Sync().encode()


class ClientStatements(ClientUnnamed):
    """See the module's text, and ClientUnnamed.

    Attributes:
        names: its named ones; None: the server knows it by the client's own name.
    """

    __slots__ = ("_duplicates", "_former", "_last", "_own_names", "_size", "names")

    def __init__(self, book: StatementBook) -> None:
        super().__init__(book)
        # Where its last effect on its names was written down, and under which number.
        self._last: tuple[ServerStatements, int] | None = None
        self._duplicates: set[bytes] = set()
        self.names: dict[bytes, Statement | None] = {}
        # By their names on servers, names that an error may still be about.
        self._former: dict[bytes, bytes] = {}
        # How many names are None, and how many bytes all statements have.
        self._own_names = 0
        self._size = 0

    @property
    def keeps_server(self) -> bool:
        """Whether it has a statement that no other server can be given."""
        unnamed = self.unnamed
        return self._own_names > 0 or (
            unnamed is not None and isinstance(unnamed, Unkept)
        )

    @property
    def is_full(self) -> bool:
        """Whether no more is kept: further statements stay where they are made."""
        return self._size >= SIZE_LIMIT

    def must_wait(self, name: bytes, ledger: Ledger) -> bool:
        """Whether what a name means depends on what is not answered yet."""
        if name and self._may_lose_names(ledger):
            return True
        last = self._last if name else self._last_unnamed
        if last is None:
            return False
        statements, number = last
        return (
            statements is ledger.statements
            and statements.answered <= number < statements.batch
        )

    def _may_lose_names(self, ledger: Ledger) -> bool:
        """Whether what runs may be DISCARD ALL or DEALLOCATE ALL."""
        if ledger.shared:
            # By nothing that touches a session.
            return False
        if self._drops and ledger.settled:
            self._drops = False
        return ledger.runs_query or (self._drops and not ledger.answered)

    @property
    def leaves_state(self) -> bool:
        """Whether its server has statements under names that it has given."""
        return self.keeps_server or bool(self._duplicates)

    @property
    def has_duplicates(self) -> bool:
        """Whether ``end_batch`` has something to remove."""
        return bool(self._duplicates)

    # Parse

    def parse(
        self, name: bytes, content: bytes, context: bytes, ledger: Ledger
    ) -> bool:
        """Note a Parse of a named one.

        Returns:
            Whether ``front`` holds what is to be sent instead.
        """
        if name in self.names:
            self._refuse_duplicate(name, ledger)
            return False
        statement = self._book.of(content, context)
        self._parse_as(statement, name, statement, ledger)
        return True

    def _parse_as(
        self, sent: Statement, name: bytes, statement: Statement, ledger: Ledger
    ) -> None:
        """Have the server parse what a new name is for."""
        self._make_place(sent, ledger)
        prepared = ledger.statements.add(sent.name)
        self._change(name, {name: statement}, ledger, PARSE, prepared)
        self.front.append(sent.parse())

    def parse_verbatim(self, name: bytes, ledger: Ledger) -> None:
        """Note a Parse that goes on as it is, under the client's own name."""
        if name in self.names:
            self._refuse_duplicate(name, ledger)
        else:
            self._change(name, {name: None}, ledger, PARSE, None)

    def _refuse_duplicate(self, name: bytes, ledger: Ledger) -> None:
        """Have PostgreSQL refuse it; nothing of that must outlive the batch."""
        if self.names[name] is not None:
            self._block(name, ledger)
            self._duplicates.add(name)
        ledger.request(Frontend.PARSE)

    # Use

    def use(self, name: bytes, kind: int, ledger: Ledger, context: bytes) -> bytes:
        """Have the server have this statement, or none of that name.

        Args:
            name: the client's.
            kind: the type of the message that uses it.
            ledger: of the client's server.
            context: in which the server reads statements now.

        Returns:
            The name that it has on the server.
        """
        if name not in self.names:
            self._free(name, ledger)
            return name
        statement = self.names[name]
        if statement is None:
            return name
        self._drops = self._drops or statement.drops
        del kind  # As for the unnamed one.
        if ledger.statements.has(statement.name):
            ledger.statements.hits += 1
        else:
            ledger.statements.misses += 1
            self._supply(statement, ledger, context)
        return statement.name

    def close(self, name: bytes, ledger: Ledger) -> None:
        """Note a Close, which goes on as it is."""
        if not name:
            statements, gone = ledger.statements, Gone()
            self._last_unnamed = (statements, statements.issued)
            ledger.note(CLOSE, Unnamed(self, statements, gone))
            self.unnamed = statements.unnamed = gone
        elif name in self.names:
            self._change(name, {}, ledger, CLOSE, None)
        else:
            ledger.request(Frontend.CLOSE)
        ledger.statements.suspect(name)

    def end_batch(self, ledger: Ledger) -> bytes:
        """Give what is to be sent behind a Sync, so that no duplicate is left."""
        sent = []
        for name in self._duplicates:
            if self.names.get(name, self) is not None:
                sent.append(Close(Target.STATEMENT, name).encode())
                ledger.skip(CLOSE)
        self._duplicates.clear()
        if sent:
            ledger.skip(SYNC)
            sent.append(_SYNC)
        return b"".join(sent)

    def run_alone(
        self,
        message: memoryview,
        kind: int,
        size: int,
        ledger: Ledger,
        context: bytes | None,
    ) -> int:
        """Note a Query or FunctionCall that is sent now.

        Args:
            message: what is there of it, and of what follows.
            kind: its type.
            size: its length word.
            ledger: of the client's server.
            context: see :meth:`~pgwire.requests.Requests.receive`.

        Returns:
            How many bytes of the message ``front`` stands for; less than 0 if more of
            it is needed, or it is ``held``.
        """
        del message, size, ledger, context
        if kind == Frontend.QUERY:
            # It ends the unnamed statement.
            self.unnamed = None
        return 0

    def reread(self, context: bytes) -> None:
        """Have what was parsed in an unknown context belong to this one."""
        del context  # Whose session is not watched, has none that is not known.

    def end(self) -> None:
        """Let go of whoever watches: the client is gone."""

    def note_strays(self, *, found: bool) -> None:
        """Take note of whether the server has statements under unknown names."""
        del found  # Nothing is done about them, but for who is watched.

    @property
    def names_in_doubt(self) -> bool:
        """Whether something may be done to its names that was not told."""
        return False

    def note_there(self, names: Collection[bytes] | None, *, others: bool) -> None:
        """Take note of which statements its server has.

        Args:
            names: those of names of ours, None if it is not known.
            others: whether SQL has made any of other names.
        """
        del names, others  # Likewise.

    def on_named(self, tag: bytes, ledger: Ledger) -> None:
        """Take note of the tag of a PREPARE or DEALLOCATE of the client's."""
        del tag, ledger  # Likewise.

    def drop_all(self) -> None:
        """Note that the server dropped all statements.

        None is on its way: messages with names wait for what may drop them.
        """
        for name in list(self.names):
            self.strike_out(name)

    # Names

    def _change(
        self,
        name: bytes,
        new: dict[bytes, Statement | None],
        ledger: Ledger,
        entry: int,
        prepared: Prepared | None,
    ) -> None:
        if ledger.answered or len(self._former) > _MOST_RENAMED:
            self._former.clear()
        previous = self.strike_out(name)
        self.enter(new)
        self._last = (ledger.statements, ledger.statements.issued)
        ledger.note(entry, Named(self, name, previous, prepared))

    def in_own_names(self, message: bytes, *, altered: bool = False) -> bytes:
        """Give an ErrorResponse with the client's names in place of the servers'.

        Not of a client that has very many: they would all have to be looked at.

        Args:
            message: the ErrorResponse.
            altered: whether the text that it is about was not quite the client's.
        """
        del altered  # Only the text of one that is watched ever is.
        if len(self.names) > _MOST_RENAMED:
            return message
        own = {s.name: name for name, s in self.names.items() if s is not None}
        body = SERVERS_NAME.sub(
            lambda found: own.get(found[0]) or self._former.get(found[0], found[0]),
            message[HEADER_SIZE:],
        )
        return message[:1] + (4 + len(body)).to_bytes(4, "big") + body

    def strike_out(self, name: bytes) -> dict[bytes, Statement | None]:
        """Forget a name; give it with its statement, or nothing if it has none."""
        if name not in self.names:
            return {}
        statement = self.names.pop(name)
        if statement is not None:
            self._former[statement.name] = name
        self._own_names -= statement is None
        self._size -= _size_of(name, statement)
        return {name: statement}

    def enter(self, names: Mapping[bytes, Statement | None]) -> None:
        """Take note of names that it has not."""
        for name, statement in names.items():
            self.names[name] = statement
            if statement is None:
                self._own_names += 1
                self.ties = True
            self._size += _size_of(name, statement)


def _size_of(name: bytes, statement: Statement | None) -> int:
    return len(name) + (0 if statement is None else len(statement.content))
