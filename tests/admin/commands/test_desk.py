"""The periods of the statistics."""

import logging

import pytest

from pgpool_py.admin.commands.desk import Desk
from tests.admin.dialogue import attached, no_change, no_reload
from tests.pooler.staging import Stage


@pytest.fixture(autouse=True)
def whole_seconds(stage: Stage) -> None:
    """Let the clock show a number to which a period can be added without rounding."""
    stage.loop.reactor.now = 1000.0


def test_the_end_of_a_period_is_logged_once(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pgpool_py")
    attached(stage)
    stage.tick()
    assert caplog.messages == []
    stage.pool().counters.query_count = 6_000
    stage.loop.reactor.now += stage.settings.stats_period
    stage.tick()
    stage.tick()
    (line,) = caplog.messages
    # 6000 queries in a period of 60 seconds.
    assert line.startswith("stats: 0 xacts/s, 100 queries/s, 0 client parses/s, ")


def test_the_line_of_a_period_is_handed_on_whether_it_is_logged_or_not(
    stage: Stage,
) -> None:
    lines: list[str] = []
    stage.pooler.context.settings = type(stage.settings)(log_stats=False)
    Desk(stage.pooler, no_reload, no_change, lines.append).tick()
    assert lines == []
    desk = Desk(stage.pooler, no_reload, no_change, lines.append)
    stage.loop.reactor.now += stage.settings.stats_period
    desk.tick()
    desk.tick()
    (line,) = lines
    assert line.startswith("stats: 0 xacts/s, ")


def test_the_end_of_a_period_is_not_logged_without_log_stats(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pgpool_py")
    stage.pooler.context.settings = type(stage.settings)(log_stats=False)
    attached(stage)
    stage.loop.reactor.now += stage.settings.stats_period
    stage.tick()
    assert caplog.messages == []
