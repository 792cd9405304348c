"""Rows reach the client that asked for them, whatever the others do."""

import asyncio
import random
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from pgwire.copying import CopyData, CopyDone, CopyFail
from pgwire.frontend import Flush, Query, Sync, Terminate
from pgwire.startup import StartupMessage
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.wire import batch, extended

CLIENTS = 16
SECONDS = 2.5

_SIZES = (1, 10, 1000, 8000, 40_000, 300_000)


@dataclass(frozen=True, slots=True)
class Client:
    """One client of many, and the word that stands in all its rows."""

    tag: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    chance: random.Random

    def send(self, *parts: bytes) -> None:
        """Send, sometimes in pieces that cut messages in two."""
        data = b"".join(parts)
        if self.chance.random() < 0.3:
            cut = self.chance.randrange(len(data))
            self.writer.write(data[:cut])
            self.writer.write(data[cut:])
        else:
            self.writer.write(data)

    async def read(self) -> tuple[str, bytes]:
        """Return the type and the body of the next message."""
        head = await self.reader.readexactly(5)
        (length,) = struct.unpack_from("!I", head, 1)
        return chr(head[0]), await self.reader.readexactly(length - 4)

    async def answer(self) -> tuple[str, list[str]]:
        """Return the types up to ReadyForQuery, rows as one D, and the rows' texts."""
        kinds, rows = "", []
        while not kinds.endswith("Z"):
            kind, body = await self.read()
            if kind == "D":
                # Int16 one column, Int32 its length
                rows.append(body[6:].decode())
            if kind != "D" or not kinds.endswith("D"):
                kinds += kind
        return kinds, rows


def tagged(client: Client, rows: int, size: int) -> str:
    """Return a query that gives so many rows of this size, all tagged."""
    return (
        f"SELECT '{client.tag}:' || i || repeat('x', {size}) "
        f"FROM generate_series(1, {rows}) AS i"
    )


def check(client: Client, rows: list[str], number: int, size: int) -> None:
    """See that these are the rows of `tagged`."""
    expected = [f"{client.tag}:{i}{'x' * size}" for i in range(1, number + 1)]
    assert rows == expected, f"{client.tag} got rows that it did not ask for"


async def simple(client: Client) -> None:
    number, size = client.chance.randrange(1, 4), client.chance.choice(_SIZES)
    client.send(Query(tagged(client, number, size).encode()).encode())
    kinds, rows = await client.answer()
    assert kinds == "TDCZ"
    check(client, rows, number, size)


async def by_batch(client: Client) -> None:
    number, size = client.chance.randrange(1, 4), client.chance.choice(_SIZES)
    client.send(extended(tagged(client, number, size)))
    kinds, rows = await client.answer()
    assert kinds == "12TDCZ"
    check(client, rows, number, size)


async def in_a_pipeline(client: Client) -> None:
    client.send(
        extended(tagged(client, 1, 10)),
        Query(b"SELECT 1 / 0").encode(),
        extended("SELECT nonsense"),
        Query(tagged(client, 2, 2000).encode()).encode(),
    )
    kinds, rows = await client.answer()
    assert kinds == "12TDCZ"
    check(client, rows, 1, 10)
    assert await client.answer() == ("EZ", [])
    assert await client.answer() == ("EZ", [])
    kinds, rows = await client.answer()
    assert kinds == "TDCZ"
    check(client, rows, 2, 2000)


async def in_a_transaction(client: Client) -> None:
    for sql in ("BEGIN", f"SET LOCAL my.tag = '{client.tag}'"):
        client.send(Query(sql.encode()).encode())
        assert await client.answer() == ("CZ", [])
    for _ in range(3):
        client.send(extended("SELECT current_setting('my.tag')"))
        assert await client.answer() == ("12TDCZ", [client.tag])
    end = client.chance.choice(("COMMIT", "ROLLBACK"))
    client.send(Query(end.encode()).encode())
    assert await client.answer() == ("CZ", [])


async def with_an_error(client: Client) -> None:
    sql = f"{tagged(client, 1, 5)}; SELECT '{client.tag}'::int"
    client.send(Query(sql.encode()).encode())
    kinds, rows = await client.answer()
    assert kinds == "TDCEZ"
    check(client, rows, 1, 5)


async def without_sync_first(client: Client) -> None:
    client.send(batch(tagged(client, 1, 100)), Flush().encode())
    kinds = ""
    while not kinds.endswith("C"):
        kind, body = await client.read()
        kinds += kind
        if kind == "D":
            check(client, [body[6:].decode()], 1, 100)
    client.send(Sync().encode())
    assert await client.answer() == ("Z", [])


async def by_copy(client: Client) -> None:
    fails = client.chance.random() < 0.5
    client.send(Query(b"COPY tagged FROM STDIN").encode())
    assert (await client.read())[0] == "G"
    end = CopyFail(b"no").encode() if fails else CopyDone().encode()
    client.send(*[CopyData(f"{client.tag}\n".encode()).encode()] * 50, end)
    assert (await client.answer())[0] == ("EZ" if fails else "CZ")


WORK: tuple[Callable[[Client], Awaitable[None]], ...] = (
    simple,
    simple,
    by_batch,
    by_batch,
    in_a_pipeline,
    in_a_transaction,
    with_an_error,
    without_sync_first,
    by_copy,
)


async def live(pooler: PoolerProcess, number: int, until: float) -> int:
    """Be one client, over several connections; return how much it did."""
    chance = random.Random(number)
    done = 0
    while time.monotonic() < until:
        reader, writer = await asyncio.open_connection(pooler.host, pooler.port)
        client = Client(f"client {number}", reader, writer, chance)
        words = {
            "user": "postgres",
            "database": "app",
            # Every other one has parameters of its own.
            "application_name": client.tag if number % 2 else "",
        }
        client.send(StartupMessage(0, words).encode())
        await client.answer()
        for _ in range(chance.randrange(20, 60)):
            await chance.choice(WORK)(client)
            done += 1
        if chance.random() < 0.5:
            # It goes in the middle of something.
            client.send(Query(tagged(client, 100, 1000).encode()).encode())
            writer.transport.abort()
        else:
            client.send(Terminate().encode())
            writer.close()
    return done


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"server_round_robin": 1},
        {"server_check_delay": 0, "server_reset_query_always": 1},
        {"server_lifetime": 0.1, "client_gone_grace": 0},
    ],
    ids=["round robin", "checked and reset", "short-lived"],
)
def test_no_client_ever_gets_the_rows_of_another_one(
    start_pooler: StartPooler, settings: dict[str, float]
) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=3, max_client_conn=100, more=settings
    )
    with pooler.direct() as direct:
        direct.execute("CREATE TABLE tagged (tag text)")

    async def main() -> list[int]:
        until = time.monotonic() + SECONDS
        async with asyncio.timeout(60):
            lives = [live(pooler, number, until) for number in range(CLIENTS)]
            return await asyncio.gather(*lives)

    assert all(asyncio.run(main()))
    assert len(pooler.backends()) <= 3
