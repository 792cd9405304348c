"""Views of clients that are in, and of those at the door."""

import time

import pytest

from pgpool_py.client.arrival import Arrival
from pgpool_py.client.door import Visitor
from pgpool_py.pooler.client_views import ClientStatus, arrivals, clients
from tests.pooler.staging import Stage


def test_a_pooler_without_clients_shows_none(stage: Stage) -> None:
    assert clients(stage.pooler) == arrivals(stage.pooler) == []


def test_a_client_shows_who_it_is(stage: Stage) -> None:
    client = stage.client(stage.pool())
    (view,) = clients(stage.pooler)
    assert (view.database, view.user) == ("shop", "ann")
    assert (view.address, view.port) == ("192.0.2.7", 50_001)
    assert (view.local_address, view.local_port) == ("192.0.2.1", 6432)
    assert view.connected == 1_000_000_000.0
    assert view.number == client.identity.number
    assert (view.status, view.server, view.wait) == (ClientStatus.IDLE, None, 0.0)


def test_clients_that_wait_come_last_in_their_pool(stage: Stage) -> None:
    pool = stage.pool()
    waiting = stage.client(pool)
    stage.wait(waiting, pool, 3.0)
    active = stage.client(pool)
    server = stage.server(pool, active)
    active.timing.exchange_since = stage.pooler.now - 1.5
    first, second = clients(stage.pooler)
    assert (first.number, first.status) == (
        active.identity.number,
        ClientStatus.ACTIVE,
    )
    assert first.server == server.id
    assert first.wait == pytest.approx(1.5)
    assert second.status is ClientStatus.WAITING
    assert second.wait == pytest.approx(3.0)


def test_the_reactors_clock_is_shown_as_time_of_day(stage: Stage) -> None:
    client = stage.client(stage.pool())
    client.timing.since = time.monotonic() - 100
    (view,) = clients(stage.pooler)
    assert view.requested == pytest.approx(time.time() - 100, abs=5)


def test_a_clients_own_application_name_goes_before_the_default(stage: Stage) -> None:
    pool = stage.pool()
    pool.staffing.defaults = {"application_name": "from the server"}
    stage.client(pool)
    named = stage.client(pool)
    book = stage.pooler.context.book
    named.parameters = book.of({"application_name": "psql"})
    found = [view.application_name for view in clients(stage.pooler)]
    assert found == ["from the server", "psql"]


def test_a_client_that_logs_in_is_none_yet_and_has_no_names(stage: Stage) -> None:
    visitor = Visitor(7, "192.0.2.7", 50_007, "192.0.2.1", 6432, 0.0, 1e9)
    gatehouse = stage.pooler.gatehouse
    gatehouse.arrivals[Arrival(gatehouse, visitor)] = None
    assert clients(stage.pooler) == []
    (view,) = arrivals(stage.pooler)
    assert (view.database, view.user) == ("(nodb)", "(nouser)")
    assert (view.number, view.address, view.port) == (7, "192.0.2.7", 50_007)
    assert view.status is ClientStatus.LOGIN
