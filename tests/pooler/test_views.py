"""Views of pools and servers in every state."""

import socket

import pytest

from pgpool_py.errors import PoolerError
from pgpool_py.net.stream import Stream
from pgpool_py.pool.hosts import Turn
from pgpool_py.pooler import views
from pgpool_py.pooler.pool import Pool
from pgpool_py.pooler.views import ServerStatus
from pgpool_py.reasons import Reason
from pgpool_py.server.cancel import ServerCancel
from pgpool_py.server.errand import Errand
from pgpool_py.server.opening import Opening
from pgpool_py.server.state import ServerState
from pgpool_py.settings import LoadBalanceHosts, PoolMode
from pgwire.startup import CancelRequest
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
    pool.staffing.openings[begun] = Turn(host)
    return begun


def test_a_pooler_without_pools_shows_nothing(stage: Stage) -> None:
    assert views.pools(stage.pooler) == []
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
    server.run(Errand(lambda server, error: None, 5.0, Reason.CHECK_FAILED), b"")
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


def test_a_cancel_request_on_its_way_is_shown_with_where_it_goes(stage: Stage) -> None:
    pool = stage.pool()
    server = stage.server(pool, stage.client(pool))
    context = stage.pooler.context
    cancel = ServerCancel(
        context.reactor,
        context.tcp_options,
        server.peer,
        CancelRequest(server.pid, server.cancel_key),
        lambda cancel, taken: None,
    )
    pool.aftercare.cancels[cancel] = server
    try:
        active, asked = views.servers(stage.pooler)
    finally:
        del pool.aftercare.cancels[cancel]
        cancel.give_up()
    assert active.status is ServerStatus.ACTIVE
    assert asked.status is ServerStatus.ACTIVE_CANCEL
    assert (asked.address, asked.port) == ("127.0.0.1", 5432)
    assert (asked.remote_pid, asked.number) == (server.pid, 0)
