"""Who waits until channels are heard."""

from pgpool_py.listen.askers import Asker, Askers


def asker(who: int, since: float = 0.0) -> Asker[int]:
    return Asker(who, frozenset({b"a"}), lambda _: None, since)


def test_those_that_are_meant_wait_no_more() -> None:
    askers: Askers[int] = Askers()
    first, second, third = asker(1), asker(2), asker(1)
    for one in (first, second, third):
        askers.wait(one)
    assert askers.take(lambda one: one.who == 1) == [first, third]
    assert askers.take(lambda one: one.who == 1) == []
    assert askers.take(lambda _: True) == [second]


def test_with_nobody_there_is_no_oldest_wait() -> None:
    assert Askers[int]().oldest_wait is None


def test_the_oldest_wait_is_that_of_the_first() -> None:
    askers: Askers[int] = Askers()
    askers.wait(asker(1, 7.0))
    askers.wait(asker(2, 8.0))
    assert askers.oldest_wait == 7.0
    askers.take(lambda one: one.who == 1)
    assert askers.oldest_wait == 8.0


def test_it_is_told_whether_the_channels_of_any_are_heard() -> None:
    askers: Askers[int] = Askers()
    askers.wait(Asker(1, frozenset({b"a"}), lambda _: None, 0.0))
    askers.wait(Asker(2, frozenset({b"b", b"c"}), lambda _: None, 0.0))
    assert askers.has({b"a"}.issuperset)
    assert not askers.has({b"b"}.issuperset)
    assert askers.has({b"b", b"c"}.issuperset)
