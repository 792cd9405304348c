"""Whose turn it is among hosts that work, fail, do not fit, or will do."""

import pytest

from pgpool_py.pool.hosts import Hosts, Standing, Turn

FAILS = Standing.FAILS
UNFIT = Standing.UNFIT
SECOND = Standing.SECOND_CHOICE
CEILING = 15.0


def new_hosts(*names: str, sticky: bool = False) -> Hosts[str]:
    return Hosts(names, CEILING, sticky=sticky)


def fail(
    hosts: Hosts[str], name: str, now: float, standing: Standing = FAILS, why: str = "-"
) -> None:
    hosts.failed(name, now, now, why, standing)


def turns(hosts: Hosts[str], now: float, number: int) -> str:
    """Return whose turns they are; in capitals those that are lenient, "-" nobody's."""
    found = [hosts.turn(now) for _ in range(number)]
    return "".join(
        "-" if turn is None else turn.host.upper() if turn.lenient else turn.host
        for turn in found
    )


# Turns


def test_hosts_that_work_take_turns() -> None:
    assert turns(new_hosts("a", "b", "c"), 0, 5) == "abcab"


def test_a_host_that_is_named_twice_has_two_turns_and_one_standing() -> None:
    hosts = new_hosts("a", "a", "b")
    assert turns(hosts, 0, 4) == "aaba"
    assert len(hosts) == 2
    fail(hosts, "a", 1)
    assert turns(hosts, 1, 3) == "bbb"


def test_sticky_is_the_first_until_it_fails() -> None:
    hosts = new_hosts("a", "b", "c", sticky=True)
    assert turns(hosts, 0, 2) == "aa"
    fail(hosts, "a", 1)
    assert turns(hosts, 1, 2) == "bb"
    # Its pause is long over, but there is no reason to go back.
    assert turns(hosts, 100, 2) == "bb"
    fail(hosts, "b", 100)
    assert turns(hosts, 100, 2) == "cc"


def test_sticky_goes_on_in_order_where_all_have_failed() -> None:
    hosts = new_hosts("a", "b", sticky=True)
    for now, name in ((10, "a"), (10, "b"), (20, "a"), (20, "b")):
        assert turns(hosts, now, 1) == name
        fail(hosts, name, now)
    assert turns(hosts, 20, 1) == "-"


def test_a_host_that_failed_gets_none_while_others_work() -> None:
    hosts = new_hosts("a", "b", "c")
    fail(hosts, "b", 1)
    assert turns(hosts, 1, 4) == "acac"
    assert turns(hosts, 100, 4) == "acac"


def test_where_none_works_each_is_tried_when_its_pause_is_over() -> None:
    hosts = new_hosts("a", "b")
    fail(hosts, "a", 10)
    fail(hosts, "b", 10.1)
    assert not hosts.due(10.2)
    assert turns(hosts, 10.2, 1) == "-"
    assert hosts.due(10.25)
    assert turns(hosts, 10.25, 2) == "aa"
    assert turns(hosts, 10.35, 2) == "ba"


def test_pauses_double_up_to_the_ceiling_for_each_host_alone() -> None:
    hosts = new_hosts("a", "b")
    now = 0.0
    for _ in range(8):
        now += 100
        fail(hosts, "a", now)
    fail(hosts, "b", now)
    assert hosts.pause == 0.25
    assert turns(hosts, now + 14.9, 2) == "bb"
    assert "a" in turns(hosts, now + CEILING, 2)


def test_attempts_that_were_under_way_together_fail_once() -> None:
    hosts = new_hosts("a")
    hosts.failed("a", 10.0, 10.1, "first", FAILS)
    hosts.failed("a", 10.0, 10.2, "second", FAILS)
    assert hosts.pause == 0.25
    assert hosts.failures() == [("a", "first")]
    hosts.failed("a", 10.4, 10.5, "third", FAILS)
    assert hosts.pause == 0.5


def test_a_success_makes_a_host_one_of_those_that_work() -> None:
    hosts = new_hosts("a", "b")
    fail(hosts, "a", 1)
    fail(hosts, "b", 1)
    assert not hosts.works("a")
    hosts.worked(Turn("a"))
    assert hosts.failures() == [("b", "-")]
    assert turns(hosts, 1, 2) == "aa"


# Second choice


def test_a_second_choice_will_do_where_nothing_better_is_left() -> None:
    hosts = new_hosts("a", "b")
    fail(hosts, "a", 1, SECOND)
    assert turns(hosts, 1, 2) == "bb"
    fail(hosts, "b", 1)
    assert turns(hosts, 1, 2) == "AA"
    assert hosts.due(1)
    # A turn of somebody who waits is no turn to find out.
    assert turns(hosts, 100, 2) == "AA"


def test_a_lenient_success_says_nothing_of_what_a_host_is_like() -> None:
    hosts = new_hosts("a")
    fail(hosts, "a", 1, SECOND)
    hosts.worked(Turn("a", lenient=True))
    assert not hosts.works("a")
    hosts.worked(Turn("a"))
    assert turns(hosts, 1, 1) == "a"


# Looking


def test_a_failed_host_is_looked_at_besides_when_its_pause_is_over() -> None:
    hosts = new_hosts("a", "b")
    assert hosts.lookout(0) is None
    fail(hosts, "b", 1)
    assert hosts.lookout(1.2) is None
    assert hosts.lookout(1.25) == "b"
    fail(hosts, "a", 1)
    # They are tried for those who wait.
    assert hosts.lookout(100) is None


def test_sticky_looks_for_something_better_only() -> None:
    hosts = new_hosts("a", "b", sticky=True)
    fail(hosts, "a", 1)
    assert hosts.lookout(100) is None
    fail(hosts, "b", 1, SECOND)
    assert hosts.lookout(100) == "a"


def test_a_suspicion_is_followed_once_in_the_longest_pause() -> None:
    hosts = new_hosts("a", "b")
    assert hosts.suspect("a", 100)
    assert not hosts.suspect("a", 100 + CEILING - 0.1)
    assert hosts.suspect("b", 100)
    assert hosts.suspect("a", 100 + CEILING)
    assert not hosts.suspect("unknown", 100)
    fail(hosts, "b", 101, UNFIT)
    assert not hosts.suspect("b", 200)


# Other hosts


def test_hosts_that_stay_are_what_they_were() -> None:
    hosts = new_hosts("a", "b")
    fail(hosts, "a", 1)
    hosts.reconfigure(("a", "c"), 1.0)
    assert hosts.failures() == [("a", "-")]
    assert turns(hosts, 1, 2) == "cc"
    hosts.failed("b", 2, 2, "gone", FAILS)
    hosts.worked(Turn("b"))
    assert len(hosts) == 2
    for now in (10, 20, 30, 40):
        fail(hosts, "a", now)
    fail(hosts, "c", 40)
    hosts.worked(Turn("c"))
    assert hosts.lookout(40.9) is None
    assert hosts.lookout(41) == "a"


def test_all_can_be_forgotten() -> None:
    hosts = new_hosts("a", "b")
    fail(hosts, "a", 1, UNFIT)
    fail(hosts, "b", 1)
    hosts.forget()
    assert not hosts.failures()
    assert hosts.due(1)
    assert hosts.pause == 0


@pytest.mark.parametrize("standing", [FAILS, UNFIT])
def test_what_went_wrong_is_kept_in_the_order_of_the_hosts(standing: Standing) -> None:
    hosts = new_hosts("a", "b")
    fail(hosts, "b", 1, standing, "why b")
    fail(hosts, "a", 2, FAILS, "why a")
    assert hosts.failures() == [("a", "why a"), ("b", "why b")]
