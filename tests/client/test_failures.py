"""How many failed logins the log tells of."""

from pgpool_py.client.failures import MOST, PERIOD, Failures


class Clock:
    """Stands still until it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_so_many_in_a_period_are_told_of_and_the_rest_is_counted() -> None:
    clock = Clock()
    failures = Failures(clock)
    assert [failures.admit() for _ in range(MOST + 3)] == [True] * MOST + [False] * 3
    clock.now += PERIOD
    assert failures.admit()
    assert failures.unsaid() == " (3 failed logins before this one are not shown)"
    assert failures.unsaid() == ""
