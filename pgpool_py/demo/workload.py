"""The workload: a bank, whose every client is a connection of its own.

Half of the transactions look at an account. The others move money in two statements,
with a pause between them, as applications have one: what a pooler is for is that the
servers' time is not spent on the pauses between transactions, which are longer.
"""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from .configuration import USER

Connection = psycopg.AsyncConnection[TupleRow]

ACCOUNTS: Final = 1000
OPENING_BALANCE: Final = 100

#: Milliseconds, each the upper end of a range from 0.
_PAUSE: Final = 300
_PAUSE_INSIDE: Final = 30

#: Seconds from a failure to the next attempt.
_RETRY: Final = 0.5

_CONNECT_TIMEOUT: Final = 20

_TAKE: Final = "UPDATE account SET balance = balance - %s WHERE id = %s"
_GIVE: Final = "UPDATE account SET balance = balance + %s WHERE id = %s"
_LOOK: Final = "SELECT balance FROM account WHERE id = %s"


@dataclass(slots=True)
class Tally:
    """What the clients have done so far."""

    transactions: int = 0
    errors: int = 0
    first_error: str = ""

    def add_error(self, text: str) -> None:
        """Count a failure; the first is kept for the person to read."""
        self.errors += 1
        self.first_error = self.first_error or text


async def connect(conninfo: str) -> Connection:
    """Connect as an application behind a transaction pooler does.

    Without prepared statements, which stay on one server; and in autocommit, where
    each transaction is opened by name.
    """
    return await psycopg.AsyncConnection.connect(
        conninfo,
        autocommit=True,
        prepare_threshold=None,
        connect_timeout=_CONNECT_TIMEOUT,
    )


async def found_bank(superuser: str, database: str, password: str) -> None:
    """Make the role, its database and the accounts, directly on PostgreSQL.

    Args:
        superuser: connection string to any database.
        database: the same to the new one.
        password: of the new role.
    """
    role = sql.Identifier(USER)
    async with await connect(superuser) as connection:
        create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        await connection.execute(create.format(role, sql.Literal(password)))
        create = sql.SQL("CREATE DATABASE {} OWNER {}")
        await connection.execute(create.format(role, role))
    async with await connect(database) as connection:
        await connection.execute(sql.SQL("SET ROLE {}").format(role))
        await connection.execute(
            "CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL)"
        )
        await connection.execute(
            "INSERT INTO account SELECT id, %s FROM generate_series(1, %s) AS id",
            (OPENING_BALANCE, ACCOUNTS),
        )


async def money_in(database: str) -> int:
    """Return the sum of all accounts, which no transfer changes."""
    async with await connect(database) as connection:
        cursor = await connection.execute("SELECT sum(balance)::bigint FROM account")
        row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


class Workload:
    """The clients; they end after their transaction once `stopping` is set."""

    def __init__(self, url: str, clients: int, stopping: asyncio.Event) -> None:
        self.tally = Tally()
        self._url = url
        self._clients = clients
        self._stopping = stopping

    async def run(self) -> None:
        """Work until told to stop."""
        async with asyncio.TaskGroup() as clients:
            for _ in range(self._clients):
                clients.create_task(self._client())

    async def _client(self) -> None:
        while not self._stopping.is_set():
            try:
                async with await connect(self._url) as connection:
                    await self._use(connection)
            except psycopg.Error as error:
                self.tally.add_error(str(error).strip())
                await asyncio.sleep(_RETRY)

    async def _use(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(secrets.randbelow(_PAUSE) / 1000)
            if self._stopping.is_set():
                return
            await (_transfer if secrets.randbelow(2) else _look)(connection)
            self.tally.transactions += 1


async def _look(connection: Connection) -> None:
    await connection.execute(_LOOK, (1 + secrets.randbelow(ACCOUNTS),))


async def _transfer(connection: Connection) -> None:
    # The lower number first, always: two transfers cannot lock each other out.
    first = 1 + secrets.randbelow(ACCOUNTS - 1)
    second = first + 1 + secrets.randbelow(ACCOUNTS - first)
    amount = secrets.randbelow(19) - 9
    async with connection.transaction():
        await connection.execute(_TAKE, (amount, first))
        await asyncio.sleep(secrets.randbelow(_PAUSE_INSIDE) / 1000)
        await connection.execute(_GIVE, (amount, second))
