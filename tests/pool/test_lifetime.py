"""When a server is old enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.pool.lifetime import JITTER, end_of_life


@pytest.mark.parametrize(
    ("chance", "expected"), [(0.0, 3700.0), (0.5, 3520.0), (1.0, 3340.0)]
)
def test_servers_opened_together_are_not_closed_together(
    chance: float, expected: float
) -> None:
    assert end_of_life(100.0, 3600.0, chance) == pytest.approx(expected)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1))
def test_no_server_lives_longer_than_it_may_nor_much_shorter(
    opened: float, lifetime: float, chance: float
) -> None:
    end = end_of_life(opened, lifetime, chance)
    assert end <= opened + lifetime
    assert end >= opened + lifetime * (1 - JITTER) - 1e-6


def test_a_lifetime_of_nothing_means_one_use() -> None:
    assert end_of_life(5.0, 0.0, 0.7) == 5.0
