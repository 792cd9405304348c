"""What servers are logged in with, and what is learned from clients for that."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pgpool_py.pool.hosts import Turn
from pgpool_py.pooler.credentials import Credentials
from pgpool_py.reasons import Reason
from pgpool_py.server.opening import OpeningFailed
from pgwire.diagnostics import error
from pgwire.scram import ScramKeys, derive
from pgwire.server_secret import ServerSecret
from tests.pooler.postgres import Bench

SetUp = Callable[..., Bench]

STORED = derive("hunter2", b"salt of sixteen!", 2).format()
KEYS = ServerSecret(keys=ScramKeys(b"c" * 32, b"s" * 32, b"salt of sixteen!", 2))
OTHER = ServerSecret(keys=ScramKeys(b"C" * 32, b"S" * 32, b"salt of another!", 2))
NOTHING = ServerSecret()


@pytest.fixture
def bench(set_up: SetUp) -> Bench:
    return set_up(secrets={"alice": STORED}, min_pool_size=2)


def credentials_of(bench: Bench) -> Credentials:
    return Credentials(bench.context)


def test_a_password_of_the_database_comes_first(bench: Bench) -> None:
    credentials = credentials_of(bench)
    credentials.learn(KEYS)
    target = replace(bench.pool.settings.target, password="its own")
    assert credentials.of(target) == ServerSecret(password="its own")


def test_then_the_secret_of_auth_file(bench: Bench) -> None:
    bench.context.secrets["alice"] = "plain"
    credentials = credentials_of(bench)
    credentials.learn(KEYS)
    target = bench.pool.settings.target
    assert credentials.of(target) == ServerSecret(password="plain")
    assert not credentials.lack(target)


def test_but_not_a_scram_secret_for_that_what_a_client_has_shown(bench: Bench) -> None:
    credentials = credentials_of(bench)
    target = bench.pool.settings.target
    assert credentials.of(target) == NOTHING
    assert credentials.lack(target)
    credentials.learn(KEYS)
    assert credentials.of(target) is KEYS
    assert not credentials.lack(target)


def test_what_the_server_refuses_is_forgotten(bench: Bench) -> None:
    credentials = credentials_of(bench)
    target = bench.pool.settings.target
    assert credentials.is_new(KEYS)
    credentials.learn(KEYS)
    assert not credentials.is_new(KEYS)
    assert credentials.refused(KEYS)
    assert credentials.of(target) == NOTHING
    assert credentials.lack(target)
    # The same once more is no reason for haste, another is.
    assert not credentials.is_new(KEYS)
    assert credentials.is_new(OTHER)
    credentials.learn(OTHER)
    assert credentials.of(target) is OTHER


def test_what_came_later_is_not_forgotten_for_an_older_refusal(bench: Bench) -> None:
    credentials = credentials_of(bench)
    credentials.learn(KEYS)
    credentials.learn(OTHER)
    assert not credentials.refused(KEYS)
    assert credentials.of(bench.pool.settings.target) is OTHER


def test_a_server_that_asks_for_nothing_needs_no_client(bench: Bench) -> None:
    credentials = credentials_of(bench)
    credentials.took(NOTHING)
    assert not credentials.lack(bench.pool.settings.target)


def test_no_server_is_opened_for_a_minimum_before_a_client_has_logged_in(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for _ in range(3):
        bench.pool.grow()
    assert bench.postgres.waiting() == []
    said = [text for text in caplog.messages if "no password is known" in text]
    assert len(said) == 1
    bench.pool.staffing.learn(KEYS)
    bench.pool.grow()
    bench.turn()
    assert len(bench.postgres.waiting()) == 2


@pytest.mark.parametrize(
    ("outcome", "forgotten"),
    [
        (OpeningFailed(Reason.SERVER_LOGIN_FAILED, "another SCRAM secret"), True),
        (
            OpeningFailed(
                Reason.SERVER_LOGIN_FAILED, "wrong", error("FATAL", "28P01", "wrong")
            ),
            True,
        ),
        (
            OpeningFailed(
                Reason.SERVER_LOGIN_FAILED, "full", error("FATAL", "53300", "full")
            ),
            False,
        ),
        (OpeningFailed(Reason.CONNECT_FAILED, "refused"), False),
    ],
)
def test_only_a_refusal_of_the_secret_is_a_reason_to_forget_it(
    bench: Bench, outcome: OpeningFailed, forgotten: bool
) -> None:
    staffing = bench.pool.staffing
    staffing.learn(KEYS)
    bench.pool.grow()
    for opening in list(staffing.openings):
        opening._end(outcome)
    secret = staffing.destinations.credentials.of(staffing.settings.target)
    assert secret == (NOTHING if forgotten else KEYS)


def test_nothing_of_it_shows(bench: Bench) -> None:
    staffing = bench.pool.staffing
    staffing.learn(ServerSecret(password="hunter2"))
    assert "hunter2" not in f"{staffing.destinations.of(Turn('h'))!r} {KEYS!r}"
    assert "salt" not in repr(KEYS)
