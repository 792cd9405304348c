"""Whose a server's notifications are."""

from pgpool_py.listen.senders import Senders


def test_what_is_claimed_is_the_clients_until_the_fence_is_passed() -> None:
    senders, passed = Senders(), list[int]()
    senders.claim(7, 1)
    senders.disclaim(7, lambda: passed.append(7))
    senders.asked()
    assert senders.of(7) == 1
    assert passed == []
    senders.answered()
    assert senders.of(7) is None
    assert passed == [7]


def test_a_fence_is_not_passed_by_what_was_asked_before() -> None:
    senders, passed = Senders(), list[int]()
    senders.claim(7, 1)
    senders.asked()
    senders.disclaim(7, lambda: passed.append(7))
    senders.answered()
    assert senders.of(7) == 1
    assert senders.waiting
    assert passed == []


def test_what_nobody_claims_is_nobodys() -> None:
    assert Senders().of(7) is None


def test_where_nothing_comes_any_more_nobody_waits() -> None:
    senders, passed = Senders(), list[int]()
    senders.claim(7, 1)
    senders.disclaim(7, lambda: passed.append(7))
    senders.lost()
    assert passed == [7]
    assert not senders.waiting
