"""SUSPEND: everything comes to rest, or is closed, and goes on where it was."""

import socket
from collections.abc import Callable
from pathlib import Path

from pgpool_py.net.address import unix_socket_path
from pgpool_py.net.stream import Stream
from pgpool_py.pooler.suspension import Suspension
from pgwire.backend import DataRow
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import READY, complete, done, kinds, query, told
from tests.pooler.house import House, startup
from tests.pooler.test_pooler import let_pass

Build = Callable[..., House]

ROW = DataRow((b"x" * 10_000,)).encode()
LATE = ("FATAL", "57P01", "suspend_timeout")


def running(house: House) -> tuple[Wire, Wire]:
    """Return a client whose query runs, and its server."""
    house.pooler.start()
    client = house.come_in()
    client.received()
    house.send(client, query("SELECT 1"))
    server = house.postgres._accepted[0]
    server.received()
    return client, server


def is_complete(suspension: Suspension) -> bool:
    # For mypy, to which an attribute that was false stays so.
    return suspension.complete


def overfill(house: House, server: Wire, client: Stream) -> bytes:
    """Let a server send more than the kernel keeps for a client; return it."""
    sent = b""
    while not client.backlog:
        assert len(sent) < 10_000_000
        server.send(ROW)
        sent += ROW
        house.turn()
    return sent


def test_with_nothing_kept_it_is_complete_at_once(house: House) -> None:
    house.pooler.start()
    house.come_in()
    assert house.pooler.suspend().complete


def test_nobody_is_read_until_it_is_over(house: House, clock: Clock) -> None:
    house.pooler.start()
    client = house.come_in()
    client.received()
    house.pooler.suspend()
    server = house.postgres._accepted[0]
    server.received()
    house.send(client, query("SELECT 1"))
    let_pass(house, clock, 1.0)
    assert server.received() == b""
    house.pooler.resume()
    house.turn()
    assert server.received() == query("SELECT 1")
    server.send(done())
    house.turn()
    assert client.received() == done()


def test_nobody_is_let_in_until_it_is_over(
    build: Build, clock: Clock, tmp_path: Path
) -> None:
    house = build(unix_socket_dir=str(tmp_path))
    house.pooler.start()
    house.pooler.suspend()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(unix_socket_path(str(tmp_path), 6432))
        let_pass(house, clock, 1.0)
        assert house.pooler.gatehouse.arrivals == {}
        house.pooler.resume()
        house.turn()
        assert len(house.pooler.gatehouse.arrivals) == 1


def test_a_reply_waits_for_its_end(house: House, clock: Clock) -> None:
    client, server = running(house)
    assert house.pooler.suspend().complete
    server.send(done())
    let_pass(house, clock, 1.0)
    assert client.received() == b""
    house.pooler.resume()
    house.turn()
    assert client.received() == done()


def test_what_is_kept_for_a_client_is_sent_before(house: House, clock: Clock) -> None:
    client, server = running(house)
    (session,) = house.pooler.gatehouse.sessions.values()
    rows = overfill(house, server, session.stream)
    suspension = house.pooler.suspend()
    let_pass(house, clock, 1.0)
    assert not is_complete(suspension)
    received = client.received()
    while session.stream.backlog:
        house.turn()
        received += client.received()
    let_pass(house, clock, 0.2)
    assert suspension.complete
    house.pooler.resume()
    house.turn()
    received += client.received()
    server.send(complete() + READY)
    house.turn()
    assert received + client.received() == rows + complete() + READY


def test_who_does_not_take_what_is_kept_is_closed(build: Build, clock: Clock) -> None:
    house = build(suspend_timeout=5.0)
    client, server = running(house)
    (session,) = house.pooler.gatehouse.sessions.values()
    overfill(house, server, session.stream)
    suspension = house.pooler.suspend()
    let_pass(house, clock, 4.5)
    assert len(house.pooler.gatehouse.sessions) == 1
    let_pass(house, clock, 6.0)
    assert house.pooler.gatehouse.sessions == {}
    assert suspension.complete
    client.received()


def test_who_logs_in_or_waits_too_long_is_closed(build: Build, clock: Clock) -> None:
    house = build(suspend_timeout=5.0, default_pool_size=1)
    running(house)
    waiting = house.come_in()
    waiting.received()
    house.send(waiting, query("SELECT 2"))
    coming = house.arrive()
    suspension = house.pooler.suspend()
    let_pass(house, clock, 4.5)
    assert not is_complete(suspension)
    let_pass(house, clock, 1.0)
    assert told(waiting.received()) == told(coming.received()) == LATE
    assert suspension.complete


def test_without_a_timeout_it_waits_for_ever(build: Build, clock: Clock) -> None:
    house = build(suspend_timeout=0.0, client_login_timeout=0.0)
    house.pooler.start()
    coming = house.arrive()
    suspension = house.pooler.suspend()
    let_pass(house, clock, 100.0)
    assert not is_complete(suspension)
    assert coming.received() == b""


def test_no_deadline_passes_while_it_is_complete(build: Build, clock: Clock) -> None:
    house = build(query_timeout=5.0, client_idle_timeout=5.0)
    client, _ = running(house)
    idle = house.come_in()
    idle.received()
    house.pooler.suspend()
    let_pass(house, clock, 20.0)
    assert client.received() == idle.received() == b""
    assert house.postgres.waiting() == []


def test_a_server_that_is_cleared_is_waited_for(build: Build, clock: Clock) -> None:
    house = build(server_reset_query_always=True)
    client, server = running(house)
    server.send(done())
    house.turn()
    client.received()
    suspension = house.pooler.suspend()
    assert server.received() == query("DISCARD ALL")
    assert not is_complete(suspension)
    server.send(done("DISCARD ALL"))
    house.turn()
    let_pass(house, clock, 0.2)
    assert suspension.complete


def test_a_server_that_is_not_cleared_in_time_is_closed(
    build: Build, clock: Clock
) -> None:
    house = build(
        server_reset_query_always=True, suspend_timeout=2.0, server_drain_timeout=60.0
    )
    client, server = running(house)
    server.send(done())
    house.turn()
    client.received()
    suspension = house.pooler.suspend()
    let_pass(house, clock, 3.0)
    assert suspension.complete
    server.received()
    assert server.ended


def test_who_replicates_is_read_no_more_either(house: House, clock: Clock) -> None:
    house.pooler.start()
    client = house.arrive(startup(replication="database"))
    server = house.log_in_server()
    client.received()
    assert house.pooler.suspend().complete
    house.send(client, query("IDENTIFY_SYSTEM"))
    server.send(complete())
    let_pass(house, clock, 1.0)
    assert (client.received(), server.received()) == (b"", b"")
    house.pooler.resume()
    house.turn()
    assert server.received() == query("IDENTIFY_SYSTEM")
    assert kinds(client.received()) == "C"


def test_who_replicates_and_does_not_take_it_is_closed(
    build: Build, clock: Clock
) -> None:
    house = build(suspend_timeout=5.0)
    house.pooler.start()
    client = house.arrive(startup(replication="database"))
    server = house.log_in_server()
    client.received()
    (private,) = house.pooler.gatehouse.replications.privates.values()
    overfill(house, server, private.relay._client.stream)
    suspension = house.pooler.suspend()
    let_pass(house, clock, 4.5)
    assert not is_complete(suspension)
    let_pass(house, clock, 1.0)
    assert suspension.complete
    assert house.pooler.gatehouse.replications.privates == {}
