"""What is counted, and copies of it."""

from dataclasses import FrozenInstanceError, fields

import pytest

from pgpool_py.statistics import Counters, Snapshot


def test_a_snapshot_has_every_counter() -> None:
    names = [field.name for field in fields(Snapshot)]
    assert [field.name for field in fields(Counters)] == [
        *names,
        "lone_count",
        "tallies",
        "multiplexed",
        "exchanges",
    ]
    counted = Counters()
    for number, name in enumerate(names):
        setattr(counted, name, number)
    copy = counted.snapshot()
    assert [getattr(copy, name) for name in names] == list(range(len(names)))


def test_what_is_a_transaction_by_itself_is_seen_in_both_counts_once() -> None:
    counters = Counters(query_count=5, xact_count=2)
    counters.lone_count += 3
    for _ in range(2):
        copy = counters.snapshot()
        assert (copy.query_count, copy.xact_count) == (8, 5)
    other = Counters(lone_count=1)
    counters.add(other)
    assert (counters.query_count, counters.xact_count) == (9, 6)


def test_a_snapshot_stays_as_it_was_taken() -> None:
    counters = Counters(query_count=1)
    copy = counters.snapshot()
    counters.query_count += 1
    assert copy.query_count == 1
    with pytest.raises(FrozenInstanceError):
        setattr(copy, "query_count", 3)  # noqa: B010 - mypy forbids the plain way


def test_snapshots_are_added_and_subtracted_field_by_field() -> None:
    one = Snapshot(query_count=5, query_time=1.5, bytes_sent=10)
    two = Snapshot(query_count=2, query_time=0.5, xact_count=1)
    assert one.plus(two) == Snapshot(
        query_count=7, query_time=2.0, bytes_sent=10, xact_count=1
    )
    assert one.plus(two).minus(two) == one
