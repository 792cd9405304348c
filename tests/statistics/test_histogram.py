"""Durations, counted by bounds."""

import pytest

from pgpool_py.statistics import BOUNDS, Distribution, Histogram

ABOVE = len(BOUNDS)


def bucket(seconds: float) -> int:
    """Return in which bucket it is counted."""
    histogram = Histogram()
    histogram.observe(seconds)
    return histogram.counts.index(1)


def test_bounds_rise() -> None:
    assert list(BOUNDS) == sorted(set(BOUNDS))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.0, 0), (0.0001, 0), (0.00011, 1), (BOUNDS[-1], ABOVE - 1), (1e6, ABOVE)],
)
def test_a_bound_belongs_to_the_bucket_below_it(seconds: float, expected: int) -> None:
    assert bucket(seconds) == expected


def test_a_snapshot_stays_as_it_was_taken() -> None:
    histogram = Histogram()
    histogram.observe(0.2)
    taken = histogram.snapshot()
    histogram.observe(0.3)
    assert (taken.count, taken.total) == (1, 0.2)


def test_counts_up_to_a_bound_include_all_below_it() -> None:
    histogram = Histogram()
    for seconds in (0.0, 0.0002, 1000.0):
        histogram.observe(seconds)
    at_most = histogram.snapshot().at_most()
    assert at_most == (1, *[2] * (ABOVE - 1), 3)


def test_what_took_no_time_is_in_the_first_bucket() -> None:
    one = Distribution().with_instant(3)
    assert (one.counts[0], one.count, one.total) == (3, 3, 0.0)


def test_histograms_and_distributions_are_added_bucket_by_bucket() -> None:
    one, two = Histogram(), Histogram()
    one.observe(0.5)
    two.observe(0.5)
    two.observe(2.0)
    both = one.snapshot().plus(two.snapshot())
    one.add(two)
    assert one.snapshot() == both
    assert (both.count, both.total) == (3, 3.0)
