"""The pause after a server could not be opened."""

from pgpool_py.pool.backoff import FIRST_PAUSE, Backoff


def due_after(backoff: Backoff, failed: float, pause: float) -> bool:
    """Whether the next attempt is due ``pause`` after ``failed``, and not before."""
    return backoff.due(failed + pause) and not backoff.due(failed + pause - 0.001)


def test_nothing_failed_yet_so_the_next_attempt_is_due() -> None:
    backoff = Backoff(15.0)
    assert backoff.due(0.0)
    assert not backoff.failing


def test_each_failure_doubles_the_pause_up_to_the_ceiling() -> None:
    backoff = Backoff(1.0)
    for pause in (FIRST_PAUSE, 0.5, 1.0, 1.0, 1.0):
        backoff.failed(100.0)
        assert backoff.pause == pause
        assert due_after(backoff, 100.0, pause)
    assert backoff.failing


def test_the_next_attempt_is_due_when_the_pause_is_over_and_not_before() -> None:
    backoff = Backoff(15.0)
    backoff.failed(10.0)
    assert not backoff.due(10.0)
    assert due_after(backoff, 10.0, FIRST_PAUSE)
    assert backoff.due(99.0)


def test_a_success_forgets_all_failures() -> None:
    backoff = Backoff(15.0)
    for _ in range(4):
        backoff.failed(10.0)
    backoff.succeeded()
    assert backoff.due(10.0)
    assert not backoff.failing
    backoff.failed(20.0)
    assert due_after(backoff, 20.0, FIRST_PAUSE)


def test_a_lower_ceiling_holds_from_the_next_failure_on() -> None:
    backoff = Backoff(15.0)
    for _ in range(6):
        backoff.failed(0.0)
    backoff.ceiling = 2.0
    backoff.failed(0.0)
    assert due_after(backoff, 0.0, 2.0)


def test_without_a_ceiling_attempts_are_still_not_made_in_one_breath() -> None:
    backoff = Backoff(0.0)
    backoff.failed(5.0)
    assert backoff.failing
    assert not backoff.due(5.0)
    assert backoff.due(5.01)
