"""A pool with several hosts: which gets servers, and what clients are told if none."""

import logging
from dataclasses import replace

import pytest

from pgpool_py.pool.quota import Quota
from pgpool_py.settings import LoadBalanceHosts
from tests.fixtures.messages import fatal
from tests.pooler.town import (
    IS_PRIMARY,
    IS_STANDBY,
    PREFER_STANDBY,
    READ_WRITE,
    STANDBY,
    NewTown,
    new_town,
)

__all__ = ["new_town"]

# Hosts that fail


def test_servers_are_opened_at_each_host_in_turn(new_town: NewTown) -> None:
    town = new_town()
    for host in (town.a, town.b, town.a):
        town.open(host, {})


def test_without_balancing_all_are_opened_at_one(new_town: NewTown) -> None:
    town = new_town(balance=LoadBalanceHosts.DISABLE)
    for _ in range(3):
        town.open(town.a, {})
    town.a.stop_listening()
    for _ in range(2):
        town.open(town.b, {})


def test_whoever_waits_is_served_by_the_other_host_at_once(new_town: NewTown) -> None:
    town = new_town()
    town.a.stop_listening()
    for _ in range(3):
        town.open(town.b, {})


def test_a_client_that_logs_in_waits_for_the_other_host(new_town: NewTown) -> None:
    town = new_town()
    client = town.request()
    town.a.accept().send(fatal("sorry, too many clients already", "53300"))
    town.bench.turn()
    assert client.calls == []
    town.admit(town.b, {})
    assert client.calls == ["linked"]


def test_if_all_fail_whoever_waits_is_told_what_is_wrong_with_each(
    new_town: NewTown,
) -> None:
    town = new_town()
    town.a.stop_listening()
    client = town.request()
    town.b.accept().send(fatal("no room", "53300"))
    town.bench.turn()
    assert client.error is not None
    assert (client.error.severity, client.error.sqlstate) == ("FATAL", "08001")
    a, b = (f"{host.directory}/.s.PGSQL.5432" for host in (town.a, town.b))
    assert client.error.message == (
        f"server login has been failing, cached error: {a}: connect failed: No such "
        f"file or directory; {b}: no room (server_login_retry)"
    )
    assert "due in at most 0.25 s" in str(client.error.detail)
    assert town.request().calls == ["refused"]


def test_what_all_hosts_refuse_alike_is_said_in_their_words(new_town: NewTown) -> None:
    town = new_town()
    client = town.request()
    for host in (town.a, town.b):
        host.accept().send(fatal('database "app" does not exist', "3D000"))
        town.bench.turn()
    assert client.error is not None
    assert client.error.sqlstate == "3D000"
    assert client.error.message == 'database "app" does not exist'


def test_a_host_that_starts_up_is_waited_for(new_town: NewTown) -> None:
    town = new_town()
    town.b.stop_listening()
    client = town.request()
    town.a.accept().send(fatal("the database system is starting up", "57P03"))
    town.bench.turn()
    assert client.calls == []
    town.pass_time(0.25)
    town.bench.pool.grow()
    town.bench.turn()
    town.admit(town.a, {})
    assert client.calls == ["linked"]


def test_a_host_that_failed_is_looked_at_and_has_its_turn_again(
    new_town: NewTown,
) -> None:
    town = new_town()
    client = town.request()
    town.a.accept().send(fatal("no room", "53300"))
    town.bench.turn()
    town.admit(town.b, {})
    assert client.calls == ["linked"]
    town.pass_time(0.25)
    # Whoever waits now does so for the host that works.
    town.open(town.b, {})
    look = town.a.accept()
    total = town.bench.pool.books.total
    town.bench.log_in(look)
    look.received()
    assert look.ended
    assert town.bench.pool.books.total == total
    town.open(town.a, {})


def test_a_look_takes_no_place_that_is_not_free(new_town: NewTown) -> None:
    town = new_town(quotas=(Quota(2),))
    town.request()
    town.a.accept().send(fatal("no room", "53300"))
    town.bench.turn()
    town.admit(town.b, {})
    town.pass_time(60)
    town.open(town.b, {})
    assert town.a.waiting() == []


def test_a_look_that_takes_too_long_is_given_up(new_town: NewTown) -> None:
    town = new_town()
    town.request()
    town.a.accept().send(fatal("no room", "53300"))
    town.bench.turn()
    town.admit(town.b, {})
    town.pass_time(1)
    town.open(town.b, {})
    look = town.a.accept()
    staffing = town.bench.pool.staffing
    staffing.check_deadlines(town.bench.clock.now + 60)
    look.received()
    assert look.ended
    assert staffing.destinations.lookouts.openings() == []
    town.open(town.b, {})


# Hosts of the wrong kind


def test_the_host_that_fits_gets_all_servers(new_town: NewTown) -> None:
    town = new_town(READ_WRITE)
    client = town.request()
    town.admit(town.a, IS_STANDBY)
    town.admit(town.b, IS_PRIMARY)
    assert client.calls == ["linked"]
    town.open(town.b, IS_PRIMARY)


def test_if_none_fits_whoever_waits_is_told_what_each_is(new_town: NewTown) -> None:
    town = new_town(STANDBY)
    client = town.request()
    for host in (town.a, town.b):
        town.admit(host, IS_PRIMARY)
    error = client.error
    assert error is not None
    assert (error.severity, error.sqlstate) == ("FATAL", "08001")
    for host in (town.a, town.b):
        where = f"{host.directory}/.s.PGSQL.5432"
        assert f"{where}: server is not in hot standby mode" in error.message
    assert "target_session_attrs is standby" in str(error.detail)


def test_what_a_host_is_is_logged_once_while_it_stays_so(
    new_town: NewTown, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    town = new_town(STANDBY)
    for _ in range(3):
        town.request()
        for host in (town.a, town.b):
            town.admit(host, IS_PRIMARY)
        town.pass_time(60)
    failed = [r for r in caplog.records if "server login failed" in r.message]
    assert [record.levelname for record in failed] == ["INFO", "INFO"]


def test_a_standby_is_preferred_and_the_primary_will_do(new_town: NewTown) -> None:
    town = new_town(PREFER_STANDBY)
    client = town.request()
    town.admit(town.a, IS_PRIMARY)
    town.admit(town.b, IS_STANDBY)
    assert client.calls == ["linked"]
    town.b.stop_listening()
    second = town.request()
    # Asked again, it is taken as it is.
    town.admit(town.a, IS_PRIMARY)
    assert second.calls == ["linked"]


def test_a_primary_that_is_the_only_host_will_do_at_once(new_town: NewTown) -> None:
    town = new_town(PREFER_STANDBY)
    pool = town.bench.pool
    target = replace(pool.settings.target, host=(town.a.directory,))
    pool.reconfigure(replace(pool.settings, target=target))
    client = town.request()
    town.admit(town.a, IS_PRIMARY)
    assert client.calls == []
    town.admit(town.a, IS_PRIMARY)
    assert client.calls == ["linked"]


def test_a_lone_host_that_does_not_fit_is_told_at_once(new_town: NewTown) -> None:
    town = new_town(STANDBY)
    pool = town.bench.pool
    target = replace(pool.settings.target, host=(town.a.directory,))
    pool.reconfigure(replace(pool.settings, target=target))
    client = town.request()
    town.admit(town.a, IS_PRIMARY)
    assert client.error is not None
    assert "server is not in hot standby mode" in client.error.message
    assert town.a.waiting() == []
