"""How many servers are advised, and whether that is enough."""

import math
import random
from heapq import heappop, heappush

import pytest

from pgpool_py.errors import server_login_failing
from pgpool_py.insight.advice import Advice, Advisor
from tests.pooler.staging import Stage


class Load:
    """Clients that come by chance and hold a server for a while, on a clock of its own.

    Who finds none waits in line.
    """

    def __init__(self, rate: float, held: float, servers: int) -> None:
        chance = random.Random(7)
        self.busy: list[tuple[float, float]] = []
        self.waits: list[float] = []
        ends: list[float] = []
        now = 0.0
        while now < 600.0:
            now += chance.expovariate(rate)
            begins = now if len(ends) < servers else max(now, heappop(ends))
            end = begins + chance.uniform(0.5, 1.5) * held
            heappush(ends, end)
            self.busy.append((begins, end))
            self.waits.append(begins - now)


def advise(stage: Stage, load: Load, monkeypatch: pytest.MonkeyPatch) -> Advice:
    pool, advisor = stage.pool(), Advisor(stage.pooler)
    start = stage.pooler.now
    changes = sorted(
        [(at, 1) for at, _ in load.busy] + [(at, -1) for _, at in load.busy]
    )
    busy = step = 0
    for tick in range(6000):
        now = tick * 0.1
        while step < len(changes) and changes[step][0] <= now:
            busy += changes[step][1]
            pool.counters.server_assignment_count += changes[step][1] > 0
            step += 1
        monkeypatch.setattr(pool.books, "busy", range(busy))
        monkeypatch.setattr(type(stage.pooler), "now", start + now)
        advisor.tick()
    return advisor.of(pool)


def test_the_size_follows_the_formula_and_is_enough(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate, held = 24.0, 0.5
    advice = advise(stage, Load(rate, held, 1000), monkeypatch)
    assert advice.recommended == pytest.approx(rate * held * 1.5, rel=0.2)
    followed = Load(rate, held, advice.recommended)
    waits = sorted(followed.waits)
    assert waits[int(len(waits) * 0.99)] < held


def test_a_pool_that_was_never_used_is_given_no_size(stage: Stage) -> None:
    stage.pool()
    [advice] = Advisor(stage.pooler).all()
    assert (advice.recommended, advice.configured) == (0, 20)


class Watch:
    """A pool, and its advisor, on a clock of their own."""

    def __init__(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pool, self.advisor = stage.pool(), Advisor(stage.pooler)
        self._stage, self._patch = stage, monkeypatch
        # Sums of whole seconds are exact from here.
        self._now = 0.0
        self.pass_by(0.0)

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and have the pool looked at."""
        self._now += seconds
        self._patch.setattr(type(self._stage.pooler), "now", self._now)
        self.advisor.tick()

    def hold(self, servers: int, links: int) -> None:
        """Have so many servers held, by so many that were lent one in turn."""
        self._patch.setattr(self.pool.books, "busy", range(servers))
        self.pool.counters.server_assignment_count += links

    def refuse(self, clients: int, waited: float) -> None:
        """End so many waits, each of which lasted so long."""
        for _ in range(clients):
            self.pool.counters.tallies.unserved.observe(waited)

    @property
    def advice(self) -> Advice:
        return self.advisor.of(self.pool)


@pytest.fixture
def watch(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(stage, monkeypatch)


def test_no_size_is_said_before_a_whole_minute_was_seen(watch: Watch) -> None:
    watch.hold(servers=3, links=9)
    watch.pass_by(59.0)
    assert watch.advice.recommended == 0
    assert watch.advice.links == pytest.approx(9 / 59)
    assert watch.advice.why == (
        "so far 3.0 servers were held at a time, 3.0 wanted; a size is said after a "
        "whole minute, that is in 1 s"
    )
    watch.pass_by(1.0)
    assert watch.advice.recommended == 5
    # The next minute has begun, and is none yet.
    watch.hold(servers=30, links=9)
    watch.pass_by(30.0)
    assert watch.advice.recommended == 5


def test_clients_that_waited_in_vain_are_advised_for_as_if_served(watch: Watch) -> None:
    # Each is held for half a minute.
    watch.hold(servers=20, links=40)
    watch.refuse(clients=20, waited=120.0)
    watch.pass_by(60.0)
    assert watch.advice.recommended == (20 + 10) * 1.5
    assert "20 clients that got none, after 120.0 s on average" in watch.advice.why
    assert "would have held 10.0 more" in watch.advice.why
    assert "it was full" in watch.advice.why


def test_they_are_not_taken_to_hold_one_longer_than_they_waited(watch: Watch) -> None:
    # As where one client never ends its transaction.
    watch.hold(servers=1, links=0)
    watch.refuse(clients=60, waited=2.0)
    watch.pass_by(60.0)
    assert watch.advice.recommended == math.ceil((1 + 2) * 1.5)


def test_nor_are_more_advised_than_there_were_clients(watch: Watch) -> None:
    watch.refuse(clients=10, waited=3600.0)
    watch.pass_by(60.0)
    assert watch.advice.recommended == 10 * 1.5


def test_a_pool_that_never_had_a_server_is_told_which_limits_to_look_at(
    watch: Watch,
) -> None:
    watch.refuse(clients=1, waited=120.0)
    watch.pass_by(60.0)
    assert watch.advice.recommended == 2
    assert "1 client that got none" in watch.advice.why
    assert "max_db_connections" in watch.advice.why


def test_what_they_waited_is_in_the_mean_and_the_quantile(watch: Watch) -> None:
    watch.hold(servers=1, links=3)
    watch.refuse(clients=1, waited=100.0)
    assert (watch.advice.mean_wait, watch.advice.p99_wait) == (25.0, 120.0)


def test_waits_that_no_server_more_would_end_ask_for_none(watch: Watch) -> None:
    watch.pool.paused = True
    watch.refuse(clients=5, waited=120.0)
    watch.pass_by(30.0)
    watch.pool.paused = False
    watch.pool.staffing.failure = server_login_failing("refused", "h:5432", 1.0)
    watch.refuse(clients=5, waited=120.0)
    watch.pass_by(30.0)
    assert watch.advice.recommended == 0
