"""How deep exchanges are sent behind each other."""

import pytest

from pgpool_py.pool.tempo import Tempo


class Seconds:
    """Counts what follows and is taken back, second by second."""

    def __init__(self) -> None:
        self.tempo = Tempo(16, 0.0)
        self._now = 0.0
        self._followed = self._taken_back = 0

    def pass_by(self, followed: int, taken_back: int, seconds: float = 1.0) -> int:
        """Let time go by in which so many followed; give the depth."""
        self._now += seconds
        self._followed += followed
        self._taken_back += taken_back
        self.tempo.tick(self._now, self._followed, self._taken_back)
        return self.tempo.depth


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def test_it_begins_as_deep_as_it_may_go(seconds: Seconds) -> None:
    assert seconds.tempo.depth == seconds.tempo.most == 16


def test_one_in_twenty_may_be_taken_back(seconds: Seconds) -> None:
    assert seconds.pass_by(100, 5) == 16
    assert seconds.pass_by(100, 6) == 8


def test_nothing_is_concluded_before_a_second_is_over(seconds: Seconds) -> None:
    assert seconds.pass_by(0, 5, seconds=0.75) == 16
    assert seconds.pass_by(0, 0, seconds=0.25) == 8


def test_each_second_counts_for_itself(seconds: Seconds) -> None:
    assert seconds.pass_by(10, 1) == 8
    assert seconds.pass_by(10, 0) == 9


def test_it_goes_as_far_down_as_one_and_up_again_by_one(seconds: Seconds) -> None:
    assert [seconds.pass_by(1, 1) for _ in range(5)] == [8, 4, 2, 1, 1]
    assert [seconds.pass_by(1, 0) for _ in range(3)] == [2, 3, 4]


def test_it_never_goes_deeper_than_it_may(seconds: Seconds) -> None:
    assert seconds.pass_by(1, 0) == 16


def test_another_limit_holds_at_once(seconds: Seconds) -> None:
    seconds.pass_by(1, 0)
    for most in (4, 8):
        seconds.tempo.limit(most)
        assert seconds.tempo.depth == most


def test_but_where_it_goes_less_deep_it_is_only_a_limit(seconds: Seconds) -> None:
    assert seconds.pass_by(1, 1) == 8
    seconds.tempo.limit(32)
    assert seconds.tempo.depth == 8
    seconds.tempo.limit(4)
    assert seconds.tempo.depth == 4


def test_what_was_counted_before_it_began_does_not_count() -> None:
    tempo = Tempo(16, 0.0, followed=100, taken_back=90)
    tempo.tick(1.0, 101, 90)
    assert tempo.depth == 16
