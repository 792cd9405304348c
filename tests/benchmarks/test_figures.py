"""Tests of ``benchmarks/figures.py``."""

import pytest

from benchmarks import figures


def test_quartiles_lie_within_the_values() -> None:
    figure = figures.summarise([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (figure.lower, figure.median, figure.upper) == (2.0, 3.0, 4.0)
    assert figure.spread == pytest.approx(4 / 3)


def test_one_value_is_its_own_quartiles() -> None:
    assert figures.summarise([7.0]) == figures.Figure(7.0, 7.0, 7.0, 7.0, 7.0)


def test_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        figures.summarise([])
    with pytest.raises(ValueError, match="no values"):
        figures.percentile([], 0.5)


def test_ratios_are_taken_round_by_round() -> None:
    assert figures.ratios([3.0, 8.0, 1.0], [2.0, 4.0, 0.0]) == [1.5, 2.0]


def test_the_99th_percentile_of_a_hundred_is_the_last() -> None:
    values = [float(number) for number in range(1, 101)]
    assert figures.percentile(values, 0.99) == 100.0
    assert figures.percentile(values, 0.5) == 51.0
