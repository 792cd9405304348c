"""Whether who is fast suffers from who is slow, where servers are shared.

All clients are in a closed loop. What is slow sleeps or waits for a lock, so it takes
its time whatever the machine does, and takes no processor time from the others.
"""

import random
from collections.abc import Callable
from contextlib import nullcontext
from itertools import cycle
from typing import Final

from . import load, wire
from .disturbance import Disturbance, disturbed
from .measures import Bench, Measure, load_sample, metered
from .sample import Sample
from .statements import Statement, Statements, lookups, shared
from .targets import Target

CLIENTS: Final = 64
#: Seconds that a statement is slow, and that a lock is held.
SLOW: Final = 0.1
HELD: Final = 0.2

#: A view hides from the text that its function is volatile: what reads it looks as if
#: it might be run twice, and so may be sent behind others.
TABLES: Final = (
    f"CREATE VIEW slow AS SELECT pg_sleep({SLOW})::text",
    "CREATE TABLE naps (id int PRIMARY KEY, seconds float8)",
    "INSERT INTO naps SELECT id, 0 FROM generate_series(1, 1000) AS id",
    f"UPDATE naps SET seconds = {SLOW} WHERE id % 100 = 0",
    "CREATE VIEW sometimes_slow AS SELECT id, pg_sleep(seconds)::text FROM naps",
    "CREATE TABLE locked AS SELECT 1 AS id, 0 AS count",
    "CREATE TABLE altered AS SELECT 1 AS id, 0 AS count",
    "VACUUM ANALYZE naps, locked, altered",
)


def slow_texts() -> list[Statements]:
    """Have one of a hundred statements be slow, with a text of its own.

    Half of them call pg_sleep, which may not be sent behind others; half read a view,
    which may. Others may be sent behind both.
    """
    slow = [
        Statement(wire.query(text), slow=True)
        for text in (f"SELECT pg_sleep({SLOW})", "SELECT * FROM slow")
    ]
    return shared(_mixed(lookups(990), slow * 5), CLIENTS)


def slow_parameters() -> list[Statements]:
    """Have one text be slow for one of a hundred of its parameters."""
    text = "SELECT * FROM sometimes_slow WHERE id = $1"
    statements = [
        # 1 is ParseComplete.
        Statement(wire.batch(text, str(number)), b"1", slow=number % 100 == 0)
        for number in range(1, 1001)
    ]
    return shared(_mixed(statements, []), CLIENTS)


def row_lock() -> list[Statements]:
    """Have two clients want a row that somebody else holds, again and again."""
    # C is CommandComplete.
    write = Statement(
        wire.query("UPDATE locked SET count = count + 1 WHERE id = 1"), b"C", slow=True
    )
    lock = Statement(
        wire.query("SELECT count FROM locked WHERE id = 1 FOR UPDATE"), slow=True
    )
    return [cycle([write]), cycle([lock]), *shared(lookups(), CLIENTS - 2)]


def table_lock() -> list[Statements]:
    """Have one of twenty statements read a table that is altered now and then."""
    read = Statement(wire.query("SELECT count FROM altered WHERE id = 1"), slow=True)
    return shared(_mixed(lookups(950), [read] * 50), CLIENTS)


ROW_LOCK: Final = Disturbance(
    f"BEGIN; UPDATE locked SET count = 0 WHERE id = 1; SELECT pg_sleep({HELD}); COMMIT"
)
# So often that who is held up is far more than one of a hundred, on every machine: if
# those were about as many, the 99th percentile would be now this side, now that.
TABLE_LOCK: Final = Disturbance(
    "BEGIN; ALTER TABLE altered ALTER count SET DEFAULT 0;"
    f" SELECT pg_sleep({HELD}); COMMIT",
    pause=0.3,
)


def tail(
    asked: Callable[[], list[Statements]], disturbance: Disturbance | None = None
) -> Measure:
    """Measure clients that ask this; latencies but one are those of the fast.

    What disturbs them comes to PostgreSQL on a way of its own.
    """

    def measure(bench: Bench, target: Target) -> Sample:
        with (
            disturbed(bench.server, disturbance) if disturbance else nullcontext(),
            load.load(target.endpoint, asked(), "benchmark".format) as clients,
            metered(target) as meter,
        ):
            outcome = clients.closed(bench.seconds)
        return load_sample(outcome, meter)

    return measure


def _mixed(statements: list[Statement], others: list[Statement]) -> list[Statement]:
    """Return both in an order by chance, the same one for every target."""
    mixed = [*statements, *others]
    random.Random(1).shuffle(mixed)
    return mixed
