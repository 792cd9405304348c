"""The pause after a server could not be opened."""

from pgpool_py.pool.backoff import FIRST_PAUSE, Backoff


def test_nothing_failed_yet_so_the_next_attempt_is_due() -> None:
    backoff = Backoff(15.0)
    assert backoff.due(0.0)
    assert not backoff.failing
    assert backoff.remaining(0.0) == 0.0


def test_each_failure_doubles_the_pause_up_to_the_ceiling() -> None:
    backoff = Backoff(1.0)
    pauses = []
    for _ in range(5):
        backoff.failed(100.0)
        pauses.append(backoff.remaining(100.0))
    assert pauses == [FIRST_PAUSE, 0.5, 1.0, 1.0, 1.0]
    assert backoff.failing


def test_the_next_attempt_is_due_when_the_pause_is_over_and_not_before() -> None:
    backoff = Backoff(15.0)
    backoff.failed(10.0)
    assert not backoff.due(10.0 + FIRST_PAUSE - 0.001)
    assert backoff.due(10.0 + FIRST_PAUSE)
    assert backoff.remaining(99.0) == 0.0


def test_a_success_forgets_all_failures() -> None:
    backoff = Backoff(15.0)
    for _ in range(4):
        backoff.failed(10.0)
    backoff.succeeded()
    assert backoff.due(10.0)
    assert not backoff.failing
    backoff.failed(20.0)
    assert backoff.remaining(20.0) == FIRST_PAUSE


def test_a_lower_ceiling_holds_from_the_next_failure_on() -> None:
    backoff = Backoff(15.0)
    for _ in range(6):
        backoff.failed(0.0)
    backoff.ceiling = 2.0
    backoff.failed(0.0)
    assert backoff.remaining(0.0) == 2.0


def test_without_a_ceiling_attempts_are_still_not_made_in_one_breath() -> None:
    backoff = Backoff(0.0)
    backoff.failed(5.0)
    assert backoff.failing
    assert not backoff.due(5.0)
    assert backoff.due(5.01)
