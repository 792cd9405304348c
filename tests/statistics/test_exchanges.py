"""How long exchanges took and what they brought, by bounds."""

import pytest

from pgpool_py.statistics import BOUNDS, SIZE_BOUNDS, Counters, Exchanged


def counted(*lone: tuple[float, int]) -> Counters:
    """Return counters that have seen exchanges of so many seconds and bytes."""
    counters = Counters()
    for seconds, size in lone:
        counters.exchanges.note_lone(seconds, size)
        counters.bytes_sent += size
    return counters


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0), (0.0001, 0), (0.00011, 1), (BOUNDS[-1], -2), (1e6, -1)],
)
def test_a_bound_belongs_to_the_bucket_below_it(seconds: float, bucket: int) -> None:
    queries = counted((seconds, 1)).exchanged().queries
    assert (queries.counts[bucket], queries.count) == (1, 1)


@pytest.mark.parametrize(("size", "bucket"), [(64, 0), (65, 1), (SIZE_BOUNDS[-1], -2)])
def test_sizes_have_bounds_of_their_own(size: int, bucket: int) -> None:
    sizes = counted((0.0, size)).exchanged().sizes
    assert (sizes.counts[bucket], sizes.total) == (1, size)
    assert sizes.bounds == SIZE_BOUNDS


def test_one_that_is_a_transaction_counts_as_both() -> None:
    counters = counted((0.25, 70), (1.5, 70))
    taken = counters.exchanged()
    assert taken.queries == taken.transactions
    assert (taken.queries.count, taken.queries.total) == (2, 1.75)
    assert (counters.query_time, counters.xact_time) == (1.75, 1.75)


def test_one_within_a_transaction_counts_by_itself() -> None:
    counters = counted((0.25, 70))
    counters.exchanges.note_query(3.0, 100)
    counters.exchanges.note_query(3.0, 100)
    counters.exchanges.note_transaction(7.0)
    taken = counters.exchanged()
    assert (taken.queries.count, taken.transactions.count) == (3, 2)
    assert taken.sizes.count == 3


def test_nothing_is_counted_twice() -> None:
    counters = counted((0.25, 70))
    first = counters.exchanged()
    assert counters.exchanged() == first
    assert counters.snapshot().query_time == 0.25


def test_bytes_that_nobody_has_counted_are_counted_with_their_answers() -> None:
    counters = counted((0.25, 70))
    counters.exchanges.brought.append(5000)
    assert counters.exchanged().sizes.total == 70 + 5000
    assert counters.snapshot().bytes_sent == counters.bytes_sent == 70 + 5000


def test_so_are_the_waits_of_those_that_then_shared_a_server() -> None:
    counters = Counters(wait_time=1.0)
    counters.exchanges.waited += [0.25, 0.5]
    waits = counters.exchanged().shared_waits
    assert (waits.count, waits.total) == (2, 0.75)
    assert counters.wait_time == 1.75


def test_they_are_added_bucket_by_bucket_as_their_snapshots_are() -> None:
    one, two = counted((0.25, 70)), counted((0.25, 70), (2.0, 5000))
    two.exchanges.shared_waits.observe(0.5)
    both = one.exchanged().plus(two.exchanged())
    one.add(two)
    assert one.exchanged() == both
    assert (both.queries.count, both.queries.total) == (3, 2.5)
    assert both.shared_waits.count == 1
    assert Exchanged().plus(both) == both
