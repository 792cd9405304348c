"""Looking at the pooler through its console, and at PostgreSQL's own count."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from .configuration import CONSOLE, USER, Access
from .workload import Connection, connect

_BACKENDS: LiteralString = (
    "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND datname = %s"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: what is now, and what was counted since the pooler's start.

    Attributes:
        clients: connected to the pooler.
        waiting: of these, in the queue for a server.
        active: servers linked to a client.
        idle: all other servers of the pool.
        backends: connections of the pool as PostgreSQL counts them.
        transactions: counted so far.
        assignments: how often a client got a server so far.
        wait_us: all that clients have waited so far, in microseconds.
    """

    clients: int = 0
    waiting: int = 0
    active: int = 0
    idle: int = 0
    backends: int = 0
    transactions: int = 0
    assignments: int = 0
    wait_us: int = 0


class Watch:
    """Two open connections: to the console, and to PostgreSQL as superuser."""

    def __init__(
        self, console: psycopg.AsyncConnection[dict[str, Any]], postgres: Connection
    ) -> None:
        self._console = console
        self._postgres = postgres

    async def sample(self) -> Sample:
        """Look once.

        Raises:
            psycopg.Error: one of the two does not answer.
        """
        pool = await self._row("SHOW POOLS")
        stats = await self._row("SHOW STATS")
        cursor = await self._postgres.execute(_BACKENDS, (USER, USER))
        row = await cursor.fetchone()
        return Sample(
            clients=_sum(pool, "cl_active", "cl_waiting"),
            waiting=_sum(pool, "cl_waiting"),
            active=_sum(pool, "sv_active"),
            idle=_sum(pool, "sv_idle", "sv_used", "sv_tested"),
            backends=0 if row is None else int(row[0]),
            transactions=_sum(stats, "total_xact_count"),
            assignments=_sum(stats, "total_server_assignment_count"),
            wait_us=_sum(stats, "total_wait_time"),
        )

    async def _row(self, command: LiteralString) -> dict[str, Any]:
        """Return the row of our database; an empty one before its first client."""
        # Without parameters psycopg sends a simple Query, which the console asks for.
        cursor = await self._console.execute(command)
        rows = [row for row in await cursor.fetchall() if row["database"] == USER]
        return rows[0] if rows else {}


@asynccontextmanager
async def watching(access: Access, superuser: str) -> AsyncIterator[Watch]:
    """Connect to both; disconnect at the exit."""
    async with (
        await connect(superuser) as postgres,
        await psycopg.AsyncConnection.connect(
            access.url(CONSOLE),
            autocommit=True,
            prepare_threshold=None,
            connect_timeout=20,
            row_factory=dict_row,
        ) as console,
    ):
        yield Watch(console, postgres)


def _sum(row: dict[str, Any], *columns: str) -> int:
    return sum(int(row.get(column, 0)) for column in columns)
