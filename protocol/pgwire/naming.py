"""Messages about prepared statements, on their way from a client to its server.

A message is found out by the names in front of its content, which is not looked at. It
goes on as it is, or with another name; what is to be sent in front of it, or in its
place, is put into ``front`` (see ``client_statements``).
"""

import struct
from typing import Final

from .bound import Values, ValuesNeededError, values_of
from .client_statements import ClientStatements
from .codes import Frontend, Target
from .errors import ProtocolViolation
from .exchange import ANYTHING
from .framing import HEADER_SIZE
from .ledger import Ledger
from .statement import StatementBook

# NAMEDATALEN of pg_config_manual.h, less a NUL: PostgreSQL cuts names here.
NAME_SIZE: Final = 63

# Of the portal's name and the statement's together.
NAMES_LIMIT: Final = 1024

# A longer Parse is not kept: it goes through as it is, and its client keeps its server.
# What of a message is waited for is less than this.
KEPT_LIMIT: Final = 16 * 1024

# What is done to statements and not answered yet is kept so long; with more of it a
# client has to wait. Of eight bytes it makes objects of a hundred and more.
MOST_EFFECTS: Final = 10_000

NAMING: Final = frozenset(
    {Frontend.PARSE, Frontend.BIND, Frontend.DESCRIBE, Frontend.CLOSE}
)

_DESCRIBE: Final = Frontend.DESCRIBE
# Where the name stands in a Parse that gives none.
_NO_NAME: Final = (HEADER_SIZE, HEADER_SIZE)

# Nothing can be done with a message yet.
WAIT: Final = -1


class HeldBackError(Exception):
    """What would be run by a message may not be run yet."""


_header: Final = struct.Struct("!BI").pack


class Naming(ClientStatements):
    """See the module's text.

    Attributes:
        held: whether the message that was looked at last must wait until all before it
            is answered.
    """

    __slots__ = ("held",)

    def __init__(self, book: StatementBook) -> None:
        super().__init__(book)
        self.held = False

    def name(
        self,
        message: memoryview,
        kind: int,
        size: int,
        ledger: Ledger,
        context: bytes | None,
    ) -> int:
        """Write a message of :data:`NAMING` down in the ledger.

        Args:
            message: what is there of it, and of what follows.
            kind: its type.
            size: its length word.
            ledger: of the client's server.
            context: see :meth:`~pgwire.requests.Requests.receive`.

        Returns:
            How many bytes of the message ``front`` stands for; :data:`WAIT` if more of
            it is needed, or it is ``held``.

        Raises:
            ProtocolViolation: the client must be closed.
        """
        thrown_away = ledger.skips_to_sync or ledger.head & ANYTHING
        ahead = len(ledger.statements.effects) >= MOST_EFFECTS
        if (
            kind == Frontend.PARSE
            and HEADER_SIZE < size < len(message)
            and not message[HEADER_SIZE]
            and not (thrown_away or ahead)
        ):
            # What nearly all are.
            return self._parse(message, size, _NO_NAME, ledger, context)
        start = end = 0
        if not thrown_away:
            found = _find_name(message, kind, size)
            if found is None or (kind == Frontend.PARSE and _is_awaited(message, size)):
                return WAIT
            start, end = found
        if not start:
            ledger.request(kind)
            return 0
        name = bytes(message[start:end])[:NAME_SIZE]
        # A Parse of the unnamed statement replaces it, whatever it was.
        depends = context is not None if name else kind != Frontend.PARSE
        if ahead or (
            depends
            and (
                self.must_wait(name, ledger)
                or (not name and self.unnamed_must_wait(ledger))
            )
        ):
            return self._hold_back()
        deal = self._parse if kind == Frontend.PARSE else self._use
        return deal(message, size, (start, end), ledger, context)

    def _hold_back(self) -> int:
        self.held = True
        return WAIT

    def _use(
        self,
        message: memoryview,
        size: int,
        place: tuple[int, int],
        ledger: Ledger,
        context: bytes | None,
    ) -> int:
        """Put the server's name in; without a context, of a time when there was one."""
        kind, (start, end) = message[0], place
        name = used = bytes(message[start:end])[:NAME_SIZE]
        if kind == Frontend.CLOSE:
            self.close(name, ledger)
            return 0
        try:
            if not name:
                used = self.use_unnamed(kind, ledger, context)
            elif context is not None:
                used = self.use(name, kind, ledger, context)
            elif (statement := self.names.get(name)) is not None:
                used = self.use(name, kind, ledger, statement.context or b"")
        except HeldBackError:
            return self._hold_back()
        except ValuesNeededError:
            if _is_awaited(message, size):
                return WAIT
            self.take_values(values_of(message[: 1 + size]))
            return self._use(message, size, place, ledger, context)
        if used == name:
            ledger.request(kind)
            return 0
        if kind == _DESCRIBE:
            ledger.statements.described += 1
        if ledger.settled or (ledger.shared and not ledger.unsynced):
            ledger.first(kind)
        else:
            ledger.request(kind)
        head = bytes(message[HEADER_SIZE:start]) + used + b"\0"
        self.front.append(_header(kind, size + len(used) - (end - start)) + head)
        return end + 1

    def take_values(self, values: Values) -> None:
        """Take what is bound by the message that is looked at again."""
        del values  # Only who is watched asks for them.

    def _parse(
        self,
        message: memoryview,
        size: int,
        place: tuple[int, int],
        ledger: Ledger,
        context: bytes | None,
    ) -> int:
        start, end = place
        name = bytes(message[start:end])[:NAME_SIZE]
        kept = bytes(message[: 1 + size]) if size < KEPT_LIMIT else None
        if not name:
            made = self.keep_unnamed(kept)
            try:
                return 1 + size if self.parse_unnamed(made, ledger, context) else 0
            except HeldBackError:
                return self._hold_back()
        if kept is None or context is None or self.is_full:
            self.parse_verbatim(name, ledger)
        elif self.parse(name, kept[end + 1 :], context, ledger):
            ledger.statements.made += 1
            return 1 + size
        return 0


def _is_awaited(message: memoryview, size: int) -> bool:
    """Whether a message is short enough to be kept, and not all here."""
    return len(message) <= size < KEPT_LIMIT


def _find_name(message: memoryview, kind: int, size: int) -> tuple[int, int] | None:
    """Find the name of the statement that a message is about.

    Returns:
        Where it begins and ends; 0 twice if it is about none, or PostgreSQL's to
        refuse; None if too little of the message is there.

    Raises:
        ProtocolViolation: its names are longer than :data:`NAMES_LIMIT`.
    """
    most = HEADER_SIZE + NAMES_LIMIT
    beginning = bytes(message[: min(most, 1 + size)])
    start = HEADER_SIZE
    if kind == Frontend.BIND:
        start = beginning.find(0, start) + 1
    elif kind != Frontend.PARSE:
        if len(beginning) > start and beginning[start] != Target.STATEMENT:
            return 0, 0
        start += 1
    end = beginning.find(0, start) if start else -1
    if end >= 0:
        return start, end
    if len(beginning) == most:
        raise ProtocolViolation(
            f"names are longer than {NAMES_LIMIT} bytes",
            detail="What a message says before the end of its statement's name, its "
            f"portal's name included, may have {NAMES_LIMIT} bytes.",
            hint="Give prepared statements and portals shorter names: PostgreSQL's own "
            "have at most 63 bytes.",
        )
    return (0, 0) if len(beginning) > size else None
