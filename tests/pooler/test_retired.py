"""Counters of pools that are no more."""

import pytest

from pgpool_py.pooler import retired as retired_module
from pgpool_py.pooler.retired import OTHERS, REST, Retired
from pgpool_py.statistics import Counters

KEY = ("app", "alice")


def counted(query_count: int = 0) -> Counters:
    """Return counters of a pool that a client got into."""
    return Counters(client_login_count=1, query_count=query_count)


def test_counters_are_kept_until_the_pool_is_made_anew() -> None:
    retired, counters = Retired(), counted(query_count=3)
    retired.keep(KEY, counters)
    assert list(retired.items()) == [(KEY, counters)]
    assert retired.take(KEY) is counters
    assert list(retired.items()) == []
    assert retired.take(KEY) == Counters()


def test_beyond_the_limit_the_oldest_are_summed_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retired_module, "MOST_RETIRED", 2)
    retired = Retired()
    for number in range(1, 5):
        retired.keep((f"db{number}", "u"), counted(query_count=number))
    found = {key: counters.query_count for key, counters in retired.items()}
    assert found == {("db3", "u"): 3, ("db4", "u"): 4, REST: 3}


def test_what_is_gone_is_forgotten() -> None:
    retired = Retired()
    retired.keep(KEY, counted())
    retired.keep(("blog", "bob"), counted())
    retired.forget(lambda name: name == "app")
    assert [key for key, _ in retired.items()] == [("blog", "bob")]


def failed(times: int = 1) -> Counters:
    """Return counters of a pool that no client got into, for no server could."""
    counters = Counters()
    counters.tallies.openings_failed.note("connect failed", times)
    return counters


def test_what_was_tallied_of_a_pool_that_nobody_got_into_stays_under_its_name() -> None:
    retired, counters = Retired(), failed()
    retired.keep(KEY, counters)
    # In SHOW STATS there is nothing of it.
    assert list(retired.items()) == []
    assert list(retired.strangers()) == [(KEY, counters)]
    assert retired.take(KEY) is counters
    assert list(retired.strangers()) == []


def test_a_pool_in_which_nothing_happened_leaves_no_name_behind() -> None:
    retired = Retired()
    retired.keep(("invented", "alice"), Counters())
    assert list(retired.strangers()) == []


def test_beyond_the_limit_the_oldest_that_nobody_got_into_are_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retired_module, "MOST_STRANGERS", 2)
    retired = Retired()
    for number in range(1, 5):
        retired.keep((f"db{number}", "u"), failed(number))
    found = {
        key: counters.tallies.openings_failed.snapshot()["connect failed"]
        for key, counters in retired.strangers()
    }
    assert found == {("db3", "u"): 3, ("db4", "u"): 4, OTHERS: 3}
    retired.forget(lambda name: name == "db3")
    assert [key for key, _ in retired.strangers()] == [("db4", "u"), OTHERS]
