"""Where servers come from: when one is opened, which host, and what if none answers."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from pgpool_py.client.repeats import Repeated
from pgpool_py.errors import PoolerError
from pgpool_py.net.address import unix_socket_path
from pgpool_py.pooler.pool import Pool
from pgpool_py.reasons import Reason
from pgpool_py.settings import LoadBalanceHosts
from pgwire.authentication import AuthenticationCleartextPassword
from pgwire.startup import StartupMessage, parse_startup
from tests.fixtures.messages import fatal
from tests.pooler.postgres import PORT, Bench

SetUp = Callable[..., Bench]


@dataclass(eq=False)
class Guest:
    """A client that logs in."""

    welcomed: list[Pool] = field(default_factory=list)
    errors: list[PoolerError] = field(default_factory=list)

    def on_welcome(self, pool: Pool) -> None:
        self.welcomed.append(pool)

    def on_refused(self, error: PoolerError, reason: Reason) -> None:
        self.errors.append(error)


def greet(bench: Bench) -> Guest:
    guest = Guest()
    bench.pool.greet(guest)
    bench.turn()
    return guest


def fail(bench: Bench, message: str = "no", sqlstate: str = "53300") -> None:
    """Refuse the server that is being opened."""
    wire = bench.postgres.accept()
    wire.send(fatal(message, sqlstate))
    bench.turn()


# What is said at the login


def test_a_server_is_told_database_user_and_the_databases_parameters(
    bench: Bench,
) -> None:
    target = replace(
        bench.pool.settings.target, dbname="app_v2", timezone="CET", user="owner"
    )
    bench.pool.reconfigure(replace(bench.pool.settings, target=target))
    bench.request()
    packet = parse_startup(bench.postgres.accept().received())
    assert isinstance(packet, StartupMessage)
    assert packet.parameters == {
        "user": "owner",
        "database": "app_v2",
        "TimeZone": "CET",
    }


@pytest.mark.parametrize(
    ("password", "secret", "sent"),
    [
        ("given", "stored", b"given\0"),
        (None, "stored", b"stored\0"),
    ],
)
def test_the_databases_password_goes_before_the_users_secret(
    set_up: SetUp, password: str | None, secret: str, sent: bytes
) -> None:
    bench = set_up(secrets={"alice": secret})
    target = replace(bench.pool.settings.target, password=password)
    bench.pool.reconfigure(replace(bench.pool.settings, target=target))
    bench.request()
    wire = bench.postgres.accept()
    wire.received()
    bench.answer(wire, AuthenticationCleartextPassword().encode())
    assert wire.received()[5:] == sent


# What the log calls a server


def test_every_line_names_a_server_by_the_database_of_its_clients(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    target = replace(bench.pool.settings.target, dbname="app_v2")
    bench.pool.reconfigure(replace(bench.pool.settings, target=target))
    wire = bench.open()[1]
    wire.close()
    bench.turn()
    bench.request()
    fail(bench)
    where = unix_socket_path(bench.postgres.directory, PORT)
    subjects = [getattr(record, "subject", None) for record in caplog.records]
    assert [str(subject) for subject in subjects] == [
        f"S-0x1: app/alice@{where}",
        f"S-0x1: app/alice@{where}",
        f"S: app/alice@{where}",
    ]


def test_of_many_servers_that_cannot_be_opened_the_log_tells_how_many(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    repeats, what = bench.context.log_wishes.repeats, Repeated.FAILED_SERVER_LOGINS
    while repeats.admit(what):
        pass
    bench.request()
    fail(bench)
    assert caplog.messages == []
    assert repeats.unsaid(what) == 2


# Guests


def test_a_guest_has_one_server_opened_and_is_welcomed(bench: Bench) -> None:
    first, second = greet(bench), greet(bench)
    bench.log_in(bench.postgres.accept())
    assert first.welcomed == second.welcomed == [bench.pool]
    assert bench.states() == ["idle"]
    assert greet(bench).welcomed == [bench.pool]


def test_a_guest_that_is_gone_is_not_welcomed(bench: Bench) -> None:
    guest = greet(bench)
    bench.pool.forget_guest(guest)
    bench.log_in(bench.postgres.accept())
    assert guest.welcomed == []


def test_a_guest_of_a_server_that_refuses_hears_why(bench: Bench) -> None:
    guest = greet(bench)
    fail(bench, "too many clients")
    (error,) = guest.errors
    assert (error.message, error.sqlstate) == ("too many clients", "53300")


# Failure


def test_all_who_wait_are_told_when_no_server_can_be_had(bench: Bench) -> None:
    bench.postgres.stop_listening()
    clients = [bench.request() for _ in range(2)]
    assert [client.calls for client in clients] == [["refused"]] * 2
    assert clients[0].error is not None
    assert clients[0].error.sqlstate == "08001"


def test_who_is_told_hears_when_it_is_tried_again(bench: Bench) -> None:
    bench.postgres.stop_listening()
    for pause in ("0.25", "0.5", "1"):
        client = bench.request()
        assert client.error is not None
        assert str(client.error.detail).endswith(
            f": the next attempt is due in at most {pause} s."
        )
        bench.clock.advance(float(pause))
        bench.turn()


def test_who_asks_during_the_pause_is_refused_at_once(bench: Bench) -> None:
    bench.request()
    fail(bench)
    client = bench.request()
    assert client.calls == ["refused"]
    assert client.reason is Reason.SERVER_LOGIN_FAILED
    assert bench.postgres.waiting() == []


def test_after_the_pause_it_is_tried_again(bench: Bench) -> None:
    bench.request()
    fail(bench)
    bench.clock.advance(0.25)
    bench.turn()
    client = bench.request()
    bench.log_in(bench.postgres.accept())
    assert client.calls == ["linked"]
    assert bench.pool.staffing.failure is None


def test_who_waits_while_another_server_works_goes_on_waiting(set_up: SetUp) -> None:
    bench = set_up(default_pool_size=2)
    first, _ = bench.open()
    second = bench.request()
    fail(bench)
    assert second.calls == []
    bench.give_back(first)
    assert second.calls == ["linked"]


def test_a_postgresql_that_starts_up_is_waited_for(bench: Bench) -> None:
    client = bench.request()
    fail(bench, "the database system is starting up", "57P03")
    assert client.calls == []
    other = bench.request()
    assert other.calls == []
    bench.clock.advance(0.25)
    bench.turn()
    bench.pool.grow()
    bench.turn()
    for wire in bench.postgres.waiting():
        bench.log_in(wire)
    assert client.calls == other.calls == ["linked"]


def fail_together(bench: Bench, number: int) -> None:
    wires = bench.postgres.waiting()
    assert len(wires) == number
    for wire in wires:
        wire.send(fatal("the database system is starting up", "57P03"))
    bench.turn()


@pytest.mark.parametrize("login", [0.0, 0.1])
def test_attempts_that_fail_together_count_as_one_failure(
    bench: Bench, login: float
) -> None:
    for _ in range(8):
        bench.request()
    for pause in (0.25, 0.5):
        bench.clock.advance(login)
        bench.turn()
        fail_together(bench, 8)
        bench.clock.advance(pause - 0.01)
        bench.turn()
        bench.pool.grow()
        bench.turn()
        assert bench.postgres.waiting() == []
        bench.clock.advance(0.02)
        bench.turn()
        bench.pool.grow()
        bench.turn()
    assert len(bench.postgres.waiting()) == 8


def test_it_is_waited_for_after_another_failure_too(bench: Bench) -> None:
    bench.request()
    fail(bench)
    bench.clock.advance(0.25)
    bench.turn()
    waiting = bench.request()
    fail(bench, "the database system is starting up", "57P03")
    other = bench.request()
    assert waiting.calls == other.calls == []


def test_an_attempt_that_takes_too_long_fails(set_up: SetUp) -> None:
    bench = set_up(server_connect_timeout=15.0)
    client = bench.request()
    bench.pool.staffing.check_deadlines(bench.clock.now + 14.9)
    assert client.calls == []
    bench.pool.staffing.check_deadlines(bench.clock.now + 15.0)
    assert client.calls == ["refused"]
    assert client.reason is Reason.CONNECT_TIMEOUT
    assert bench.pool.books.total == 0


def test_attempts_given_up_on_purpose_tell_nobody(bench: Bench) -> None:
    client = bench.request()
    bench.pool.staffing.stop()
    assert client.calls == []
    assert not bench.pool.staffing.destinations.hosts.failing
    assert bench.pool.books.total == 0


# Hosts


@pytest.mark.parametrize(
    ("balance", "hosts"),
    [
        (LoadBalanceHosts.ROUND_ROBIN, ["a", "b", "a"]),
        (LoadBalanceHosts.DISABLE, ["a", "a", "a"]),
    ],
)
def test_servers_are_spread_over_the_hosts_or_not(
    bench: Bench, balance: LoadBalanceHosts, hosts: list[str]
) -> None:
    target = replace(
        bench.pool.settings.target, host=("@a", "@b"), load_balance_hosts=balance
    )
    bench.pool.reconfigure(replace(bench.pool.settings, target=target))
    found = []
    for _ in range(3):
        bench.pool.books.wait(bench.client(), bench.clock.now)
        bench.pool.grow()
        (opening,) = bench.pool.staffing.openings
        found.append(opening.destination.host)
        bench.pool.staffing.stop()
        while bench.pool.books.next_waiter() is not None:
            pass
    assert found == [f"@{host}" for host in hosts]
