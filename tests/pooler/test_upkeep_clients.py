"""What is done for clients several times a second: limits in time, late cancels."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pgpool_py.client.cancel import cancel_exchange
from pgpool_py.client.session import ClientSession
from pgpool_py.pooler.upkeep import check_idle_clients, close_abandoned, maintain
from pgpool_py.settings import DatabaseSettings, PoolMode, UserSettings
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import (
    IN_TRANSACTION,
    READY,
    complete,
    done,
    errors_of,
    kinds,
    query,
    refused,
    reported,
    told,
    welcome,
)
from tests.pooler.house import House, startup
from tests.pooler.postgres import PORT

Build = Callable[..., House]


@dataclass(eq=False)
class Inside:
    """A client of a whole pooler, with its server in the middle of something."""

    house: House
    client: Wire
    server: Wire
    session: ClientSession

    def upkeep(self, seconds: float) -> bytes:
        """Let time pass, do one round, and return what the client was told."""
        self.house.loop.turn()
        pool = self.session.lender
        now = self.house.pooler.now + seconds
        (found,) = self.house.pooler.pools.values()
        assert found is pool
        maintain(found, now)
        self.house.turn()
        return self.client.received()


def run(build: Build, reply: bytes, user: str = "alice", **given: object) -> Inside:
    """Let a client send a query, and the server answer so."""
    house = build(**given)
    # Pools of a forced user are there from then on, before any client.
    house.pooler.start()
    client = house.arrive(startup(user=user))
    server = house.postgres.accept()
    server.send(welcome())
    house.turn()
    client.received()
    client.send(query("BEGIN"))
    house.turn()
    server.received()
    server.send(reply)
    house.turn()
    client.received()
    (session,) = house.pooler.gatehouse.sessions.values()
    return Inside(house, client, server, session)


OPEN = complete("BEGIN") + IN_TRANSACTION


# Servers that are to be replaced


def test_with_server_fast_close_a_session_ends_between_transactions(
    build: Build,
) -> None:
    inside = run(build, OPEN, pool_mode=PoolMode.SESSION, server_fast_close=True)
    (pool,) = inside.house.pooler.pools.values()
    inside.house.pooler.reconnect(pool)
    assert inside.upkeep(0.0) == b""
    inside.house.send(inside.client, query("COMMIT"))
    inside.server.received()
    inside.server.send(done("COMMIT"))
    inside.house.turn()
    assert inside.client.received() == done("COMMIT")
    assert told(inside.upkeep(0.0)) == (
        "FATAL",
        "57P01",
        "database configuration changed",
    )
    inside.server.received()
    assert inside.server.ended


def test_without_it_a_session_keeps_its_old_server(build: Build) -> None:
    inside = run(build, done("BEGIN"), pool_mode=PoolMode.SESSION)
    (pool,) = inside.house.pooler.pools.values()
    inside.house.pooler.reconnect(pool)
    assert inside.upkeep(0.0) == b""
    inside.server.received()
    assert not inside.server.ended


def test_a_session_whose_server_is_up_to_date_goes_on(build: Build) -> None:
    reply, mode = done("BEGIN"), PoolMode.SESSION
    inside = run(build, reply, pool_mode=mode, server_fast_close=True)
    assert inside.upkeep(0.0) == b""
    assert not inside.client.ended


# Limits in time


def test_a_client_idle_in_transaction_is_ended(build: Build) -> None:
    inside = run(build, OPEN, idle_transaction_timeout=10.0)
    assert inside.upkeep(9.9) == b""
    assert told(inside.upkeep(10.0)) == ("FATAL", "25P03", "idle transaction timeout")
    assert inside.client.ended


def test_a_client_whose_query_runs_is_not_idle(build: Build) -> None:
    inside = run(build, b"", idle_transaction_timeout=10.0)
    assert inside.upkeep(11.0) == b""


def test_a_transaction_that_takes_too_long_is_ended(build: Build) -> None:
    inside = run(build, OPEN, transaction_timeout=10.0)
    assert told(inside.upkeep(10.0)) == ("FATAL", "25P04", "transaction timeout")


def test_outside_a_transaction_no_client_is_ended(build: Build) -> None:
    inside = run(
        build,
        done(),
        transaction_timeout=10.0,
        idle_transaction_timeout=10.0,
        query_timeout=10.0,
        pool_mode=PoolMode.SESSION,
    )
    assert inside.upkeep(1000.0) == b""


def test_a_query_that_takes_too_long_is_cancelled_and_the_session_goes_on(
    build: Build,
) -> None:
    inside = run(build, b"", query_timeout=10.0)
    assert inside.upkeep(10.0) == b""
    cancel = inside.house.postgres.accept()
    inside.server.send(refused("canceling", "57014") + READY)
    cancel.close()
    inside.house.turn()
    assert told(inside.client.received()) == ("ERROR", "57014", "canceling")
    assert not inside.client.ended


def test_if_the_cancel_does_not_help_its_client_is_ended(build: Build) -> None:
    inside = run(build, b"", query_timeout=10.0, cancel_wait_timeout=7.0)
    inside.upkeep(10.0)
    assert len(inside.house.postgres.waiting()) == 1
    assert inside.upkeep(16.0) == b""
    # Cancelled once, and no more.
    assert inside.house.postgres.waiting() == []
    assert told(inside.upkeep(17.0)) == ("FATAL", "57014", "query timeout")


@pytest.mark.parametrize("limit", ["query_timeout", "transaction_timeout"])
def test_a_client_that_is_always_one_query_ahead_is_not_timed_for_all_of_them(
    build: Build, clock: Clock, limit: str
) -> None:
    given: dict[str, Any] = {limit: 5.0}
    inside = run(build, b"", **given)
    for _ in range(8):
        # The next one is sent before the last one is answered.
        inside.client.send(query("SELECT 1"))
        inside.house.turn()
        inside.server.send(done())
        inside.house.turn()
        clock.advance(1.0)
        assert inside.upkeep(0.0) == done()
    assert inside.house.postgres.waiting() == []


def test_one_of_its_queries_that_takes_too_long_is_cancelled(
    build: Build, clock: Clock
) -> None:
    inside = run(build, b"", query_timeout=5.0)
    inside.client.send(query("SELECT pg_sleep(9)"))
    inside.house.turn()
    clock.advance(4.0)
    inside.server.send(done())
    inside.house.turn()
    inside.upkeep(0.0)
    inside.upkeep(4.9)
    assert inside.house.postgres.waiting() == []
    inside.upkeep(5.0)
    assert len(inside.house.postgres.waiting()) == 1


@pytest.mark.parametrize(("seconds", "ended"), [(9.9, False), (10.0, True)])
def test_a_client_that_sends_nothing_is_ended(
    build: Build, seconds: float, ended: bool
) -> None:
    inside = run(build, done(), client_idle_timeout=10.0)
    check_idle_clients([inside.session], inside.house.pooler.now + seconds)
    inside.client.received()
    assert inside.client.ended is ended


def test_a_client_with_a_server_does_not_count_as_idle(build: Build) -> None:
    inside = run(build, OPEN, client_idle_timeout=10.0)
    check_idle_clients([inside.session], inside.house.pooler.now + 100.0)
    assert inside.client.received() == b""


# Clients that are gone while they are not read


def test_a_client_that_vanished_while_it_was_not_read_is_closed(build: Build) -> None:
    inside = run(build, b"")
    inside.session.stream.pause()
    close_abandoned([inside.session])
    assert not inside.session.closed
    inside.client.send(query("SELECT 1"))
    inside.client.close()
    close_abandoned([inside.session])
    assert inside.session.closed


# Limits of the client's own user, where all servers are of one other user


def run_as_other(
    build: Build, directory: Path, reply: bytes, user: str, alice: UserSettings
) -> Inside:
    """Let a client run BEGIN on a server of ``svc``, which has no limits itself."""
    database = DatabaseSettings(host=(str(directory),), port=PORT, user="svc")
    return run(
        build,
        reply,
        user=user,
        databases={"app": database},
        users={"alice": alice},
    )


@pytest.mark.parametrize(
    ("alice", "sqlstate"),
    [
        (UserSettings(idle_transaction_timeout=10.0), "25P03"),
        (UserSettings(transaction_timeout=10.0), "25P04"),
    ],
)
def test_limits_of_a_transaction_are_those_of_the_clients_own_user(
    build: Build, tmp_path: Path, alice: UserSettings, sqlstate: str
) -> None:
    inside = run_as_other(build, tmp_path, OPEN, "alice", alice)
    assert inside.upkeep(9.9) == b""
    assert told(inside.upkeep(10.0))[:2] == ("FATAL", sqlstate)


@pytest.mark.parametrize(("user", "cancels"), [("alice", 1), ("bob", 0)])
def test_so_is_the_limit_of_a_query(
    build: Build, tmp_path: Path, user: str, cancels: int
) -> None:
    alice = UserSettings(query_timeout=10.0)
    inside = run_as_other(build, tmp_path, b"", user, alice)
    inside.upkeep(10.0)
    assert len(inside.house.postgres.waiting()) == cancels


@pytest.mark.parametrize(("user", "ended"), [("alice", True), ("bob", False)])
def test_and_that_of_doing_nothing(
    build: Build, tmp_path: Path, user: str, ended: bool
) -> None:
    alice = UserSettings(client_idle_timeout=10.0)
    inside = run_as_other(build, tmp_path, done(), user, alice)
    check_idle_clients([inside.session], inside.house.pooler.now + 10.0)
    inside.client.received()
    assert inside.client.ended is ended


# A cancel request that came while messages of ours were answered


def name_set(name: str) -> bytes:
    parsed, bound = b"1\0\0\0\x04", b"2\0\0\0\x04"
    told = reported("application_name", name)
    return parsed + bound + complete() + told + READY


def run_behind_parameters(build: Build) -> Inside:
    """Return a client whose query was sent right behind its parameters."""
    house = build(default_pool_size=1)
    client = house.arrive(startup(application_name="a"))
    server = house.log_in_server()
    other = house.arrive(startup(application_name="b"))
    first, _ = house.pooler.gatehouse.sessions.values()
    for wire, name in ((client, "a"), (other, "b")):
        house.send(wire, query("SELECT 1"))
        server.send(name_set(name))
        house.turn()
        server.send(done())
        house.turn()
    server.received()
    house.send(client, query("SELECT 2"))
    assert kinds(server.received()) == "PBESQ"
    client.received()
    return Inside(house, client, server, first)


def test_it_is_passed_on_once_the_clients_own_query_is_answered(build: Build) -> None:
    inside = run_behind_parameters(build)
    cancel_exchange(inside.session)
    inside.upkeep(0.0)
    assert inside.house.postgres.waiting() == []
    inside.server.send(name_set("a"))
    inside.upkeep(0.0)
    assert len(inside.house.postgres.waiting()) == 1


def test_it_does_not_hit_what_the_client_sends_after_it(build: Build) -> None:
    inside = run_behind_parameters(build)
    cancel_exchange(inside.session)
    inside.server.send(name_set("a") + done())
    inside.house.turn()
    assert inside.client.received() == done()
    inside.client.send(query("SELECT 3"))
    inside.house.turn()
    inside.upkeep(0.0)
    assert inside.house.postgres.waiting() == []


# Clients that keep a server for their session state


def pin(build: Build, **given: Any) -> Inside:
    """Return a client that holds something, outside any transaction."""
    inside = run(build, done(), pool_mode=PoolMode.SESSION, **given)
    inside.session.holdings = ("advisory lock", "temporary object")
    return inside


def test_a_client_that_keeps_a_server_and_is_idle_is_ended(build: Build) -> None:
    inside = pin(build, pin_timeout=10.0)
    assert inside.upkeep(9.9) == b""
    (error,) = errors_of(inside.upkeep(10.0))
    assert (error.sqlstate, error.message) == ("57P05", "pin_timeout")
    assert "advisory lock, temporary object" in str(error.fields["D"])
    assert inside.client.ended
    assert inside.session.closed


def test_without_a_limit_it_is_not(build: Build) -> None:
    assert pin(build).upkeep(1e6) == b""


def test_who_holds_nothing_is_not_ended(build: Build) -> None:
    inside = run(build, done(), pool_mode=PoolMode.SESSION, pin_timeout=10.0)
    assert inside.upkeep(1000.0) == b""


def test_who_runs_something_is_not_idle(build: Build) -> None:
    inside = pin(build, pin_timeout=10.0)
    inside.client.send(query("SELECT pg_sleep(99)"))
    assert inside.upkeep(1000.0) == b""


def test_who_is_in_a_transaction_has_the_limit_of_that(build: Build) -> None:
    inside = pin(build, pin_timeout=10.0, idle_transaction_timeout=100.0)
    inside.client.send(query("BEGIN"))
    inside.house.turn()
    inside.server.send(OPEN)
    assert inside.upkeep(99.0) == OPEN
