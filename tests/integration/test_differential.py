"""PostgreSQL is the oracle: the same conversation, once with it and once through the
pooler with others in between, brings the same replies."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from pgwire.codes import Target
from pgwire.copying import CopyData, CopyDone, CopyFail
from pgwire.frontend import Bind, Close, Describe, Execute, Flush, Parse, Query, Sync
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import StartPooler
from tests.integration.wire import Message, Wire, log_in

SEEDS = range(20)
CLIENTS = 3
TURNS = 30


@dataclass(slots=True)
class Script:
    """One client's messages, in the turns in which they are sent.

    Attributes:
        chance: what it is made by.
        table: the client's own.
        turns: what is sent before the replies are waited for.
    """

    chance: random.Random
    table: str
    turns: list[bytes] = field(default_factory=list)

    def write(self) -> None:
        """Make it up."""
        self.turns.append(query(f"CREATE TABLE {self.table} (i int)"))
        for _ in range(TURNS):
            if self.chance.random() < 0.05:
                # Alone in its turn: what is sent behind a copy-in that fails over a
                # Sync, before that is answered, cannot be told from the rest.
                self.turns += [query("ROLLBACK"), copy_in_over_a_sync(self)]
            parts = self.chance.choices(PARTS, k=self.chance.randrange(1, 5))
            self.turns.append(b"".join(part(self) for part in parts))

    def statement(self) -> str:
        """Return one statement."""
        number = self.chance.randrange(100)
        size = self.chance.choice((1, 10, 5000, 70_000))
        return self.chance.choice(
            (
                f"SELECT {number}",
                f"SELECT repeat('{number}', {size}) FROM generate_series(1, 3)",
                f"INSERT INTO {self.table} VALUES ({number})",
                f"SELECT count(*), sum(i) FROM {self.table}",
                "SELECT 1 / 0",
                "SELECT 1 / (i - i) FROM generate_series(1, 3) AS i",
                "nonsense",
                "BEGIN",
                "COMMIT",
                "ROLLBACK",
                "SAVEPOINT s",
                "ROLLBACK TO s",
                f"SET LOCAL application_name = 'local {number}'",
                f"SET application_name = 'name {number}'",
                "SHOW application_name",
                "SET TimeZone = 'Asia/Tokyo'",
                "RESET TimeZone",
                "SHOW TimeZone",
                f"COPY {self.table} TO STDOUT",
                "DO $$ BEGIN RAISE NOTICE 'noted'; END $$",
            )
        )


def query(sql: str) -> bytes:
    return Query(sql.encode()).encode()


def simple(script: Script) -> bytes:
    return query(script.statement())


def several(script: Script) -> bytes:
    return query("; ".join(script.statement() for _ in range(3)))


def extended(script: Script) -> bytes:
    return _batch(script, script.statement()) + Sync().encode()


def unsynced(script: Script) -> bytes:
    return _batch(script, script.statement()) + Flush().encode()


def two_in_a_batch(script: Script) -> bytes:
    first, second = (_batch(script, script.statement()) for _ in range(2))
    return first + second + Sync().encode()


def _batch(script: Script, sql: str) -> bytes:
    limit = script.chance.choice((0, 0, 1))
    parts = [
        Parse(b"", sql.encode()).encode(),
        Describe(Target.STATEMENT, b"").encode(),
        Bind(b"", b"", (), (), ()).encode(),
        Describe(Target.PORTAL, b"").encode(),
        Execute(b"", limit).encode(),
        Close(Target.PORTAL, b"").encode(),
    ]
    drop = script.chance.random()
    if drop < 0.1:
        # Any but the Parse: an older one would be found or not, by the server.
        del parts[script.chance.randrange(1, len(parts))]
    return b"".join(parts)


def sync(script: Script) -> bytes:
    return Sync().encode()


def flush(script: Script) -> bytes:
    return Flush().encode()


def copy_in(script: Script) -> bytes:
    return query(f"COPY {script.table} FROM STDIN") + _data(script)


def copy_in_by_a_batch(script: Script) -> bytes:
    between = script.chance.choice((b"", Flush().encode()))
    return _copy_batch(script, between)


def copy_in_over_a_sync(script: Script) -> bytes:
    return _copy_batch(script, Sync().encode())


def _copy_batch(script: Script, between: bytes) -> bytes:
    sql = f"COPY {script.table} FROM STDIN"
    parse = Parse(b"", sql.encode()).encode()
    bind = Bind(b"", b"", (), (), ()).encode()
    start = parse + bind + Execute(b"", 0).encode() + between
    return start + _data(script) + Sync().encode()


def _data(script: Script) -> bytes:
    rows = script.chance.randrange(4)
    good = [CopyData(b"%d\n" % row).encode() for row in range(rows)]
    bad = CopyData(b"number\n").encode()
    end = script.chance.choice((CopyDone().encode(), CopyFail(b"no").encode()))
    if script.chance.random() < 0.3:
        good.append(bad)
    return b"".join(good) + end


def stray_copy_data(script: Script) -> bytes:
    return CopyData(b"1\n").encode() + CopyDone().encode()


PARTS: tuple[Callable[[Script], bytes], ...] = (
    simple,
    simple,
    simple,
    several,
    extended,
    extended,
    extended,
    unsynced,
    two_in_a_batch,
    sync,
    flush,
    copy_in,
    copy_in_by_a_batch,
    stray_copy_data,
)


#: What ends a turn. No other query is empty, so that EmptyQueryResponse and the
#: ReadyForQuery behind it say that all is answered, in any state of a transaction.
END = Sync().encode() + query("")


def play(wire: Wire, script: Script, chance: random.Random) -> list[list[Message]]:
    """Send turn by turn, cut at random places; return the replies to each."""
    return [take_turn(wire, turn + END, chance) for turn in script.turns]


def take_turn(wire: Wire, data: bytes, chance: random.Random) -> list[Message]:
    while data:
        cut = chance.choice((1, 3, 7, 50, 1000, len(data)))
        wire.send(data[:cut])
        data = data[cut:]
    replies = wire.read_to("I")
    return replies + wire.until_ready()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_replies_are_those_of_postgresql(
    start_pooler: StartPooler, seed: int
) -> None:
    scripts = [Script(random.Random(f"{seed} {n}"), f"t{n}") for n in range(CLIENTS)]
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=2, server_round_robin=1
    )
    expected = []
    for script in scripts:
        script.write()
        with Wire(pooler.server.host, pooler.server.port) as oracle:
            oracle.login(POOLED)
            expected.append(play(oracle, script, random.Random(seed)))
        with pooler.direct() as direct:
            direct.execute(f"DROP TABLE {script.table}")
    wires = [log_in(pooler) for _ in scripts]
    with ThreadPoolExecutor(CLIENTS) as threads:
        playing = [
            threads.submit(play_and_leave, wire, script, random.Random(seed))
            for wire, script in zip(wires, scripts, strict=True)
        ]
        for script, replies, future in zip(scripts, expected, playing, strict=True):
            for turn, want, got in zip(
                script.turns, replies, future.result(), strict=True
            ):
                assert got == want, turn


def play_and_leave(
    wire: Wire, script: Script, chance: random.Random
) -> list[list[Message]]:
    """Play, and give up the server that a transaction may still hold."""
    with wire:
        return play(wire, script, chance)
