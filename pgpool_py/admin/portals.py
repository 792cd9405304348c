"""The prepared statements and portals of one client of the console, both bounded.

A portal lives up to the end of its batch, as without a transaction in PostgreSQL.
"""

from collections import deque
from typing import Final

from . import objections
from .directory import Statement

# More than drivers keep: 100 (psycopg, asyncpg), 256 (pgjdbc).
MOST_STATEMENTS: Final = 512
MOST_PORTALS: Final = 64
MOST_KEPT_BYTES: Final = 32 * 1024 * 1024

# NAMEDATALEN - 1: PostgreSQL cuts names there.
MOST_NAME: Final = 63

# What has no words does nothing (EmptyQueryResponse).
Prepared = Statement | None


class Portal:
    """A statement bound: run once, its rows fetched in pieces.

    Attributes:
        statement: what it runs.
        formats: of its columns.
        started: whether it was run.
        rows: those not yet fetched, as messages.
    """

    __slots__ = ("formats", "rows", "started", "statement")

    def __init__(self, statement: Prepared, formats: tuple[int, ...]) -> None:
        self.statement = statement
        self.formats = formats
        self.started = False
        self.rows: deque[bytes] = deque()


class Portals:
    """See the module's text; names are as they came, whatever their encoding."""

    __slots__ = ("_portals", "_statements")

    def __init__(self) -> None:
        self._statements: dict[bytes, Prepared] = {}
        self._portals: dict[bytes, Portal] = {}

    # Statements

    def prepare(self, name: bytes, statement: Prepared) -> None:
        """Keep a statement; the unnamed one is replaced.

        Raises:
            ConsoleError: the name is in use, or there are too many.
        """
        name = name[:MOST_NAME]
        if not name:
            self.forget_unnamed()
        elif name in self._statements:
            raise objections.statement_exists(_shown(name))
        if len(self._statements) >= MOST_STATEMENTS:
            raise objections.too_many_statements(MOST_STATEMENTS)
        self._statements[name] = statement

    def forget_unnamed(self) -> None:
        """Drop the unnamed statement, if there is one."""
        self._statements.pop(b"", None)

    def statement(self, name: bytes) -> Prepared:
        """Give a statement.

        Raises:
            ConsoleError: there is none of this name.
        """
        name = name[:MOST_NAME]
        if name not in self._statements:
            raise objections.no_such_statement(_shown(name))
        return self._statements[name]

    def close_statement(self, name: bytes) -> None:
        """Drop a statement, if there is one; its portals stay."""
        self._statements.pop(name[:MOST_NAME], None)

    # Portals

    def bind(self, name: bytes, portal: Portal) -> None:
        """Keep a portal; the unnamed one is replaced.

        Raises:
            ConsoleError: the name is in use, or there are too many.
        """
        name = name[:MOST_NAME]
        if not name:
            self._portals.pop(name, None)
        elif name in self._portals:
            raise objections.portal_exists(_shown(name))
        if len(self._portals) >= MOST_PORTALS:
            raise objections.too_many_portals(MOST_PORTALS)
        self._portals[name] = portal

    def portal(self, name: bytes) -> Portal:
        """Give a portal.

        Raises:
            ConsoleError: there is none of this name.
        """
        found = self._portals.get(name[:MOST_NAME])
        if found is None:
            raise objections.no_such_portal(_shown(name))
        return found

    def close_portal(self, name: bytes) -> None:
        """Drop a portal, if there is one."""
        self._portals.pop(name[:MOST_NAME], None)

    def close_portals(self) -> None:
        """Drop all: a batch is over."""
        self._portals.clear()

    def check_kept(self) -> None:
        """Refuse that more rows are left for later than there is room for.

        Raises:
            ConsoleError: naming the limit.
        """
        kept = sum(len(row) for p in self._portals.values() for row in p.rows)
        if kept > MOST_KEPT_BYTES:
            raise objections.too_many_rows(MOST_KEPT_BYTES)


def _shown(name: bytes) -> str:
    return name[:MOST_NAME].decode("utf-8", "surrogateescape")
