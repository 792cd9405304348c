"""How many lines of one kind the log has."""

import pytest

from pgpool_py.client.repeats import MOST, PERIOD, Repeated, Repeats

LOGINS, SERVERS = Repeated.FAILED_LOGINS, Repeated.FAILED_SERVER_LOGINS


class Clock:
    """Stands still until it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def repeats(clock: Clock) -> Repeats:
    return Repeats(clock=clock)


def test_so_many_in_a_period_are_told_of_and_the_rest_is_counted(
    repeats: Repeats, clock: Clock
) -> None:
    admitted = [repeats.admit(LOGINS) for _ in range(MOST + 3)]
    assert admitted == [True] * MOST + [False] * 3
    clock.now += PERIOD
    assert repeats.admit(LOGINS)
    more = " (not shown before: 3 failed logins)"
    assert [repeats.behind(LOGINS), repeats.behind(LOGINS)] == [more, ""]


def test_one_kind_does_not_hide_another(repeats: Repeats) -> None:
    for _ in range(MOST + 1):
        repeats.admit(LOGINS)
    assert repeats.admit(SERVERS)
    assert repeats.behind(SERVERS) == ""
    assert repeats.unsaid(LOGINS) == 1


def test_a_flood_that_is_over_is_told_of_once(
    repeats: Repeats, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(MOST + 3):
        repeats.admit(LOGINS)
    clock.now += PERIOD
    repeats.maintain()
    assert caplog.messages == []
    clock.now += PERIOD
    repeats.maintain()
    repeats.maintain()
    assert caplog.messages == ["not shown: 3 failed logins"]
