"""The benchmarks measure what they say, on a real PostgreSQL."""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import psycopg
import pytest

from benchmarks import distance, ours, runner, tails, wire
from benchmarks.case import Case
from benchmarks.contest import WITH_ITSELF
from benchmarks.disturbance import Disturbance, disturbed
from benchmarks.endpoint import Endpoint
from benchmarks.errors import WireError
from benchmarks.measures import Bench, busy_clients
from benchmarks.pgbench import Pgbench
from benchmarks.postgres import Server
from benchmarks.runner import Plan, Runner
from benchmarks.sample import Metric, Sample
from benchmarks.statements import Statements
from benchmarks.targets import Target
from tests.fixtures.waiting import until

NO_PGBENCH = Pgbench(Path("/nowhere"), 0)


@pytest.fixture
def endpoint(postgresql: psycopg.Connection) -> Endpoint:
    """Return a database in which there is what the clients of a load ask for."""
    postgresql.autocommit = True
    postgresql.execute("CREATE TABLE pgbench_accounts (aid int, abalance int)")
    for sql in tails.TABLES:
        postgresql.execute(sql.encode())
    info = postgresql.info
    return Endpoint(info.host, info.port, info.user, info.dbname, "")


def apart(asked: Callable[[], list[Statements]]) -> list[Statements]:
    """Have one client ask all of a tail that is slow, and another all that is fast."""
    statements = list(islice(asked()[0], 1000))
    return [
        cycle([one for one in statements if one.slow is slow]) for slow in (True, False)
    ]


@pytest.mark.parametrize("asked", [tails.slow_texts, tails.slow_parameters])
def test_slow_statements_take_their_time_and_are_timed_apart(
    endpoint: Endpoint, asked: Callable[[], list[Statements]]
) -> None:
    measure = tails.tail(lambda: apart(asked))
    sample = measure(Bench(NO_PGBENCH, 0.2, endpoint), Target("", endpoint, None))
    assert sample[Metric.SLOW] >= tails.SLOW * 1000
    assert sample[Metric.MEDIAN] < tails.SLOW * 1000


@pytest.mark.parametrize(
    ("asked", "disturbance"),
    [
        (lambda: tails.row_lock()[:4], tails.ROW_LOCK),
        (lambda: apart(tails.table_lock), replace(tails.TABLE_LOCK, pause=0.0)),
    ],
)
def test_who_wants_what_is_locked_waits_and_others_do_not(
    endpoint: Endpoint,
    asked: Callable[[], list[Statements]],
    disturbance: Disturbance,
) -> None:
    measure = tails.tail(asked, disturbance)
    sample = measure(Bench(NO_PGBENCH, 0.5, endpoint), Target("", endpoint, None))
    assert sample[Metric.SLOW] >= tails.HELD * 1000 / 2
    assert sample[Metric.MEDIAN] < tails.HELD * 1000 / 2


def test_a_disturbance_that_is_refused_is_told(endpoint: Endpoint) -> None:
    broken = Disturbance("ALTER TABLE nowhere ADD x int", pause=10)
    with pytest.raises(WireError, match="nowhere"), disturbed(endpoint, broken):
        pass


def test_postgresql_is_as_far_away_as_is_asked_for(endpoint: Endpoint) -> None:
    with distance.far(endpoint, 0.02) as away, wire.login(away) as connection:
        start = time.perf_counter()
        wire.execute(connection, "SELECT 1")
        assert time.perf_counter() - start >= 0.02


def test_ends_pass_both_ways_from_far_away(
    endpoint: Endpoint, postgresql: psycopg.Connection
) -> None:
    others = (
        b"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'benchmark'"
    )

    def nobody_is_left() -> bool:
        return postgresql.execute(others).fetchone() == (0,)

    with distance.far(endpoint, 0.02) as away:
        with wire.login(away):
            pass
        until(nobody_is_left, "the server has no client")
        with wire.login(away) as connection:
            postgresql.execute(
                b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                b" WHERE application_name = 'benchmark'"
            )
            # 57P01 is admin_shutdown.
            assert b"C57P01" in connection.recv(wire.READ_SIZE)
            assert connection.recv(wire.READ_SIZE) == b""


def test_our_pooler_takes_turns_with_itself(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def measure(bench: Bench, target: Target) -> Sample:
        seen.append(target.name)
        return busy_clients(2)(bench, target)

    monkeypatch.setattr(runner, "WARM_UP", 0.1)
    server = Server(endpoint, endpoint, Path("/nowhere"), "15")
    programs = [replace(ours.find(None), settings={"multiplexing_depth": "4"})]
    case = Case("a", "a case", measure, 2, contest=WITH_ITSELF, direct=False)
    result = Runner(server, NO_PGBENCH, programs, Plan(0.1, 2)).run(case)
    assert result.failures == {}
    # Each warms up, and then has its two turns.
    assert seen == ["off", "auto"] * 3
    assert len(result.values("auto", Metric.CPU)) == 2
