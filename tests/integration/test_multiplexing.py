"""Many clients that share two servers of a real PostgreSQL, whatever goes wrong."""

import asyncio
import itertools
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import asyncpg  # type: ignore[import-untyped]  # it comes without types
import psycopg
import pytest

from pgwire.frontend import Query
from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.claims import Claim, Outcome, contradictions
from tests.integration.wire import Message, Wire, extended, kinds, log_in

T = TypeVar("T")

CLIENTS = 16
ROUNDS = 100
_SEED = 7


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        pool_mode="transaction",
        default_pool_size=2,
        max_client_conn=1000,
        admin_users=USER,
        multiplexing="auto",
        # Of a machine that does much else, less would make much of it to be taken back.
        multiplexing_patience=0.05,
    )


def seen(pooler: PoolerProcess, column: str) -> int:
    """Return what SHOW MULTIPLEXING says of the one pool."""
    with pooler.connect("pgbouncer") as console:
        cursor = console.execute(b"SHOW MULTIPLEXING")
        names = [one.name for one in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    (value,) = (row[column] for row in rows if row["database"] == DATABASE)
    return int(value)


def at_the_same_time(*tasks: Callable[[], T]) -> list[T]:
    """Run each in a thread of its own; return what they return."""
    with ThreadPoolExecutor(len(tasks)) as threads:
        return [future.result() for future in [threads.submit(task) for task in tasks]]


# Whose answers are whose


def by_wire(pooler: PoolerProcess, name: str, *, simple: bool) -> None:
    """Ask for one's own name and a number, and now and then for what fails."""
    with log_in(pooler) as wire:
        for number in range(ROUNDS):
            divisor = number % 5
            sql = f"SELECT '{name}', 10 / {divisor}, {number}"
            wire.send(Query(sql.encode()).encode() if simple else extended(sql))
            check(wire.until_ready(), name, divisor, number)


def check(replies: list[Message], name: str, divisor: int, number: int) -> None:
    shape = kinds(replies).lstrip("12T")
    if not divisor:
        assert shape == "EZ", replies
        assert replies[-2].error.sqlstate == "22012"
        return
    assert shape == "DCZ", replies
    row = next(reply.body for reply in replies if reply.kind == "D")
    values = [name.encode(), b"%d" % (10 // divisor), b"%d" % number]
    assert row[2:] == b"".join(len(v).to_bytes(4, "big") + v for v in values)


def by_psycopg(pooler: PoolerProcess, name: str, *, prepared: bool) -> None:
    with pooler.connect(prepare_threshold=0 if prepared else None) as client:
        for number in range(ROUNDS):
            divisor = number % 5
            try:
                row = client.execute(
                    "SELECT %s::text, 10 / %s::int, %s::int", (name, divisor, number)
                ).fetchone()
            except psycopg.errors.DivisionByZero:
                assert not divisor
            else:
                assert row == (name, 10 // divisor, number)


def by_asyncpg(pooler: PoolerProcess, name: str) -> None:
    async def ask() -> None:
        client = await asyncpg.connect(
            host=pooler.host, port=pooler.port, user=USER, database=DATABASE
        )
        try:
            for number in range(ROUNDS):
                divisor = number % 5
                try:
                    row = await client.fetchrow(
                        "SELECT $1::text, 10 / $2::int, $3::int", name, divisor, number
                    )
                except asyncpg.DivisionByZeroError:
                    assert not divisor
                else:
                    assert tuple(row) == (name, 10 // divisor, number)
        finally:
            await client.close()

    asyncio.run(ask())


def test_everybody_gets_what_they_asked_for(pooler: PoolerProcess) -> None:
    ways: list[Callable[[PoolerProcess, str], None]] = [
        partial(by_wire, simple=True),
        partial(by_wire, simple=False),
        partial(by_psycopg, prepared=False),
        partial(by_psycopg, prepared=True),
        by_asyncpg,
    ]
    tasks = [
        partial(way, pooler, f"client {number}")
        for number, way in zip(range(CLIENTS), itertools.cycle(ways), strict=False)
    ]
    at_the_same_time(*tasks)
    assert seen(pooler, "shared") > ROUNDS
    assert len(pooler.pids()) <= 2


# Servers die


class Writer:
    """Writes rows with numbers that nobody else has, and reads in between."""

    def __init__(self, pooler: PoolerProcess, name: int, stop: threading.Event) -> None:
        self.claims: list[Claim] = []
        self._pooler = pooler
        self._numbers = itertools.count(name * 1_000_000)
        self._stop = stop

    def run(self) -> int:
        """Return how many reads were answered."""
        read = 0
        while not self._stop.is_set():
            with log_in(self._pooler) as wire:
                try:
                    while not self._stop.is_set():
                        self._write(wire)
                        for number in range(5):
                            assert wire.value(f"SELECT {number}") == str(number)
                            read += 1
                except (EOFError, OSError):
                    # The session has ended with its server.
                    continue
        return read

    def _write(self, wire: Wire) -> None:
        number = next(self._numbers)
        claim = Claim((number,), f"row {number}", Outcome.UNKNOWN)
        self.claims.append(claim)
        replies = wire.query(f"INSERT INTO written VALUES ({number})")
        if kinds(replies) == "CZ":
            claim.outcome = Outcome.DONE
        else:
            raise EOFError


def test_when_servers_die_nothing_is_written_twice_or_lost(
    pooler: PoolerProcess,
) -> None:
    chance = random.Random(_SEED)
    stop = threading.Event()
    with pooler.direct() as direct:
        direct.execute("CREATE TABLE written (id bigint)")
        writers = [Writer(pooler, number, stop) for number in range(CLIENTS)]

        def terminate() -> int:
            killed = 0
            try:
                while killed < 25:
                    pids = pooler.pids()
                    if pids:
                        pid = chance.choice(pids)
                        direct.execute("SELECT pg_terminate_backend(%s)", (pid,))
                        killed += 1
                    time.sleep(0.05)
            finally:
                stop.set()
            return 1

        counts = at_the_same_time(*[writer.run for writer in writers], terminate)
        found: dict[int, int] = dict(
            direct.execute("SELECT id, count(*) FROM written GROUP BY id").fetchall()
        )
    claims = [claim for writer in writers for claim in writer.claims]
    assert contradictions(claims, found) == []
    assert all(counts)
    assert seen(pooler, "shared") > 0


# Cancel


def slow(tag: str) -> str:
    """Make what takes some milliseconds, calls nothing and may be run twice."""
    return f"SELECT '{tag}' FROM numbers ORDER BY -a LIMIT 1"


def bystander(pooler: PoolerProcess, name: str, stop: threading.Event) -> int:
    answered = 0
    with log_in(pooler) as wire:
        while not stop.is_set():
            tag = f"{name}-{answered}"
            assert wire.value(slow(tag)) == tag
            answered += 1
    return answered


def victim(pooler: PoolerProcess, name: str) -> int:
    """Cancel what is asked; return how often that had an effect."""
    hit = 0
    chance = random.Random(name)
    with log_in(pooler) as wire:
        for number in range(50):
            tag = f"{name}-{number}"
            wire.send(Query(slow(tag).encode()).encode())
            if chance.random() < 0.5:
                time.sleep(chance.random() * 0.01)
            with Wire(pooler.host, pooler.port) as other:
                other.send(wire.cancel_request)
                assert other.rest() == []
            replies = wire.until_ready()
            if kinds(replies) == "TDCZ":
                assert tag.encode() in replies[1].body
            else:
                assert kinds(replies).lstrip("TD") == "EZ", replies
                assert replies[-2].error.sqlstate == "57014"
                hit += 1
    return hit


def test_nobody_is_hit_by_the_cancel_of_another(pooler: PoolerProcess) -> None:
    stop = threading.Event()
    with pooler.direct() as direct:
        direct.execute(
            "CREATE TABLE numbers AS SELECT a FROM generate_series(1, 20000) AS a"
        )

    def victims() -> int:
        try:
            tasks = [partial(victim, pooler, f"victim {n}") for n in range(4)]
            return sum(at_the_same_time(*tasks))
        finally:
            stop.set()

    bystanders = [partial(bystander, pooler, f"bystander {n}", stop) for n in range(6)]
    hits, *answered = at_the_same_time(victims, *bystanders)
    assert hits > 0
    assert all(answered)
    assert seen(pooler, "shared") > 0


# Locks


def test_who_holds_a_lock_may_wait_for_who_was_behind_somebody_blocked_by_it(
    pooler: PoolerProcess,
) -> None:
    with (
        pooler.direct() as holder,
        log_in(pooler) as blocked,
        log_in(pooler) as idle,
        log_in(pooler) as follower,
    ):
        holder.execute("CREATE TABLE locked (a int)")
        # Two servers, and a first exchange by which the network's time is known.
        assert kinds(idle.query("BEGIN")) == "CZ"
        assert follower.value("SELECT 1") == "1"
        with holder.transaction():
            holder.execute("LOCK TABLE locked")
            blocked.send(Query(b"UPDATE locked SET a = 1").encode())
            pooler.wait_for_backends(1, "active", "UPDATE locked SET a = 1")
            follower.send(Query(b"SELECT 2").encode())
            until(lambda: seen(pooler, "taken_back") == 1, "it is taken back")
            assert kinds(idle.query("COMMIT")) == "CZ"
            assert kinds(follower.until_ready()) == "TDCZ"
        assert kinds(blocked.until_ready()) == "CZ"
