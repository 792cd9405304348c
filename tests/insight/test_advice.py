"""How many servers are advised, and whether that is enough."""

import random
from heapq import heappop, heappush

import pytest

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
