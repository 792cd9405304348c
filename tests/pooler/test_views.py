"""Views of a pooler with clients and servers in every state."""

import socket
import time

import pytest

from pgpool_py.errors import PoolerError
from pgpool_py.net.stream import Stream
from pgpool_py.pooler import views
from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.views import ClientStatus, ServerStatus
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import Errand
from pgpool_py.server.opening import Opening
from pgpool_py.server.state import ServerState
from pgpool_py.settings import LoadBalanceHosts, PoolMode
from tests.pooler.staging import Nobody, Stage, destination


class NewClient:
    """A client that logs in, and is never told anything."""

    def on_welcome(self, pool: Pool) -> None:
        raise AssertionError("there is no server")

    def on_refused(self, error: PoolerError, reason: Reason) -> None:
        raise AssertionError("there is no reason")


def opening(stage: Stage, pool: Pool, host: str) -> Opening:
    context = stage.pooler.context
    begun = Opening(
        context.reactor,
        context.tcp_options,
        destination(host),
        lambda opening, outcome: None,
    )
    pool.staffing.openings.add(begun)
    return begun


def test_a_pooler_without_pools_shows_nothing(stage: Stage) -> None:
    assert views.pools(stage.pooler) == []
    assert views.clients(stage.pooler) == []
    assert views.servers(stage.pooler) == []


def test_pools_come_by_database_and_user(stage: Stage) -> None:
    for user in ("bob", "ann"):
        stage.pool("shop", user)
    found = [(view.database, view.user) for view in views.pools(stage.pooler)]
    assert found == [("shop", "ann"), ("shop", "bob")]


def test_clients_are_counted_by_what_they_do(stage: Stage) -> None:
    pool = stage.pool()
    stage.client(pool)
    stage.server(pool, stage.client(pool))
    stage.wait(stage.client(pool), pool, 2.5)
    stage.wait(stage.client(pool), pool, 1.0)
    (view,) = views.pools(stage.pooler)
    # The one that wants nothing counts as active, as in PgBouncer.
    assert (view.cl_active, view.cl_waiting) == (2, 2)
    assert view.maxwait == pytest.approx(2.5)
    assert view.pool_mode is PoolMode.SESSION


def test_a_client_that_waits_for_the_first_server_waits(stage: Stage) -> None:
    pool = stage.pool()
    # So that none is opened.
    pool.paused = True
    pool.greet(NewClient())
    (view,) = views.pools(stage.pooler)
    assert (view.cl_active, view.cl_waiting) == (0, 1)


def test_clients_of_one_pool_are_not_counted_in_another(stage: Stage) -> None:
    stage.client(stage.pool("shop", "bob"))
    stage.pool("shop", "ann")
    found = {view.user: view.cl_active for view in views.pools(stage.pooler)}
    assert found == {"ann": 0, "bob": 1}


def test_a_client_whose_server_is_being_cancelled_does_not_wait(stage: Stage) -> None:
    pool = stage.pool()
    client = stage.client(pool)
    stage.server(pool, client)
    # It is held back, but it has a server.
    client.waiting = True
    (view,) = views.pools(stage.pooler)
    assert (view.cl_active, view.cl_waiting, view.maxwait) == (1, 0, 0.0)


@pytest.mark.parametrize(
    ("state", "column"),
    [
        (ServerState.ACTIVE, "sv_active"),
        (ServerState.TESTED, "sv_tested"),
        (ServerState.ABANDONED, "sv_tested"),
        (ServerState.BEING_CANCELED, "sv_being_canceled"),
    ],
)
def test_a_busy_server_is_counted_by_its_state(
    stage: Stage, state: ServerState, column: str
) -> None:
    pool = stage.pool()
    server = stage.server(pool)
    assert pool.books.take() is server
    server.state = state
    (view,) = views.pools(stage.pooler)
    columns = ("sv_active", "sv_tested", "sv_being_canceled", "sv_idle", "sv_login")
    counts = {name: getattr(view, name) for name in columns}
    assert counts == dict.fromkeys(columns, 0) | {column: 1}


def test_an_idle_server_and_an_opening_are_counted(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool)
    opening(stage, pool, "127.0.0.1")
    (view,) = views.pools(stage.pooler)
    assert (view.sv_idle, view.sv_login, view.sv_active) == (1, 1, 0)


