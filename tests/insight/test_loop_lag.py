"""How late the loop is."""

import pytest

from pgpool_py.insight.loop_lag import LoopLag
from pgpool_py.pooler.upkeep import INTERVAL
from tests.fixtures.hand import Clock


def test_a_tick_that_comes_in_time_is_not_late() -> None:
    clock = Clock()
    lag = LoopLag(clock.monotonic)
    clock.advance(INTERVAL)
    lag.tick()
    assert lag.latest == pytest.approx(0.0, abs=1e-9)


def test_what_comes_late_is_measured_from_the_tick_before() -> None:
    clock = Clock()
    lag = LoopLag(clock.monotonic)
    for late in (0.3, 0.02):
        clock.advance(INTERVAL + late)
        lag.tick()
        assert lag.latest == pytest.approx(late)
    counted = lag.histogram.snapshot()
    assert counted.count == 2
    assert counted.total == pytest.approx(0.32)


def test_a_tick_that_comes_early_is_not_late() -> None:
    clock = Clock()
    lag = LoopLag(clock.monotonic)
    clock.advance(INTERVAL / 2)
    lag.tick()
    assert lag.latest == 0.0
