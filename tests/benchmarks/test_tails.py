"""Tests of ``benchmarks/tails.py``: who is slow, and who may follow whom."""

from collections.abc import Callable
from itertools import islice

import pytest

from benchmarks import tails
from benchmarks.statements import Statement, Statements
from pgpool_py.sql.rerunnable import rerunnable, self_contained


def asked(statements: list[Statements]) -> list[Statement]:
    """Return what 64 clients ask if each has its turn, a thousand times in all."""
    return [next(statements[number % 64]) for number in range(1000)]


def text(statement: Statement) -> bytes:
    """Return the text of a Query."""
    return statement.messages[5:-1]


@pytest.mark.parametrize(
    ("statements", "slow"),
    [
        (tails.slow_texts, 10),
        (tails.slow_parameters, 10),
        (tails.table_lock, 50),
        # Two clients of 64 have 16 turns each in a thousand.
        (tails.row_lock, 32),
    ],
)
def test_so_many_of_a_thousand_are_slow(
    statements: Callable[[], list[Statements]], slow: int
) -> None:
    assert sum(one.slow for one in asked(statements())) == slow


def test_of_the_slow_texts_one_may_follow_and_all_may_be_followed() -> None:
    slow = {text(one) for one in asked(tails.slow_texts()) if one.slow}
    assert all(map(self_contained, slow))
    assert {one for one in slow if rerunnable(one) is not None} == {
        b"SELECT * FROM slow"
    }
    assert len(slow) == 2


def test_who_waits_for_the_row_may_be_followed_but_not_follow() -> None:
    slow = {text(next(one)) for one in islice(tails.row_lock(), 2)}
    assert all(map(self_contained, slow))
    assert not any(rerunnable(one) is not None for one in slow)


def test_all_targets_are_asked_the_same() -> None:
    assert asked(tails.slow_texts()) == asked(tails.slow_texts())
