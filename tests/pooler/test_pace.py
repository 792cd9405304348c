"""Slow work, done so that the loop has time for others."""

from collections.abc import Callable

import pytest

from pgpool_py.pooler.pace import CREDIT, SHARE, Pace

COST = 0.01
AT_ONCE = round(CREDIT / COST)


class Workshop:
    """A pace whose clock and timers are the test's."""

    def __init__(self) -> None:
        self.now = self.worked = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.done: list[int] = []
        self.pace = Pace(self._later, lambda: self.now, lambda: self.worked)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self.timers.append((self.now + seconds, call))

    def give(self, number: int) -> None:
        self.pace.run(number, lambda: self._work(number))

    def _work(self, number: int) -> None:
        self.worked += COST
        self.now += COST
        self.done.append(number)

    def next_timer(self) -> None:
        """Let the time of the only timer come."""
        ((when, call),) = self.timers
        self.timers.clear()
        self.now = max(self.now, when)
        call()


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


def test_a_little_is_done_at_once(workshop: Workshop) -> None:
    for number in range(AT_ONCE):
        workshop.give(number)
    assert workshop.done == list(range(AT_ONCE))


def test_of_a_flood_only_a_share_of_the_time_is_spent(workshop: Workshop) -> None:
    most = 500
    for number in range(most):
        workshop.give(number)
    while len(workshop.pace):
        workshop.next_timer()
    assert workshop.done == list(range(most))
    assert workshop.worked <= CREDIT + COST + workshop.now * SHARE


def test_what_is_taken_out_is_not_done(workshop: Workshop) -> None:
    for number in range(100):
        workshop.give(number)
    before = len(workshop.done)
    for number in range(100):
        workshop.pace.leave(number)
    workshop.next_timer()
    assert len(workshop.done) == before
    assert not workshop.timers


def test_a_failure_does_not_stop_the_others(workshop: Workshop) -> None:
    def fail() -> None:
        workshop.worked += CREDIT * 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        workshop.pace.run("first", fail)
    workshop.pace.run("second", fail)
    workshop.give(3)
    with pytest.raises(ZeroDivisionError):
        workshop.next_timer()
    workshop.next_timer()
    assert workshop.done == [3]
