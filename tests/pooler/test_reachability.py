"""Whether a server can be reached, found out without a client."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pgpool_py.net.resolver import Resolver
from pgpool_py.pooler.reachability import (
    CALM,
    PATIENCE,
    PAUSE,
    UNKNOWN,
    Reachability,
    hosts,
)
from pgpool_py.settings import DatabaseSettings, Settings
from tests.fixtures.hand import Clock
from tests.pooler.house import House, startup
from tests.pooler.postgres import FakePostgres

Build = Callable[..., House]


@pytest.fixture
def needing(build: Build) -> House:
    return build(readiness_needs_server=True)


def tick(house: House, reachability: Reachability) -> str:
    """Let it look, and what comes of that come; return what it says."""
    house.turn()
    reachability.tick()
    house.turn()
    return reachability.why_not


def test_nobody_is_asked_where_readiness_does_not_depend_on_it(house: House) -> None:
    reachability = Reachability(house.pooler)
    assert tick(house, reachability) == ""
    assert house.postgres.waiting() == []


def test_a_host_that_takes_connections_is_reached_and_told_nothing(
    needing: House,
) -> None:
    reachability = Reachability(needing.pooler)
    assert reachability.why_not == UNKNOWN
    assert tick(needing, reachability) == ""
    wire = needing.postgres.accept()
    assert wire.received() == b""
    assert wire.ended


def test_why_none_can_be_reached_is_told_until_one_can(
    needing: House, clock: Clock
) -> None:
    reachability = Reachability(needing.pooler)
    where = f"{needing.postgres.directory}/.s.PGSQL.5432"
    needing.postgres.stop_listening()
    said = tick(needing, reachability)
    assert said.startswith(f"no server can be reached: {where}: connect failed: ")
    with closing(FakePostgres(Path(needing.postgres.directory))):
        # Not at once: it is asked once in a while.
        assert tick(needing, reachability) == said
        clock.advance(PAUSE)
        assert tick(needing, reachability) == ""


def test_while_it_goes_well_it_looks_seldom(needing: House, clock: Clock) -> None:
    reachability = Reachability(needing.pooler)
    assert tick(needing, reachability) == ""
    needing.postgres.stop_listening()
    clock.advance(CALM - PAUSE)
    assert tick(needing, reachability) == ""
    clock.advance(PAUSE)
    assert tick(needing, reachability).startswith("no server can be reached")


def test_after_a_reload_it_looks_soon(needing: House, clock: Clock) -> None:
    reachability = Reachability(needing.pooler)
    assert tick(needing, reachability) == ""
    needing.postgres.stop_listening()
    needing.pooler.reload(replace(needing.pooler.settings), {})
    clock.advance(PAUSE)
    assert tick(needing, reachability).startswith("no server can be reached")


def test_a_server_that_is_connected_is_proof_enough(needing: House) -> None:
    needing.come_in()
    reachability = Reachability(needing.pooler)
    assert tick(needing, reachability) == ""
    assert needing.postgres.waiting() == []


def test_the_loss_of_the_last_server_is_looked_into_at_once(needing: House) -> None:
    reachability = Reachability(needing.pooler)
    assert tick(needing, reachability) == ""
    needing.postgres.accept().close()
    needing.arrive(startup())
    server = needing.log_in_server()
    assert tick(needing, reachability) == ""
    needing.postgres.stop_listening()
    server.close()
    assert tick(needing, reachability).startswith("no server can be reached")


def test_after_the_loss_of_the_last_server_it_looks_often_for_a_while(
    needing: House, clock: Clock
) -> None:
    reachability = Reachability(needing.pooler)
    needing.arrive(startup())
    server = needing.log_in_server()
    assert tick(needing, reachability) == ""
    # PostgreSQL ends its clients first, when it is stopped, and listens on.
    server.close()
    assert tick(needing, reachability) == ""
    needing.postgres.waiting()
    needing.postgres.stop_listening()
    clock.advance(PAUSE)
    assert tick(needing, reachability).startswith("no server can be reached")


def test_a_host_that_does_not_answer_is_given_up(
    needing: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Resolver, "resolve", lambda self, host, port, then: None)
    reachability = Reachability(needing.pooler)
    assert tick(needing, reachability) == UNKNOWN
    clock.advance(PATIENCE)
    said = tick(needing, reachability)
    assert said.endswith("/.s.PGSQL.5432: no answer in 5 s")


def test_a_reload_may_end_the_question(needing: House, clock: Clock) -> None:
    reachability = Reachability(needing.pooler)
    needing.postgres.stop_listening()
    assert tick(needing, reachability)
    needing.pooler.reload(
        replace(needing.pooler.settings, readiness_needs_server=False), {}
    )
    clock.advance(PAUSE)
    assert tick(needing, reachability) == ""


def test_each_host_is_asked_once() -> None:
    settings = Settings(
        unix_socket_dir="/run",
        databases={
            "one": DatabaseSettings(host=("a", "b"), port=5433),
            "two": DatabaseSettings(host=("b",), port=5433),
            "three": DatabaseSettings(),
        },
    )
    assert hosts(settings) == [("a", 5433), ("b", 5433), ("/run", 5432)]
