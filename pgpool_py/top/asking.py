"""Asking a console all at once, within the time that it has."""

import asyncio
import time
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from .look import Look, Row, wait_of

# Seconds to connect, and as many for all answers.
PATIENCE: Final = 5.0
# Commands that not every version has.
OPTIONAL: Final = ("STATE", "LEAKS", "ADVICE")

_CONSOLE: Final = "pgbouncer"
_NAME: Final = "pgpool-py"

Console = AsyncConnection[dict[str, Any]]


class NoAnswerError(Exception):
    """The console does not answer; the text says why."""


async def connect(where: str, dbname: str | None = _CONSOLE) -> Console:
    """Log in to the console, or to PostgreSQL.

    Args:
        where: a connection string or URL of libpq.
        dbname: the database where that names none; None is libpq's.

    Raises:
        NoAnswerError: it does not let in, or nobody is there.
    """
    try:
        said = conninfo_to_dict(where)
        words = {"dbname": dbname, "application_name": _NAME}
        usual = {k: v for k, v in words.items() if v is not None and k not in said}
        given = make_conninfo(where, **usual)
        async with asyncio.timeout(PATIENCE):
            return await AsyncConnection[dict[str, Any]].connect(
                given, autocommit=True, prepare_threshold=None, row_factory=dict_row
            )
    except (psycopg.Error, OSError) as error:
        raise NoAnswerError(_why(error)) from None


def _why(error: Exception) -> str:
    first, *more = str(error).strip().splitlines() or [
        f"nothing was heard for {PATIENCE:g} s"
    ]
    # A pooler of ours says there what to change.
    return " ".join([first, *(x for x in more[:1] if x.startswith("DETAIL:"))])


async def ask(where: str, command: str, dbname: str | None = _CONSOLE) -> list[Row]:
    """Log in, and give the rows of one command, by their columns.

    Raises:
        NoAnswerError: there is no answer, too late, or an error.
    """
    async with await connect(where, dbname) as console:
        try:
            async with asyncio.timeout(PATIENCE):
                # Without parameters psycopg sends a simple Query.
                cursor = await console.execute(command.encode())
                return list(await cursor.fetchall())
        except (psycopg.Error, OSError) as error:
            raise NoAnswerError(_why(error)) from None


class Asker:
    """Asks one console; what it does not have it is asked for once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._optional = list(OPTIONAL)

    async def look(self) -> Look:
        """Give all at one moment.

        Raises:
            NoAnswerError: there is no answer, or too late.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._look()
        except (psycopg.Error, OSError) as error:
            raise NoAnswerError(_why(error)) from None

    async def _look(self) -> Look:
        pools = await self._show("POOLS")
        waits = any(row["cl_waiting"] for row in pools)
        # Thousands of clients are of interest only while some wait.
        clients = await self._show("CLIENTS") if waits else []
        waiting = [row for row in clients if row["state"] == "waiting"]
        holding = [row for row in clients if row["link"]]
        return Look(
            taken=time.monotonic(),
            pools=pools,
            databases=await self._show("DATABASES"),
            stats=await self._show("STATS"),
            lists={row["list"]: row["items"] for row in await self._show("LISTS")},
            waiting=sorted(waiting, key=lambda row: -wait_of(row, "wait")),
            holding=sorted(holding, key=lambda row: str(row["request_time"])),
            more=await self._more(),
        )

    async def _more(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for name in tuple(self._optional):
            try:
                found[name] = await self._show(name)
            except psycopg.Error:
                if self._console.closed:
                    raise
                self._optional.remove(name)
        return found

    async def _show(self, name: str) -> list[Row]:
        # Without parameters psycopg sends a simple Query, which PgBouncer asks for.
        cursor = await self._console.execute(f"SHOW {name}".encode())
        return list(await cursor.fetchall())
