"""``debug_rotate_servers``: after every release another server is lent."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.pooler.postgres import Bench, server_of

SetUp = Callable[..., Bench]


def test_rotating_a_client_gets_another_server_each_time(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=2, debug_rotate_servers=True)
    first, _ = bench.open()
    second, _ = bench.open()
    one, other = server_of(first), server_of(second)
    bench.give_back(first)
    bench.give_back(second)
    lent = []
    for _ in range(4):
        server = bench.pool.take(first)
        assert server is not None
        lent.append(server)
        first.server = server
        bench.give_back(first)
    assert lent == [one, other, one, other]


@pytest.mark.parametrize("rotates", [False, True])
def test_rotating_a_server_that_comes_back_lets_another_idle_one_go_first(
    set_up: SetUp, rotates: bool
) -> None:
    bench = set_up(default_pool_size=2, debug_rotate_servers=rotates)
    first, _ = bench.open()
    second, _ = bench.open()
    came_back, idle = server_of(first), server_of(second)
    bench.give_back(second)
    # Only so does somebody wait beside an idle server.
    bench.pool.paused = True
    waiting = bench.request()
    bench.pool.paused = False
    bench.give_back(first)
    assert waiting.calls == ["linked"]
    assert server_of(waiting) is (idle if rotates else came_back)
    assert bench.states() == ["active", "idle"]


def test_rotating_may_be_switched_on_by_a_reload(bench: Bench) -> None:
    first, _ = bench.open()
    second, _ = bench.open()
    idle_longest = server_of(first)
    bench.give_back(first)
    bench.give_back(second)
    bench.pool.reconfigure(replace(bench.pool.settings, debug_rotate_servers=True))
    assert server_of(bench.request()) is idle_longest
