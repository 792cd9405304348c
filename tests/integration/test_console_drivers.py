"""The console by drivers and psql: every SHOW, in every way they ask for it."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it comes without types
import psycopg
import pytest
from psycopg.rows import TupleRow

from pgpool_py.admin.commands.result import Column, Kind
from pgpool_py.admin.directory import SHOWS
from tests.fixtures.pooler_files import USER
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.javascript import HERE, modules
from tests.integration.javascript import program as installed
from tests.integration.javascript import run as run_script
from tests.integration.programs import begin, finish

__all__ = ["modules"]

Connection = psycopg.Connection[TupleRow]

CONSOLE = "pgbouncer"

TABLES = {name: show.columns for name, show in SHOWS.items() if show.columns}

#: What drivers make of each type.
TYPES = {Kind.TEXT: str, Kind.INT4: int, Kind.INT8: int, Kind.NUMERIC: Decimal}

#: How psycopg asks: prepared under a name or not, binary or not; neither is simple.
WAYS = list(product((False, True), repeat=2))


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode="transaction", admin_users=USER)


@pytest.fixture
def console(pooler: PoolerProcess) -> Iterator[Connection]:
    with pooler.connect() as client, pooler.connect(CONSOLE) as connection:
        client.execute("SELECT 1")
        yield connection


def check(columns: tuple[Column, ...], rows: list[tuple[object, ...]]) -> None:
    """Check that all values are of their column's type."""
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            assert value is None or type(value) is TYPES[column.kind], column.name


def test_psycopg_asks_for_everything_in_every_way(console: Connection) -> None:
    for name, columns in TABLES.items():
        command = f"SHOW {name}".encode()
        for prepare, binary in WAYS * 2:
            cursor = console.execute(command, prepare=prepare, binary=binary)
            assert [c.name for c in cursor.description or ()] == [
                c.name for c in columns
            ]
            assert cursor.statusmessage == "SHOW"
            check(columns, cursor.fetchall())


def test_psycopg_sees_the_same_in_text_and_binary(console: Connection) -> None:
    text = console.execute(b"SHOW DATABASES", binary=False).fetchall()
    assert console.execute(b"SHOW DATABASES", binary=True).fetchall() == text
    assert [row[0] for row in text] == ["app", CONSOLE]


def test_psycopg_gives_orders_and_reads_help(console: Connection) -> None:
    told: list[str | None] = []
    console.add_notice_handler(lambda notice: told.append(notice.message_primary))
    for prepare in (True, False):
        for order in (b"PAUSE", b"RESUME", b"RELOAD"):
            done = console.execute(order, binary=True, prepare=prepare)
            assert done.statusmessage == order.decode()
        help_ = console.execute(b"SHOW HELP", binary=True, prepare=prepare)
        assert help_.statusmessage == "SHOW"
    assert told == 2 * ["Console usage"]


def test_psycopg_is_told_that_parameters_are_not_taken(console: Connection) -> None:
    with pytest.raises(psycopg.errors.SyntaxError, match="take no parameters"):
        console.execute("PAUSE %s", ("app",))
    with pytest.raises(psycopg.errors.ProtocolViolation, match="use SHOW HELP;"):
        console.execute(b"nonsense", prepare=True)
    assert console.execute(b"SHOW VERSION", prepare=True).fetchall()


def test_psycopg_sends_several_in_a_pipeline(console: Connection) -> None:
    with console.pipeline():
        version = console.execute(b"SHOW VERSION")
        pools = console.execute(b"SHOW POOLS", prepare=True)
        assert version.fetchall() == [("PgBouncer 1.25.2",)]
        assert len(pools.fetchall()) == 2
    with pytest.raises(psycopg.errors.ProtocolViolation, match="use SHOW HELP;"):
        _pipelined(console, b"nonsense", b"PAUSE")
    # The PAUSE was skipped.
    with pytest.raises(psycopg.errors.ProtocolViolation, match="is not paused"):
        console.execute(b"RESUME")


def _pipelined(console: Connection, *commands: bytes) -> None:
    with console.pipeline():
        for command in commands:
            console.execute(command)


def test_psycopg_prepares_more_than_it_keeps(console: Connection) -> None:
    console.prepared_max = 1
    for _ in range(3):
        for command in (b"SHOW VERSION", b"SHOW POOLS"):
            assert console.execute(command, prepare=True).fetchall()


@pytest.mark.usefixtures("console")
def test_asyncpg_asks_for_everything(pooler: PoolerProcess) -> None:
    async def main() -> None:
        client = await asyncpg.connect(
            host=pooler.host, port=pooler.port, user=USER, database=CONSOLE
        )
        for name, columns in TABLES.items():
            # Prepared first, and then bound by its name.
            for _ in range(2):
                rows = await client.fetch(f"SHOW {name}")
                check(columns, [tuple(row.values()) for row in rows])
        assert await client.fetchval("SHOW VERSION") == "PgBouncer 1.25.2"
        assert await client.execute("PAUSE") == "PAUSE"
        assert await client.fetch("RESUME") == []
        with pytest.raises(asyncpg.PostgresSyntaxError):
            await client.fetch("PAUSE $1", "app")
        with pytest.raises(asyncpg.ProtocolViolationError):
            await client.fetch("nonsense")
        assert await client.fetchrow("SHOW VERSION")
        await client.close()

    asyncio.run(asyncio.wait_for(main(), 30))


@pytest.mark.usefixtures("console")
def test_node_postgres_asks_for_everything(
    pooler: PoolerProcess, modules: Path
) -> None:
    where = f"postgres://{USER}@{pooler.host}:{pooler.port}/{CONSOLE}"
    argv = [installed("node"), str(HERE / "console.js"), where, *TABLES]
    run_script(argv, seconds=30, NODE_PATH=str(modules))


def test_psql_asks_for_everything_and_is_refused_the_rest_softly(
    pooler: PoolerProcess,
) -> None:
    script = "".join(f"SHOW {name};\n" for name in SHOWS)
    script += "\\d\n\\dt+\nSELECT pg_backend_pid();\n\\bind\nSHOW VERSION \\g\n"
    where = pooler.dsn(CONSOLE)
    printed = finish(begin(pooler, "psql", "-XqAt", database=where), script)
    assert printed.count("PgBouncer 1.25.2") == 2
    assert "invalid command 'SELECT pg_backend_pid();', use SHOW HELP;" in printed
