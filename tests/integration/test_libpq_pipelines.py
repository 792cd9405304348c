"""Pipelines of libpq in transaction mode, invented at random with named statements,
errors and syncs: each answer is compared with the one of PostgreSQL itself."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import psycopg
import pytest
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from tests.fixtures.direct import DIRECT
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import StartPooler
from tests.integration.rotation import SERVERS, rotating

CLIENTS = 16
PIPELINES = 12


@dataclass(frozen=True, slots=True)
class Prepare:
    """Parse under a name that is in use or is not."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Run:
    """Bind and Execute by a name that exists or does not."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Close by a name that exists or does not."""

    name: str


@dataclass(frozen=True, slots=True)
class Sync:
    """What ends the implicit transaction."""


Step: TypeAlias = Prepare | Run | Drop | Sync
Answer: TypeAlias = tuple[str, str | None, list[list[bytes | None]]]


@dataclass
class Script:
    """Invents the pipelines of one client.

    Attributes:
        chance: the only source of randomness.
        table: the client's own.
        prepared: the names that should exist, if nothing failed meanwhile.
    """

    chance: random.Random
    table: str
    prepared: set[str] = field(default_factory=set)

    def statements(self) -> list[str]:
        return [
            f"INSERT INTO {self.table} VALUES ($1::int)",
            f"DELETE FROM {self.table} WHERE i = $1::int RETURNING i",
            f"SELECT count(*), sum(i), $1::int FROM {self.table}",
            f"SELECT '{self.table}', $1::int",
            "SELECT 'shared', $1::int",
            "SELECT 12 / $1::int",
            "SELECT $1::int FROM nowhere",
        ]

    def pipeline(self) -> list[Step]:
        steps: list[Step] = []
        for _ in range(self.chance.randrange(1, 20)):
            steps += self._some()
        return [*steps, Sync()]

    def _some(self) -> list[Step]:
        # Another client means something else by the same name.
        number = self.chance.choice((0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6))
        name = f"s{number}"
        turn = self.chance.random()
        if turn < 0.15:
            return [Sync()]
        if turn < 0.2:
            self.prepared.discard(name)
            return [Drop(name)]
        run = Run(name, self.chance.randrange(5))
        if name in self.prepared and turn < 0.95:
            return [run]
        self.prepared.add(name)
        sql = self.statements()[number]
        return [Prepare(name, sql), run]


def send(pgconn: PGconn, step: Step) -> None:
    match step:
        case Prepare(name, sql):
            pgconn.send_prepare(name.encode(), sql.encode())
        case Run(name, value):
            pgconn.send_query_prepared(name.encode(), [b"%d" % value])
        case Drop(name):
            pgconn.send_close_prepared(name.encode())
        case Sync():
            pgconn.pipeline_sync()


def answer(result: PGresult) -> Answer:
    status = ExecStatus(result.status)
    state = result.error_field(DiagnosticField.SQLSTATE)
    rows = [
        [result.get_value(row, column) for column in range(result.nfields)]
        for row in range(result.ntuples)
    ]
    return status.name, None if state is None else state.decode(), rows


async def play(pgconn: PGconn, steps: Sequence[Step]) -> list[Answer]:
    """Send all steps, then read all that comes back."""
    for step in steps:
        send(pgconn, step)
    assert pgconn.flush() == 0
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(pgconn.socket, readable.set)
    answers: list[Answer] = []
    syncs = sum(isinstance(step, Sync) for step in steps)
    while syncs:
        while pgconn.is_busy():
            await readable.wait()
            readable.clear()
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is not None:
            answers.append(answer(result))
            syncs -= result.status == ExecStatus.PIPELINE_SYNC
    loop.remove_reader(pgconn.socket)
    return answers


async def live(where: str, name: str, number: int, seed: int) -> list[list[Answer]]:
    """Be one client; return what each of its pipelines was answered."""
    script = Script(random.Random(f"{seed} {number}"), f"t{number}")
    async with await psycopg.AsyncConnection.connect(
        where, autocommit=True, prepare_threshold=None, application_name=name
    ) as client:
        await client.execute(f"DROP TABLE IF EXISTS {script.table}")
        await client.execute(f"CREATE TABLE {script.table} (i int)")
        pgconn = client.pgconn
        pgconn.nonblocking = 1
        pgconn.enter_pipeline_mode()
        played = [await play(pgconn, script.pipeline()) for _ in range(PIPELINES)]
        pgconn.exit_pipeline_mode()
        return played


async def run(where: str, name: str, seed: int) -> list[list[list[Answer]]]:
    async with asyncio.timeout(30):
        lives = [live(where, name, number, seed) for number in range(CLIENTS)]
        return await asyncio.gather(*lives)


@pytest.mark.parametrize("seed", range(4))
def test_pipelines_of_many_clients_are_answered_as_by_postgresql_itself(
    start_pooler: StartPooler, seed: int
) -> None:
    pooler = rotating(start_pooler)
    expected = asyncio.run(run(pooler.server.dsn_of(POOLED), DIRECT, seed))
    got = asyncio.run(run(pooler.dsn(), "pooled", seed))
    for number in range(CLIENTS):
        assert got[number] == expected[number], f"client {number}"
    assert len(pooler.backends()) == SERVERS
    states = {state for played in expected for line in played for _, state, _ in line}
    # Division by zero, a name in use, a name that is not there, a missing table.
    assert {"22012", "42P05", "26000", "42P01", None} <= states
