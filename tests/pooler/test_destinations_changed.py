"""Hosts that become something else while a pool has servers there."""

import pytest

from pgpool_py.pool.quota import Quota
from pgwire.backend import ParameterStatus
from pgwire.session_attrs import TargetSessionAttrs
from tests.fixtures.messages import (
    FAILED,
    READY,
    complete,
    done,
    query,
    refused,
    welcome,
)
from tests.pooler.postgres import Client, FakePostgres, server_of
from tests.pooler.town import (
    ANY,
    IS_PRIMARY,
    IS_STANDBY,
    READ_ONLY,
    READ_WRITE,
    STANDBY,
    NewTown,
    Town,
    new_town,
)

__all__ = ["new_town"]

CANNOT_WRITE = refused("cannot execute INSERT in a read-only transaction", "25006")


def busy_and_idle(town: Town, host: FakePostgres, what: dict[str, str]) -> Client:
    """Return a client with a server; another server at the same host is idle."""
    first, _ = town.open(host, what)
    second, _ = town.open(host, what)
    town.bench.give_back(first)
    return second


def read_only_town(new_town: NewTown, wanted: TargetSessionAttrs) -> Town:
    """Return a pool that is known to have no other host than ``a``."""
    town = new_town(wanted)
    town.b.stop_listening()
    return town


def test_after_a_promotion_the_servers_of_a_standby_are_replaced(
    new_town: NewTown,
) -> None:
    town = read_only_town(new_town, STANDBY)
    client = busy_and_idle(town, town.a, IS_STANDBY)
    server = server_of(client)
    town.bench.pool.on_parameter(server, "in_hot_standby", "off")
    town.bench.turn()
    assert town.bench.states() == ["active", "idle"]
    town.admit(town.a, IS_PRIMARY)
    assert server.close_needed
    assert town.bench.states() == ["active"]
    town.bench.give_back(client)
    assert town.bench.states() == []


def test_a_statement_that_may_not_write_has_the_host_looked_at(
    new_town: NewTown,
) -> None:
    town = read_only_town(new_town, READ_WRITE)
    client, wire = town.open(town.a, IS_PRIMARY)
    client.ask(query("INSERT"))
    town.bench.answer(wire, CANNOT_WRITE + READY)
    town.admit(town.a, IS_PRIMARY | {"default_transaction_read_only": "on"})
    assert server_of(client).close_needed
    assert client.error is None


def test_a_client_that_made_its_transaction_read_only_changes_nothing(
    new_town: NewTown,
) -> None:
    town = read_only_town(new_town, READ_WRITE)
    client, wire = town.open(town.a, IS_PRIMARY)
    for _ in range(2):
        client.ask(query("INSERT"))
        town.bench.answer(wire, CANNOT_WRITE + FAILED)
    look = town.a.accept()
    town.bench.log_in(look, **IS_PRIMARY)
    assert not server_of(client).close_needed
    client.ask(query("ROLLBACK"))
    town.bench.answer(wire, done("ROLLBACK"))
    client.ask(query("INSERT"))
    town.bench.answer(wire, CANNOT_WRITE + READY)
    # It is known to be as it was, for as long as server_login_retry.
    assert town.a.waiting() == []
    town.pass_time(15)
    client.ask(query("INSERT"))
    town.bench.answer(wire, CANNOT_WRITE + READY)
    assert len(town.a.waiting()) == 1


def test_a_changed_default_has_the_host_looked_at(new_town: NewTown) -> None:
    town = read_only_town(new_town, READ_ONLY)
    what = {"in_hot_standby": "off", "default_transaction_read_only": "on"}
    client, wire = town.open(town.a, what)
    client.ask(query("SELECT 1"))
    changed = ParameterStatus("default_transaction_read_only", "off").encode()
    town.bench.answer(wire, complete() + changed + READY)
    town.admit(town.a, IS_PRIMARY)
    assert server_of(client).close_needed


def test_without_room_to_look_the_server_itself_is_replaced(new_town: NewTown) -> None:
    town = new_town(READ_WRITE, quotas=(Quota(1),))
    client, wire = town.open(town.a, IS_PRIMARY)
    client.ask(query("INSERT"))
    town.bench.answer(wire, CANNOT_WRITE + READY)
    assert town.a.waiting() == []
    assert server_of(client).close_needed


@pytest.mark.parametrize("wanted", [ANY, STANDBY])
def test_who_does_not_want_to_write_is_not_interested(
    new_town: NewTown, wanted: TargetSessionAttrs
) -> None:
    town = read_only_town(new_town, wanted)
    client, wire = town.open(town.a, IS_STANDBY)
    client.ask(query("INSERT"))
    town.bench.answer(wire, CANNOT_WRITE + READY)
    assert town.a.waiting() == []
    assert not server_of(client).close_needed


def test_the_new_primary_is_found_when_the_old_one_is_gone(new_town: NewTown) -> None:
    town = new_town(READ_WRITE)
    client = town.request()
    primary = town.admit(town.a, IS_PRIMARY)
    town.a.stop_listening()
    primary.close()
    town.bench.turn()
    assert client.calls == ["linked", "closed"]
    refused_client = town.request()
    town.admit(town.b, IS_STANDBY)
    assert refused_client.calls == ["refused"]
    town.pass_time(0.25)
    follower = town.request()
    wire = town.b.accept()
    wire.send(welcome(changed=IS_PRIMARY))
    town.bench.turn()
    assert follower.calls == ["linked"]


# Addresses


def test_servers_at_an_address_that_is_gone_are_replaced(new_town: NewTown) -> None:
    town = new_town()
    kept, other, gone = (town.open(host, {})[0] for host in (town.a, town.b, town.a))
    for client, address in ((kept, "10.0.0.1"), (gone, "10.0.0.2")):
        server_of(client).peer = (address, 5432)
        server_of(client).host = "db"
    server_of(other).peer = ("10.0.0.2", 5432)
    town.bench.pool.staffing.leave_addresses("db", frozenset({"10.0.0.2"}))
    assert server_of(gone).close_needed
    assert not server_of(kept).close_needed
    assert not server_of(other).close_needed
