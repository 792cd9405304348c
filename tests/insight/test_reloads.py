"""What became of reloads."""

from pgpool_py.insight.reloads import Reloaded, Reloads
from tests.fixtures.hand import Clock


def test_the_start_is_the_first_that_succeeded() -> None:
    assert Reloads(Clock(1.0).monotonic).latest == Reloaded(1.0)


def test_one_that_fails_leaves_the_time_of_the_configuration_in_force() -> None:
    clock = Clock(1.0)
    reloads = Reloads(clock.monotonic)
    clock.advance(5.0)
    reloads.failed()
    assert reloads.latest == Reloaded(1.0, ok=False, failures=1)
    reloads.succeeded()
    assert reloads.latest == Reloaded(6.0, ok=True, failures=1)
