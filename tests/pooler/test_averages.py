"""Averages, by counts and times made up."""

import pytest

from pgpool_py.pooler.averages import Average, Averages, average
from pgpool_py.statistics import Snapshot

SHOP = ("shop", "ann")
BLOG = ("blog", "bob")


def test_counts_and_bytes_are_per_second_and_rounded_down() -> None:
    counted = Snapshot(
        server_assignment_count=19,
        xact_count=10,
        query_count=39,
        bytes_received=1001,
        bytes_sent=1999,
        client_parse_count=20,
        server_parse_count=9,
        bind_count=30,
        client_login_count=11,
    )
    assert average(counted, 10.0) == Average(
        server_assignment_count=1,
        xact_count=1,
        query_count=3,
        bytes_received=100,
        bytes_sent=199,
        client_parse_count=2,
        server_parse_count=0,
        bind_count=3,
        client_login_count=1,
    )


def test_times_are_microseconds_per_item() -> None:
    counted = Snapshot(
        server_assignment_count=4,
        xact_count=2,
        query_count=8,
        xact_time=1.0,
        query_time=0.5,
        wait_time=0.25,
    )
    found = average(counted, 1.0)
    assert found.xact_time == 500_000
    assert found.query_time == 62_500
    assert found.wait_time == 62_500


def test_times_without_items_are_zero() -> None:
    found = average(Snapshot(xact_time=1.0, query_time=1.0, wait_time=1.0), 1.0)
    assert (found.xact_time, found.query_time, found.wait_time) == (0, 0, 0)


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_no_time_gives_no_averages(seconds: float) -> None:
    assert average(Snapshot(query_count=5), seconds) == Average()


def test_a_period_is_due_when_it_is_over() -> None:
    averages = Averages(100.0)
    assert not averages.due(159.9, 60)
    assert averages.due(160.0, 60)
    averages.refresh(160.0, {})
    assert not averages.due(219.9, 60)
    assert averages.due(220.0, 60)


def test_before_the_first_period_is_over_one_second_more_is_taken() -> None:
    # 9 seconds since the start, and 1 before it.
    assert Averages(100.0).of(109.0, {SHOP: Snapshot(query_count=50)}).query_count == 5


def test_an_average_runs_from_the_end_of_the_period_before_the_last() -> None:
    averages = Averages(0.0)
    averages.refresh(10.0, {SHOP: Snapshot(query_count=100)})
    averages.refresh(20.0, {SHOP: Snapshot(query_count=700)})
    # From 10 to 30: 200 of the 300 + 600 were counted in 20 seconds.
    totals = {SHOP: Snapshot(query_count=900)}
    assert averages.of(30.0, totals).query_count == 40
    # At the end of a period itself: that period.
    averages.refresh(30.0, totals)
    assert averages.of(30.0, totals).query_count == 20


def test_several_pools_are_summed_before_they_are_divided() -> None:
    averages = Averages(0.0)
    averages.refresh(9.0, {})
    totals = {
        SHOP: Snapshot(query_count=15, query_time=3.0),
        BLOG: Snapshot(query_count=5, query_time=1.0),
    }
    found = averages.of(9.0, totals)
    assert found.query_count == 20 // 9
    assert found.query_time == 200_000


def test_a_pool_that_was_made_anew_counts_from_nothing() -> None:
    averages = Averages(0.0)
    averages.refresh(10.0, {SHOP: Snapshot(query_count=1000, bytes_received=9000)})
    averages.refresh(20.0, {SHOP: Snapshot(query_count=1000, bytes_received=9000)})
    totals = {SHOP: Snapshot(query_count=30, bytes_received=60)}
    assert averages.of(20.0, totals).query_count == 3


def test_what_was_given_may_change_afterwards() -> None:
    averages = Averages(0.0)
    totals = {SHOP: Snapshot(query_count=100)}
    averages.refresh(10.0, totals)
    averages.refresh(20.0, totals)
    totals.clear()
    assert averages.of(20.0, {SHOP: Snapshot(query_count=200)}).query_count == 10


def test_the_text_is_that_of_the_log_line() -> None:
    shown = Average(
        xact_count=1,
        query_count=2,
        client_parse_count=3,
        server_parse_count=4,
        bind_count=5,
        client_login_count=6,
        bytes_received=7,
        bytes_sent=8,
        xact_time=9,
        query_time=10,
        wait_time=11,
    )
    assert str(shown) == (
        "1 xacts/s, 2 queries/s, 3 client parses/s, 4 server parses/s, 5 binds/s, "
        "6 client logins/s, in 7 B/s, out 8 B/s, xact 9 us, query 10 us, wait 11 us"
    )
