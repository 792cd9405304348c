"""A client idle in transaction keeps the only server: who it is, from all sides."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from pgpool_py.insight.alerts import AlertKind
from pgpool_py.insight.observer import Observer
from pgpool_py.log import JsonFormatter
from pgpool_py.metrics.exposition import PrometheusExposition
from pgpool_py.metrics.rendering import Format
from pgpool_py.pooler.upkeep import maintain
from pgpool_py.web.plain_data import as_json
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import IN_TRANSACTION, complete, done, query
from tests.pooler.house import House, startup

LEAK = "select ? from orders where name = ?"


class Scene:
    """A pool of one server, a client that keeps it, and one that waits."""

    def __init__(self, house: House, clock: Clock) -> None:
        self.house, self.clock = house, clock
        self.observer = Observer(house.pooler)
        self.observer.begin()
        self.holder = house.arrive(startup())
        self.server = house.log_in_server()
        self.waiting = house.arrive(startup())

    def exchange(self, sent: str, answer: bytes) -> None:
        self.house.send(self.holder, query(sent))
        self.server.received()
        self.server.send(answer)
        self.house.turn()

    def hold(self) -> None:
        """Leave a transaction open, and let another client want the server."""
        self.exchange("BEGIN", complete("BEGIN") + IN_TRANSACTION)
        pooler = self.house.pooler
        # As if their servers had reported it.
        for session, name in zip(
            pooler.gatehouse.sessions.values(), ("web", "job"), strict=True
        ):
            session.parameters = pooler.context.book.of({"application_name": name})
        self.exchange(
            "SELECT 1 FROM orders WHERE name = 'secret'",
            complete("SELECT 1") + IN_TRANSACTION,
        )
        self.house.send(self.waiting, query("SELECT 2"))

    def pass_by(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.house.turn()
        for pool in self.house.pooler.pools.values():
            maintain(pool, self.clock.now)
        for watcher in list(self.house.pooler._watchers):
            watcher()
        self.house.turn()

    def active(self) -> set[AlertKind]:
        return {alert.kind for alert in self.observer.snapshot().alerts}


Build = Callable[..., House]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


def address_of(house: House) -> str:
    visitors = (s.identity.visitor for s in house.pooler.gatehouse.sessions.values())
    return next(f"{v.address}:{v.port}" for v in visitors)


def number_of(house: House) -> int:
    return next(iter(house.pooler.gatehouse.sessions.values())).identity.number


def test_who_leaks_is_named_everywhere(
    build: Build, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(build(default_pool_size=1, query_wait_timeout=100.0), clock)
    address = address_of(scene.house)
    scene.hold()
    scene.pass_by(61.0)
    scene.pass_by(1.0)
    found = [line for line in warnings(caplog) if line.startswith("leak: ")]
    assert len(found) == 1
    assert 'application "web"' in found[0]
    assert found[0].endswith(f"last statement: {LEAK}")
    taken = scene.observer.snapshot()
    [pool] = taken.pools
    [holder] = pool.holders
    assert (holder.application_name, holder.statement) == ("web", LEAK)
    assert [one.application_name for one in pool.waiting] == ["job"]
    assert (pool.now.leaks, pool.tallied.leaks) == (1, 1)
    text = PrometheusExposition().render(taken, Format.TEXT).decode()
    assert 'pgpool_leaks_total{database="app",user="alice"} 1.0' in text
    assert LEAK.encode() in as_json(taken)
    assert b"secret" not in as_json(taken)
    scene.waiting.received()
    scene.pass_by(40.0)
    refusal = scene.waiting.received()
    assert b"query_wait_timeout" in refusal
    said = f'client {address} (application "web") idle in transaction for 102 s'
    assert said.encode() in refusal


def test_without_a_threshold_nobody_leaks(build: Build, clock: Clock) -> None:
    scene = Scene(build(default_pool_size=1, leak_detection_threshold=0.0), clock)
    scene.hold()
    scene.pass_by(90.0)
    [pool] = scene.observer.snapshot().pools
    assert (pool.now.leaks, pool.tallied.leaks) == (0, 0)


def test_alerts_begin_with_a_line_and_end_with_one(
    build: Build, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    scene = Scene(build(default_pool_size=1), clock)
    scene.hold()
    scene.pass_by(1.0)
    assert scene.active() == {AlertKind.EXHAUSTED}
    scene.pass_by(5.0)
    assert scene.active() == {AlertKind.EXHAUSTED, AlertKind.WAIT}
    scene.pass_by(60.0)
    assert scene.active() == set(AlertKind)
    begun = [line for line in warnings(caplog) if "alert: " in line]
    assert len(begun) == 3
    assert all(line.startswith("pool app/alice: ") for line in begun)
    of_alerts = [r for r in caplog.records if "alert: " in r.getMessage()]
    fields = [json.loads(JsonFormatter().format(record)) for record in of_alerts]
    assert {(one["database"], one["user"]) for one in fields} == {("app", "alice")}
    assert {one["alert"] for one in fields} == {str(kind) for kind in AlertKind}
    # Long before it is a leak, and with the number that the console knows it by.
    number, address = number_of(scene.house), address_of(scene.house)
    holder = f'client {number} at {address} (application "web") idle in transaction for'
    for seconds, line in zip((1, 6, 66), begun, strict=True):
        assert f"{holder} {seconds} s" in line
    scene.waiting.close()
    scene.house.turn()
    scene.exchange("COMMIT", done())
    scene.pass_by(1.0)
    assert scene.active() == set()
    ended = [r.getMessage() for r in caplog.records if "alert ended" in r.getMessage()]
    assert len(ended) == 3


def test_a_queue_that_is_full_says_who_holds_the_servers(
    build: Build, clock: Clock
) -> None:
    scene = Scene(build(default_pool_size=1, max_wait_queue=1), clock)
    scene.hold()
    late: Wire = scene.house.arrive(startup())
    refusal = scene.house.send(late, query("SELECT 3"))
    assert b'(application "web") idle in transaction for 0 s' in refusal


def test_of_another_user_no_more_is_said_than_what_it_does(
    build: Build, clock: Clock
) -> None:
    scene = Scene(build(default_pool_size=1, max_wait_queue=1), clock)
    scene.hold()
    session, *_ = scene.house.pooler.gatehouse.sessions.values()
    own = session.identity
    # As where the line of a database gives all the same user at PostgreSQL.
    session.identity = replace(own, user="bob")
    late: Wire = scene.house.arrive(startup())
    refusal = scene.house.send(late, query("SELECT 3"))
    session.identity = own
    assert b"a client of another user idle in transaction for 0 s" in refusal
    assert b"web" not in refusal
