"""The books of a pool, kept with integers for servers and letters for waiters."""

import pytest

from pgpool_py.pool.books import MOST_OPENING, Books, Sizes


def books(
    size: int = 10,
    *,
    minimum: int = 0,
    reserve: int = 0,
    idle: int = 0,
    round_robin: bool = False,
) -> Books[int, str]:
    """Return books with idle servers 1 to ``idle``, of which 1 came back first."""
    kept: Books[int, str] = Books(
        Sizes(size, minimum, reserve, 5.0), round_robin=round_robin
    )
    for server in range(1, idle + 1):
        kept.begin_opening()
        kept.opened(server)
        kept.put(server)
    return kept


# Servers


def test_an_empty_pool_has_nothing_to_lend() -> None:
    assert books().take() is None


def test_the_server_that_came_back_last_is_lent_first() -> None:
    kept = books(idle=3)
    assert [kept.take(), kept.take(), kept.take(), kept.take()] == [3, 2, 1, None]


def test_round_robin_lends_the_server_that_was_idle_longest() -> None:
    kept = books(idle=3, round_robin=True)
    assert kept.take() == 1
    kept.put(1)
    assert [kept.take(), kept.take(), kept.take()] == [2, 3, 1]


def test_round_robin_may_be_switched_on_while_servers_are_idle() -> None:
    kept = books(idle=3)
    kept.round_robin = True
    assert kept.take() == 1


def test_a_server_is_idle_or_busy_and_never_both() -> None:
    kept = books(idle=2)
    kept.take()
    assert (list(kept.idle), kept.busy) == ([1], {2})
    assert kept.take() == 1
    assert (list(kept.idle), kept.busy) == ([], {1, 2})
    kept.put(2)
    assert (list(kept.idle), kept.busy) == ([2], {1})
    assert kept.connected == kept.total == 2


def test_a_server_being_opened_counts_but_is_not_connected() -> None:
    kept = books()
    kept.begin_opening()
    assert (kept.opening, kept.connected, kept.total) == (1, 0, 1)
    kept.opened(7)
    assert (kept.opening, kept.connected, kept.total) == (0, 1, 1)
    assert kept.busy == {7}


def test_a_server_that_could_not_be_opened_leaves_no_trace() -> None:
    kept = books()
    kept.begin_opening()
    kept.opening_failed()
    assert kept.total == 0


def test_idle_and_busy_servers_can_be_struck_out() -> None:
    kept = books(idle=2)
    kept.take()
    kept.remove(2)
    kept.remove(1)
    assert kept.total == 0


def test_a_server_that_was_never_lent_cannot_be_put() -> None:
    kept = books(idle=1)
    with pytest.raises(KeyError):
        kept.put(2)


def test_a_server_cannot_be_put_twice() -> None:
    kept = books(idle=1)
    kept.take()
    kept.put(1)
    with pytest.raises(KeyError):
        kept.put(1)


def test_a_server_cannot_be_struck_out_twice() -> None:
    kept = books(idle=1)
    kept.remove(1)
    with pytest.raises(ValueError, match="deque"):
        kept.remove(1)


# Waiters


def test_waiters_are_served_in_the_order_in_which_they_came() -> None:
    kept = books()
    kept.wait("a", 1.0)
    kept.wait("b", 2.0)
    assert kept.oldest_wait() == 1.0
    assert kept.next_waiter() == ("a", 1.0)
    assert kept.next_waiter() == ("b", 2.0)
    assert kept.next_waiter() is None
    assert kept.oldest_wait() is None


def test_a_waiter_whose_server_died_is_first_again_and_keeps_its_time() -> None:
    kept = books()
    kept.wait("a", 1.0)
    kept.wait("b", 2.0)
    first = kept.next_waiter()
    assert first is not None
    kept.wait("c", 3.0)
    kept.wait_first(*first)
    assert list(kept.waiters.items()) == [("a", 1.0), ("b", 2.0), ("c", 3.0)]


def test_a_waiter_may_leave_from_the_middle() -> None:
    kept = books()
    for since, waiter in enumerate("abc"):
        kept.wait(waiter, float(since))
    assert kept.leave("b") == 1.0
    assert kept.leave("b") is None
    assert list(kept.waiters) == ["a", "c"]


# Growth


def test_nobody_waits_and_no_minimum_is_set_so_nothing_is_opened() -> None:
    assert books().wanted(0.0) == 0


def test_one_server_is_opened_for_each_waiter() -> None:
    kept = books()
    kept.wait("a", 0.0)
    kept.wait("b", 0.0)
    assert kept.wanted(0.0) == 2
    kept.begin_opening()
    assert kept.wanted(0.0) == 1
    kept.begin_opening()
    assert kept.wanted(0.0) == 0


def test_the_pool_does_not_grow_above_its_size() -> None:
    kept = books(2, idle=1)
    kept.take()
    for waiter in "abc":
        kept.wait(waiter, 0.0)
    assert kept.wanted(0.0) == 1
    kept.begin_opening()
    assert kept.wanted(0.0) == 0


def test_a_pool_is_full_when_its_size_and_its_reserve_are_reached() -> None:
    kept = books(idle=2, size=3, reserve=1)
    kept.take()
    assert not kept.full
    kept.begin_opening()
    assert not kept.full
    kept.begin_opening()
    assert kept.full


def test_a_pool_without_a_size_is_never_full() -> None:
    assert not books(idle=3, size=0, reserve=1).full


def test_a_size_of_zero_is_no_limit() -> None:
    kept = books(0, idle=50)
    for _ in range(50):
        kept.take()
    for waiter in "abc":
        kept.wait(waiter, 0.0)
    assert kept.wanted(0.0) == 3


def test_the_minimum_is_kept_though_nobody_waits() -> None:
    kept = books(minimum=3, idle=1)
    assert kept.wanted(0.0) == 2
    kept.begin_opening()
    assert kept.wanted(0.0) == 1


def test_the_size_is_above_the_minimum() -> None:
    assert books(2, minimum=5).wanted(0.0) == 2


def test_the_reserve_is_opened_only_for_who_has_waited_long_enough() -> None:
    kept = books(1, reserve=1, idle=1)
    kept.take()
    kept.wait("a", 100.0)
    kept.wait("b", 101.0)
    assert kept.wanted(104.9) == 0
    assert kept.wanted(105.0) == 1
    kept.begin_opening()
    # The reserve is used up.
    assert kept.wanted(200.0) == 0


def test_without_a_reserve_waiting_long_opens_nothing() -> None:
    kept = books(1, idle=1)
    kept.take()
    kept.wait("a", 0.0)
    assert kept.wanted(1e6) == 0


def test_a_burst_does_not_open_everything_at_once() -> None:
    kept = books(100)
    for number in range(50):
        kept.wait(str(number), 0.0)
    assert kept.wanted(0.0) == MOST_OPENING
    for _ in range(MOST_OPENING):
        kept.begin_opening()
    assert kept.wanted(0.0) == 0
    kept.opened(1)
    assert kept.wanted(0.0) == 1


def test_smaller_sizes_open_nothing_more_and_close_nothing() -> None:
    kept = books(5, idle=5)
    for _ in range(5):
        kept.take()
    kept.sizes = Sizes(2)
    kept.wait("a", 0.0)
    assert kept.wanted(0.0) == 0
    assert kept.connected == 5
