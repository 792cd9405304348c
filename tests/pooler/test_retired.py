"""Counters of pools that are no more."""

import pytest

from pgpool_py.pooler import retired as retired_module
from pgpool_py.pooler.retired import REST, Retired
from pgpool_py.statistics import Counters, Tallies

KEY = ("app", "alice")


def counted(query_count: int = 0) -> Counters:
    """Return counters of a pool that a client got into."""
    return Counters(client_login_count=1, query_count=query_count)


def test_counters_are_kept_until_the_pool_is_made_anew() -> None:
    retired, counters = Retired(Tallies()), counted(query_count=3)
    retired.keep(KEY, counters)
    assert list(retired.items()) == [(KEY, counters)]
    assert retired.take(KEY) is counters
    assert list(retired.items()) == []
    assert retired.take(KEY) == Counters()


def test_beyond_the_limit_the_oldest_are_summed_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retired_module, "MOST_RETIRED", 2)
    retired = Retired(Tallies())
    for number in range(1, 5):
        retired.keep((f"db{number}", "u"), counted(query_count=number))
    found = {key: counters.query_count for key, counters in retired.items()}
    assert found == {("db3", "u"): 3, ("db4", "u"): 4, REST: 3}


def test_what_is_gone_is_forgotten() -> None:
    retired = Retired(Tallies())
    retired.keep(KEY, counted())
    retired.keep(("blog", "bob"), counted())
    retired.forget(lambda name: name == "app")
    assert [key for key, _ in retired.items()] == [("blog", "bob")]


def test_who_never_got_in_leaves_no_name_behind_but_what_was_tallied() -> None:
    nobodys = Tallies()
    retired, counters = Retired(nobodys), Counters()
    counters.tallies.openings_failed.note("connect failed")
    retired.keep(("invented", "alice"), counters)
    assert list(retired.items()) == []
    assert nobodys.openings_failed.snapshot() == {"connect failed": 1}
