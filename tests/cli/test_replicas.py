"""Whether the pools of several poolers fit in what PostgreSQL lets in."""

from pgpool_py.cli.replicas import Share, share, sizes
from pgpool_py.insight.advice import Advice


def advice(configured: int, recommended: int) -> Advice:
    return Advice("app", "ann", configured, recommended, 1.0, 1.0, 0.0, 0.0, "so")


def test_what_each_pooler_may_open_is_summed_up_over_its_pools() -> None:
    found = share([advice(20, 12), advice(10, 15)], 3, 97)
    assert found == Share(replicas=3, allowed=97, configured=30, recommended=27)
    assert found.each == 32
    assert found.fits


def test_a_pool_that_grows_as_it_is_advised_has_to_fit_too() -> None:
    assert not share([advice(20, 40)], 3, 97).fits


def test_what_is_configured_has_to_fit_even_if_less_would_do() -> None:
    assert not share([advice(40, 10)], 3, 97).fits


def test_a_pool_without_a_limit_never_fits() -> None:
    assert not share([advice(0, 10)], 1, 97).fits


def test_of_a_pool_without_advice_its_size_counts() -> None:
    assert share([advice(20, 0)], 3, 97).recommended == 20


def test_nothing_is_left_where_all_is_reserved() -> None:
    assert share([advice(1, 1)], 2, -3).each == 0


def test_what_there_is_is_divided_as_advised_with_one_for_each_at_least() -> None:
    assert sizes([advice(20, 30), advice(20, 10), advice(5, 0)], 15) == [10, 3, 1]