def test_a_server_that_is_checked_while_it_is_lent_is_tested(stage: Stage) -> None:
    pool = stage.pool()
    server = stage.server(pool, stage.client(pool))
    errand = Errand(lambda server, error: None, 5.0, Reason.CHECK_FAILED)
    server.run(errand, b"")
    (view,) = views.servers(stage.pooler)
    assert view.status is ServerStatus.TESTED


def test_the_balance_over_hosts_is_shown_for_several_only(stage: Stage) -> None:
    balance = views.balance
    disable = LoadBalanceHosts.DISABLE
    assert balance(None, None) is None
    assert balance(("one",), disable) is None
    assert balance(("one", "two"), disable) is disable
    assert balance(("one", "two"), None) is LoadBalanceHosts.ROUND_ROBIN


def test_a_pool_carries_what_it_counted(stage: Stage) -> None:
    pool = stage.pool()
    pool.counters.query_count = 7
    (view,) = views.pools(stage.pooler)
    pool.counters.query_count = 8
    assert view.statistics.query_count == 7


# Clients


def test_a_client_shows_who_it_is(stage: Stage) -> None:
    client = stage.client(stage.pool())
    (view,) = views.clients(stage.pooler)
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
    first, second = views.clients(stage.pooler)
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
    (view,) = views.clients(stage.pooler)
    assert view.requested == pytest.approx(time.time() - 100, abs=5)


def test_a_clients_own_application_name_goes_before_the_default(stage: Stage) -> None:
    pool = stage.pool()
    pool.staffing.defaults = {"application_name": "from the server"}
    stage.client(pool)
    named = stage.client(pool)
    book = stage.pooler.context.book
    named.parameters = book.of({"application_name": "psql"})
    found = [view.application_name for view in views.clients(stage.pooler)]
    assert found == ["from the server", "psql"]


# Servers


def test_a_server_shows_who_has_it(stage: Stage) -> None:
    pool = stage.pool()
    client = stage.client(pool)
    server = stage.server(pool, client)
    server.close_needed = True
    (view,) = views.servers(stage.pooler)
    assert (view.database, view.user) == ("shop", "ann")
    assert (view.number, view.client) == (server.id, client.identity.number)
    assert (view.address, view.port) == ("127.0.0.1", 5432)
    assert view.remote_pid == server.pid
    assert view.application_name == "psql"
    assert view.close_needed
    assert view.status is ServerStatus.ACTIVE


def test_servers_come_by_state_and_age(stage: Stage) -> None:
    pool = stage.pool()
    opening(stage, pool, "127.0.0.1")
    first = stage.server(pool)
    active = stage.server(pool, stage.client(pool))
    second = stage.server(pool)
    found = [view.number for view in views.servers(stage.pooler)]
    assert found == [active.id, first.id, second.id, 0]


def test_a_server_on_a_unix_socket_has_no_path(stage: Stage) -> None:
    stage.server(stage.pool(), peer="/run/postgresql/.s.PGSQL.5432")
    (view,) = views.servers(stage.pooler)
    assert (view.address, view.port) == ("unix", 5432)
    assert (view.local_address, view.local_port) == ("unix", 5432)


def test_a_server_on_tcp_has_an_address_on_this_side(stage: Stage) -> None:
    server = stage.server(stage.pool())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours = socket.create_connection(listening.getsockname())
        stage.sockets.append(listening.accept()[0])
    stage.streams.append(Stream(stage.loop.reactor, ours, Nobody()))
    server.stream.close()
    server.stream = stage.streams[-1]
    (view,) = views.servers(stage.pooler)
    assert (view.local_address, view.local_port) == ours.getsockname()


@pytest.mark.parametrize(
    ("host", "address", "local"),
    [
        ("db.example", ("db.example", 5432), ("", 0)),
        ("/run/postgresql", ("unix", 5432), ("unix", 5432)),
    ],
)
def test_a_server_being_opened_is_new(
    stage: Stage, host: str, address: tuple[str, int], local: tuple[str, int]
) -> None:
    opening(stage, stage.pool(), host)
    (view,) = views.servers(stage.pooler)
    assert view.status is ServerStatus.NEW
    assert (view.address, view.port) == address
    assert (view.local_address, view.local_port) == local
    assert (view.number, view.remote_pid, view.client) == (0, 0, None)
