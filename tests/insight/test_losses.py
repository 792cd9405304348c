"""Servers that are lost are events; those that are closed are none."""

from pgpool_py.insight.events import EventKind, Events
from pgpool_py.insight.losses import Losses
from pgpool_py.reasons import Reason
from tests.fixtures.hand import Clock
from tests.insight.test_leaks import Build, Scene
from tests.pooler.staging import Stage

CRASHED = "server conn crashed?"


def texts(events: Events) -> list[str]:
    return [event.text for event in events.all() if event.kind is EventKind.LOSS]


def test_those_of_a_second_are_told_together_and_once(stage: Stage) -> None:
    pool, events = stage.pool(), Events()
    losses = Losses(stage.pooler, events)
    losses.tick()
    for server in [stage.server(pool) for _ in range(3)]:
        server.close(Reason.SERVER_CRASHED)
    losses.tick()
    losses.tick()
    assert texts(events) == [f"pool shop/ann: 3 servers lost: {CRASHED}"]
    stage.server(pool).close(Reason.SERVER_CRASHED)
    losses.tick()
    assert texts(events)[1:] == [f"pool shop/ann: 1 server lost: {CRASHED}"]


def test_who_is_closed_on_purpose_is_not_lost(stage: Stage) -> None:
    pool, events = stage.pool(), Events()
    stage.server(pool).close(Reason.SERVER_LIFETIME)
    stage.server(pool).close(Reason.POOLER_SHUTTING_DOWN)
    Losses(stage.pooler, events).tick()
    assert texts(events) == []


def test_a_pool_that_is_made_anew_goes_on_with_its_counts(stage: Stage) -> None:
    pool, events = stage.pool(), Events()
    losses = Losses(stage.pooler, events)
    stage.server(pool).close(Reason.SERVER_CRASHED)
    pool.counters.client_login_count = 1
    losses.tick()
    stage.pooler.retired.keep(("shop", "ann"), pool.counters)
    del stage.pooler.pools["shop", "ann"]
    assert stage.pool() is not pool
    losses.tick()
    assert len(texts(events)) == 1


def test_a_snapshot_tells_of_a_server_that_hangs_up(build: Build, clock: Clock) -> None:
    scene = Scene(build(default_pool_size=1), clock)
    scene.hold()
    scene.server.close()
    scene.house.turn()
    scene.pass_by(1.0)
    assert texts(scene.observer.events) == [f"pool app/alice: 1 server lost: {CRASHED}"]
    scene.waiting.close()
    scene.house.turn()
