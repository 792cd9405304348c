"""How the pooler gets to its end: grace, waiting, dismissing, stopped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pgpool_py.pooler.stopping import NEXT, Phase, Stopping
from pgpool_py.settings import PoolMode
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import (
    IN_TRANSACTION,
    complete,
    done,
    kinds,
    query,
    told,
)
from tests.pooler.house import House, app_and_blog, startup
from tests.pooler.test_pooler import let_pass, reload

Build = Callable[..., House]

WAITING = pytest.mark.parametrize(
    "how", [Stopping.WAIT_FOR_CLIENTS, Stopping.WAIT_FOR_SERVERS]
)
GONE = ("FATAL", "57P01", "pooler is shutting down")


def begin(house: House, client: Wire) -> Wire:
    """Let a client begin a transaction; return its server."""
    client.received()
    house.send(client, query("BEGIN"))
    found = house.postgres.waiting()
    server = found[0] if found else house.postgres._accepted[0]
    server.received()
    server.send(complete("BEGIN") + IN_TRANSACTION)
    house.turn()
    client.received()
    return server


def in_transaction(house: House) -> tuple[Wire, Wire]:
    """Return a client in a transaction, and its server."""
    house.pooler.start()
    client = house.come_in()
    return client, begin(house, client)


def commit(house: House, client: Wire, server: Wire) -> None:
    house.send(client, query("COMMIT"))
    server.send(done("COMMIT"))
    house.turn()


def phase(house: House) -> Phase:
    return house.pooler._stop.phase


def test_every_phase_leads_to_the_end() -> None:
    reached, at = [Phase.GRACE], Phase.GRACE
    while at in NEXT:
        at = NEXT[at]
        reached.append(at)
    assert reached == [phase for phase in Phase if phase is not Phase.SERVING]


# Waiting


@WAITING
def test_by_default_there_is_no_grace_and_no_end_to_the_waiting(
    house: House, clock: Clock, how: Stopping
) -> None:
    client, _ = in_transaction(house)
    house.pooler.shut_down(how)
    assert phase(house) is Phase.WAITING
    let_pass(house, clock, 100.0)
    assert phase(house) is Phase.WAITING
    assert client.received() == b""


def test_who_logs_in_while_it_waits_is_refused(house: House) -> None:
    in_transaction(house)
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    late = house.arrive(startup())
    assert told(late.received()) == ("FATAL", "57P03", "pooler is shutting down")


def test_who_comes_to_the_console_is_let_in(house: House) -> None:
    in_transaction(house)
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    house.arrive(startup("pgbouncer", "root"))
    assert len(house.console.opened) == 1


def test_what_it_waits_for_may_be_changed(house: House, clock: Clock) -> None:
    client, server = in_transaction(house)
    idle = house.come_in()
    idle.received()
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    house.pooler.shut_down(Stopping.WAIT_FOR_SERVERS)
    assert told(house.send(idle, query("SELECT 1")))[2] == "server shutting down"
    commit(house, client, server)
    let_pass(house, clock, 0.2)
    assert house.pooler.stopped.is_set()


def test_a_suspension_ends_first(house: House, clock: Clock) -> None:
    client, server = in_transaction(house)
    house.pooler.suspend()
    house.pooler.shut_down(Stopping.WAIT_FOR_SERVERS)
    assert house.pooler.suspension is None
    commit(house, client, server)
    let_pass(house, clock, 0.2)
    assert house.pooler.stopped.is_set()


# Grace


@WAITING
def test_in_its_grace_everything_is_as_before(
    build: Build, clock: Clock, tmp_path: Path, how: Stopping
) -> None:
    house = build(shutdown_grace=5.0, listen_addr=("127.0.0.1",), listen_port=0)
    house.pooler.start()
    address = house.pooler.addresses[0]
    client = house.come_in()
    client.received()
    house.pooler.shut_down(how)
    assert phase(house) is Phase.GRACE
    assert house.pooler.addresses == [address]
    let_pass(house, clock, 4.5)
    late = house.arrive(startup())
    assert kinds(late.received()) == "RSSSSSKZ"
    house.send(late, query("SELECT 1"))
    server = house.postgres._accepted[0]
    assert server.received() == query("SELECT 1")
    let_pass(house, clock, 1.0)
    assert phase(house) is Phase.WAITING
    assert house.pooler.addresses == []
    server.send(done())


def test_a_grace_that_a_reload_takes_away_is_over(build: Build, clock: Clock) -> None:
    house = build(shutdown_grace=600.0)
    in_transaction(house)
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    reload(house, shutdown_grace=0.0)
    let_pass(house, clock, 0.2)
    assert phase(house) is Phase.WAITING


# Dismissing


@WAITING
def test_after_the_timeout_clients_go_at_the_end_of_their_transactions(
    build: Build, clock: Clock, how: Stopping
) -> None:
    house = build(shutdown_timeout=10.0)
    client, server = in_transaction(house)
    idle = house.come_in()
    idle.received()
    house.pooler.shut_down(how)
    let_pass(house, clock, 9.5)
    assert idle.received() == b""
    let_pass(house, clock, 1.0)
    assert told(idle.received()) == GONE
    assert idle.ended
    assert client.received() == b""
    commit(house, client, server)
    let_pass(house, clock, 0.2)
    # CommandComplete and ReadyForQuery of its COMMIT, and only then the end.
    stream = client.received()
    assert kinds(stream) == "CZE"
    assert told(stream[stream.index(b"E\0") :]) == GONE
    assert house.pooler.stopped.is_set()


def test_a_client_that_is_quicker_than_the_tick_gets_no_other_transaction(
    build: Build, clock: Clock
) -> None:
    house = build(shutdown_timeout=10.0)
    client, server = in_transaction(house)
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    let_pass(house, clock, 10.5)
    commit(house, client, server)
    assert kinds(client.received()) == "CZ"
    assert told(house.send(client, query("BEGIN"))) == GONE
    server.received()


def test_in_session_mode_a_client_goes_with_its_transaction_too(
    build: Build, clock: Clock
) -> None:
    house = build(shutdown_timeout=10.0, pool_mode=PoolMode.SESSION)
    client, server = in_transaction(house)
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    let_pass(house, clock, 10.5)
    commit(house, client, server)
    assert kinds(client.received()) == "CZ"
    assert told(house.send(client, query("BEGIN"))) == GONE


def test_in_session_mode_a_client_that_is_idle_goes_at_once(
    build: Build, clock: Clock
) -> None:
    house = build(shutdown_timeout=10.0, pool_mode=PoolMode.SESSION)
    client, server = in_transaction(house)
    commit(house, client, server)
    client.received()
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    let_pass(house, clock, 10.5)
    assert told(client.received()) == GONE


def test_after_the_timeout_again_the_rest_is_closed(build: Build, clock: Clock) -> None:
    house = build(shutdown_timeout=10.0)
    client, _ = in_transaction(house)
    replicating = house.arrive(startup(replication="database"))
    house.log_in_server()
    replicating.received()
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    let_pass(house, clock, 19.5)
    assert client.received() == replicating.received() == b""
    let_pass(house, clock, 1.0)
    assert told(client.received()) == told(replicating.received()) == GONE
    assert house.pooler.stopped.is_set()


def test_who_waits_to_be_let_in_is_told(
    build: Build, clock: Clock, tmp_path: Path
) -> None:
    house = build(shutdown_timeout=10.0, databases=app_and_blog(tmp_path))
    in_transaction(house)
    coming = house.arrive(startup("blog"))
    coming.received()
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    let_pass(house, clock, 10.5)
    assert told(coming.received()) == GONE


def test_nobody_waits_for_the_console_any_more(build: Build, clock: Clock) -> None:
    house = build(shutdown_timeout=10.0)
    house.pooler.start()
    house.arrive(startup("pgbouncer", "root"))
    house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    let_pass(house, clock, 9.5)
    assert not house.pooler.stopped.is_set()
    let_pass(house, clock, 1.0)
    assert house.pooler.stopped.is_set()
