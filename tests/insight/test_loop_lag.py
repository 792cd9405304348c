"""How late the loop is."""

from collections.abc import Callable

import pytest

from pgpool_py.insight.loop_lag import LATE, QUIET, LoopLag
from pgpool_py.log import WARNING
from pgpool_py.pooler.upkeep import INTERVAL
from pgpool_py.web.dashboard import find
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


def test_what_kept_nobody_waiting_is_not_late() -> None:
    clock = Clock()
    lag = LoopLag(clock.monotonic)
    clock.advance(5.0)
    lag.begin()
    clock.advance(INTERVAL)
    lag.tick()
    assert lag.latest == pytest.approx(0.0, abs=1e-9)


@pytest.fixture
def be_late() -> Callable[[float], None]:
    clock = Clock()
    lag = LoopLag(clock.monotonic)

    def be_late(seconds: float) -> None:
        clock.advance(INTERVAL + seconds)
        lag.tick()

    return be_late


def test_the_log_has_how_late_it_was_the_limit_and_what_to_do(
    be_late: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    be_late(LATE - 0.001)
    assert caplog.messages == []
    be_late(0.25)
    [record] = caplog.records
    assert record.levelno == WARNING
    assert record.message.startswith(
        "the loop was late by 0.250 s (more than 0.1 s), and nobody was answered"
    )
    assert "so_reuseport" in record.message


def test_it_has_one_such_line_a_minute_with_how_many_it_has_not(
    be_late: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    for seconds in (0.2, 0.7, 0.3):
        be_late(seconds)
    assert len(caplog.messages) == 1
    be_late(QUIET)
    be_late(QUIET)
    shown = [message.rpartition("process")[2] for message in caplog.messages]
    assert shown == ["", " (2 more before, up to 0.700 s)", ""]


def test_that_it_was_late_no_more_ends_in_a_line_too(
    be_late: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    be_late(0.2)
    be_late(0.2)
    for _ in range(1 + round(2 * QUIET / INTERVAL)):
        be_late(0.0)
    assert caplog.messages[1:] == ["not shown: 1 late loop turn"]


def test_the_page_calls_the_same_late() -> None:
    page = find("/dashboard/model.js", asks_token=False)
    assert page is not None
    assert f"const LATE = {LATE};" in page.body.decode()
