"""The unnamed statement of a client: kept as the Parse that made it.

It is parsed again where a server has another one by now.
"""

from typing import Final

from .exchange import PARSE, SKIP
from .framing import HEADER_SIZE
from .ledger import Ledger
from .server_statements import ServerStatements
from .statement import StatementBook, may_drop
from .statement_effects import Reparsed, Unnamed
from .supply import Supply
from .unnamed import Dropping, Unkept

# Where in the Parse of an unnamed statement its text begins.
TEXT: Final = HEADER_SIZE + 1


class ClientUnnamed(Supply):
    """See the module's text; a ClientStatements is one.

    Attributes:
        ties: whether anything may tie it to its server past the transaction: who finds
            it so looks closer, at ``keeps_server``.
        unnamed: its unnamed statement, the Parse that made it or, where that is not
            kept or it was closed, something that stands for it; None if it has none.
    """

    __slots__ = ("_drops", "_last_unnamed", "ties", "unnamed")

    def __init__(self, book: StatementBook) -> None:
        super().__init__(book)
        # Where its last effect on it was written down, and under which number.
        self._last_unnamed: tuple[ServerStatements, int] | None = None
        # Whether a statement was bound that may change names, and may still run.
        self._drops = False
        self.unnamed: object = None
        self.ties = False

    def unnamed_must_wait(self, ledger: Ledger) -> bool:
        """Whether names in the unnamed statement depend on what is not answered yet."""
        del ledger  # They are looked for where a client is watched.
        return False

    def parsed_now(self, ledger: Ledger) -> bool:
        """Whether the unnamed statement was parsed in the batch that is being sent."""
        statements = ledger.statements
        return (
            self._last_unnamed is not None
            and type(self.unnamed) is bytes
            and statements.unnamed is self.unnamed
            and self._last_unnamed[1] >= statements.batch
            and self._last_unnamed[0] is statements
        )

    def keep_unnamed(self, message: bytes | None) -> object:
        """Give what stands for an unnamed statement; None: it is too long to be kept.

        Its Parse, marked if its use is to be seen.
        """
        if message is None:
            self.ties = True
            return Unkept()
        return Dropping(message) if may_drop(message, TEXT) else message

    def parse_unnamed(
        self, made: object, ledger: Ledger, context: bytes | None
    ) -> bool:
        """Note a Parse of the unnamed statement.

        Args:
            made: what stands for it from now on.
            ledger: of the client's server.
            context: in which it is read; see Requests.receive.

        Returns:
            Whether ``front`` holds what is to be sent instead.
        """
        del context  # What it is there for, only who is watched wants to know.
        statements = ledger.statements
        self._last_unnamed = (statements, statements.issued)
        ledger.note(PARSE, Unnamed(self, statements, made))
        self.unnamed = statements.unnamed = made
        return False

    def parse_behind(
        self, parse: bytes, entries: tuple[int, ...], ledger: Ledger
    ) -> None:
        """Note a batch behind other clients' that parses the unnamed one and runs it.

        Args:
            parse: its Parse, of a harmless text.
            entries: what is owed for all of it.
            ledger: of the server that they share.
        """
        statements = ledger.statements
        self._last_unnamed = (statements, statements.issued)
        statements.note(Unnamed(self, statements, parse))
        self.unnamed = statements.unnamed = parse
        ledger.run_behind(entries)

    def use_unnamed(self, kind: int, ledger: Ledger, context: bytes | None) -> bytes:
        """Have the server have this client's unnamed statement, or none; as ``use``."""
        del kind, context  # They matter where what a text says is looked at.
        statements = ledger.statements
        if isinstance(self.unnamed, Dropping):
            self._drops = True
        if statements.unnamed is self.unnamed and self.unnamed is not None:
            return b""
        if isinstance(self.unnamed, bytes):
            self._last_unnamed = (statements, statements.issued)
            self.front.append(self._parse_of_unnamed(self.unnamed))
            ledger.note(PARSE | SKIP, Reparsed(statements, self.unnamed))
            statements.unnamed = self.unnamed
        else:
            self._close(b"", ledger)
            statements.unnamed = None
        return b""

    def _parse_of_unnamed(self, kept: bytes) -> bytes:
        """Give the Parse that makes an unnamed statement that is kept."""
        return kept
