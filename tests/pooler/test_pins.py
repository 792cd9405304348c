"""Who keeps a server for its session state, and who may not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pgpool_py.client.identity import ClientIdentity
from pgpool_py.errors import PoolerError, Severity
from pgpool_py.net.reactor import Reactor
from pgpool_py.pooler.pins import PoolPins
from pgpool_py.settings import PoolSettings, SessionStatePolicy
from pgpool_py.sql.fingerprint import Fingerprint
from pgwire.classification import HARMLESS, UNSEEN, Classification, Touch
from tests.client.parties import pool_settings
from tests.fixtures.hand import Clock
from tests.pooler.staging import identity

LOCKS = Classification(Touch.LOCKS)
TEMPORARY = Classification(Touch.TEMPORARY)
PARAMETERS = Classification(Touch.PARAMETERS, parameters=("work_mem",))
TEXT = b"SELECT pg_advisory_lock(1)"

NewPins = Callable[..., PoolPins]


@dataclass(eq=False)
class FakeClient:
    """A client as far as pins go."""

    identity: ClientIdentity
    limits: PoolSettings
    holdings: tuple[str, ...] = ()


def client(number: int = 1, **changed: Any) -> FakeClient:
    return FakeClient(identity(number), pool_settings(**changed))


@pytest.fixture
def new_pins(reactor: Reactor) -> NewPins:
    def new(**changed: Any) -> PoolPins:
        settings = pool_settings(**changed)
        return PoolPins(
            reactor, settings, lambda text: Fingerprint(f"<{text.decode()}>", "")
        )

    return new


def objection(
    pins: PoolPins, who: FakeClient, found: Classification = LOCKS
) -> PoolerError:
    error = pins.judge(who, found, TEXT)
    assert error is not None
    return error


# How many


@pytest.mark.parametrize(
    ("pool_size", "max_pinned", "most"),
    [(20, 0, 10), (3, 0, 1), (1, 0, 1), (0, 0, 0), (20, 15, 15), (0, 15, 15)],
)
def test_half_of_the_pool_may_be_pinned_or_what_the_setting_says(
    new_pins: NewPins, pool_size: int, max_pinned: int, most: int
) -> None:
    assert new_pins(pool_size=pool_size, max_pinned=max_pinned).most == most


def test_one_more_is_refused_and_told_who_holds_what(
    new_pins: NewPins, reactor: Reactor, clock: Clock
) -> None:
    pins = new_pins(max_pinned=2)
    first, second = client(1), client(2)
    assert pins.judge(first, LOCKS, TEXT) is None
    clock.advance(7.0)
    reactor.select(0)
    assert pins.judge(second, TEMPORARY, TEXT) is None
    first.holdings = ("advisory lock", "temporary object")
    error = objection(pins, client(3))
    assert (error.sqlstate, error.severity) == ("53300", Severity.ERROR)
    assert error.detail == (
        "max_pinned is 2. Kept by: "
        "192.0.2.7:50001 (advisory lock, temporary object, 7 s), "
        "192.0.2.7:50002 (in a transaction, 0 s)."
    )
    assert len(pins.holders) == 2


def test_who_is_pinned_may_pin_more(new_pins: NewPins) -> None:
    pins, holder = new_pins(max_pinned=1), client()
    assert pins.judge(holder, LOCKS, TEXT) is None
    assert pins.judge(holder, TEMPORARY, TEXT) is None


def test_without_a_limit_anybody_may(new_pins: NewPins) -> None:
    pins = new_pins(pool_size=0)
    assert [pins.judge(client(n), LOCKS, TEXT) for n in range(1, 9)] == [None] * 8


def test_a_place_that_is_free_again_is_anothers(new_pins: NewPins) -> None:
    pins, holder = new_pins(max_pinned=1), client()
    pins.judge(holder, LOCKS, TEXT)
    pins.settle(holder)
    assert pins.judge(client(2), LOCKS, TEXT) is None


# Holders


def test_a_holder_is_one_from_the_statement_on(
    new_pins: NewPins, reactor: Reactor, clock: Clock
) -> None:
    pins, holder = new_pins(), client()
    pins.judge(holder, LOCKS, TEXT)
    since = reactor.now
    clock.advance(5.0)
    reactor.select(0)
    holder.holdings = ("advisory lock",)
    pins.settle(holder)
    pin = pins.holders[holder]
    assert (pin.since, pin.fingerprint) == (since, f"<{TEXT.decode()}>")


def test_one_whose_statement_could_not_be_seen_is_one_when_it_is_found_out(
    new_pins: NewPins, reactor: Reactor
) -> None:
    pins, holder = new_pins(), client()
    assert pins.judge(holder, UNSEEN, TEXT) is None
    assert pins.holders == {}
    holder.holdings = ("advisory lock",)
    pins.settle(holder)
    assert pins.holders[holder].fingerprint == ""
    assert pins.holders[holder].since == reactor.now


def test_beyond_the_limit_one_whose_statement_could_not_be_seen_is_ended(
    new_pins: NewPins,
) -> None:
    pins = new_pins(max_pinned=1)
    pins.judge(client(1), LOCKS, TEXT)
    other = client(2)
    other.holdings = ("advisory lock",)
    error = pins.settle(other)
    assert error is not None
    assert (error.sqlstate, error.severity) == ("53300", Severity.FATAL)
    assert "max_pinned is 1. Kept by: 192.0.2.7:50001 (" in str(error.detail)


def test_who_leaves_is_forgotten(new_pins: NewPins) -> None:
    pins, holder = new_pins(), client()
    pins.judge(holder, LOCKS, TEXT)
    pins.forget(holder)
    pins.forget(holder)
    assert pins.holders == {}


# Policies


@pytest.mark.parametrize(
    ("policy", "found", "pins_it"),
    [
        (SessionStatePolicy.TRACK, HARMLESS, False),
        (SessionStatePolicy.TRACK, PARAMETERS, False),
        (SessionStatePolicy.TRACK, LOCKS, True),
        (SessionStatePolicy.TRACK, Classification(Touch.LASTING), True),
        (SessionStatePolicy.TRACK, Classification(Touch.CURSORS), True),
        (SessionStatePolicy.TRACK, Classification(Touch.GONE), False),
        (SessionStatePolicy.PIN, PARAMETERS, True),
        (SessionStatePolicy.PIN, LOCKS, True),
        (SessionStatePolicy.REJECT, PARAMETERS, False),
    ],
)
def test_what_may_pin_takes_a_place(
    new_pins: NewPins, policy: SessionStatePolicy, found: Classification, pins_it: bool
) -> None:
    pins = new_pins()
    assert pins.judge(client(session_state=policy), found, TEXT) is None
    assert bool(pins.holders) is pins_it


@pytest.mark.parametrize(
    ("found", "what", "otherwise"),
    [
        (LOCKS, "an advisory lock", "pg_advisory_xact_lock"),
        (TEMPORARY, "a temporary object", "ON COMMIT DROP"),
        (Classification(Touch.CURSORS), "a cursor WITH HOLD", "without WITH HOLD"),
        (Classification(Touch.LASTING), "session state that", "RETURNING"),
        (Classification(Touch.OPAQUE), "a statement whose effect", "of their own"),
        (UNSEEN, "a statement that is not read", "16 KiB, a backslash"),
    ],
)
def test_where_it_is_rejected_what_would_pin_is_refused_with_the_way_out(
    new_pins: NewPins, found: Classification, what: str, otherwise: str
) -> None:
    pins = new_pins()
    error = objection(pins, client(session_state=SessionStatePolicy.REJECT), found)
    assert error.message.startswith(what)
    assert error.message.endswith(" is not allowed in transaction mode")
    assert (error.sqlstate, error.severity) == ("55000", Severity.ERROR)
    assert error.detail == (
        f"session_state is reject. The statement was: <{TEXT.decode()}>"
    )
    assert error.hint is not None
    assert otherwise in error.hint
    assert "session_state = track" in error.hint
    assert pins.holders == {}


def test_the_policy_is_that_of_the_clients_own_user(new_pins: NewPins) -> None:
    pins = new_pins(session_state=SessionStatePolicy.REJECT)
    assert pins.judge(client(), LOCKS, TEXT) is None


def test_new_settings_count_from_then_on(new_pins: NewPins) -> None:
    pins = new_pins(max_pinned=2)
    pins.judge(client(1), LOCKS, TEXT)
    pins.settings = replace(pins.settings, max_pinned=1)
    assert "max_pinned is 1" in str(objection(pins, client(2)).detail)
