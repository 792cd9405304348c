"""A wrong password costs the same, and is answered alike, whoever it is for.

Work is counted rather than timed: the derivations of SCRAM keys, which take a
millisecond or more, and all that hashes a few bytes, which takes a microsecond; waits
are counted in turns of the loop. One test measures, in time of the processor: time on
the clock would tell more of what else the machine does.
"""

import base64
import hashlib
import hmac
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import pytest

from pgpool_py.auth.rules import Policy
from pgpool_py.auth.secrets import SecretKind
from pgpool_py.pooler import pace as pace_module
from pgpool_py.settings import AuthType
from pgwire.authentication import AuthenticationSASLContinue
from pgwire.frontend import PasswordMessage, SASLInitialResponse, SASLResponse
from pgwire.md5 import md5_secret
from pgwire.scram import MECHANISM, derive
from tests.fixtures.hand import Wire
from tests.fixtures.messages import split, told, welcome
from tests.pooler.house import House, startup
from tests.pooler.test_inquiries import answer, row

Build = Callable[..., House]

ITERATIONS = 4096
SECRETS = {
    "scram": derive("right", b"salt of sixteen!", ITERATIONS).format(),
    "md5": md5_secret("md5", "right"),
    "plain": "right",
}
USERS = (*SECRETS, "nobody")

# Calls that hash a few bytes, in which users may differ: salts, digests of secrets.
SLACK = 4


@dataclass
class Meter:
    """Counts what the pooler does while it is on."""

    on: bool = False
    seen: Counter[str] = field(default_factory=Counter)

    def count(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same function, counted."""

        def counted(*given: Any, **named: Any) -> Any:
            self.seen[name] += self.on
            return function(*given, **named)

        return counted


@dataclass(frozen=True)
class Cost:
    """What one attempt costs, and what of it can be seen from outside.

    Attributes:
        derivations: of SCRAM keys.
        hashes: of a few bytes each.
        turns: of the loop up to each answer.
        answers: types and sizes of the messages.
    """

    derivations: int
    hashes: int
    turns: tuple[int, ...]
    answers: tuple[tuple[str, int], ...]


@pytest.fixture(autouse=True)
def time_for_slow_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait for its turn: the loop's clock stands still, work does not."""
    monkeypatch.setattr(pace_module, "CREDIT", 3600.0)


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> Meter:
    """Return one for all that hashes."""
    meter = Meter()
    for module, names in (
        (hashlib, ("pbkdf2_hmac", "sha256", "md5", "blake2b")),
        (hmac, ("digest",)),
    ):
        for name in names:
            counted = meter.count(name, getattr(module, name))
            monkeypatch.setattr(module, name, counted)
    return meter


class Stranger:
    """A client that knows a name and no password."""

    def __init__(self, house: House, meter: Meter) -> None:
        self.house = house
        self.meter = meter
        self.turns: list[int] = []
        self.answers: list[tuple[str, int]] = []
        self.stream = b""

    def wait(self, wire: Wire) -> bytes:
        """Let the pooler work until it has answered."""
        self.meter.on = True
        turns, received = 0, b""
        while not received and turns < 50:
            self.house.turn()
            turns += 1
            received = wire.received()
        self.meter.on = False
        self.turns.append(turns)
        self.answers += [(kind, len(body)) for kind, body in split(received)]
        self.stream = received
        return received

    def attempt(self, user: str, found: bytes | None) -> Cost:
        """Log in with a wrong password; ``found`` is what a look-up answers."""
        before = Counter(self.meter.seen)
        wire = self.house.arrive()
        wire.send(startup(user=user))
        if found is not None:
            self._answer_look_up(found)
        request = self.wait(wire)
        # AuthenticationSASL is 10, AuthenticationMD5Password 5, in clear 3.
        if request[8] == 10:
            self._by_scram(wire)
        else:
            wire.send(PasswordMessage(b"md5" + b"0" * 32).encode())
            self.wait(wire)
        assert told(self.stream)[:2] == ("FATAL", "28P01")
        seen = self.meter.seen - before
        slow = seen.pop("pbkdf2_hmac", 0)
        return Cost(slow, seen.total(), tuple(self.turns), tuple(self.answers))

    def _answer_look_up(self, found: bytes) -> None:
        house = self.house
        house.turn()
        for server in house.postgres.waiting():
            server.received()
            server.send(welcome())
            house.turn()
        server = house.postgres._accepted[0]
        assert server.received()
        server.send(found)

    def _by_scram(self, wire: Wire) -> None:
        wire.send(SASLInitialResponse(MECHANISM, b"n,,n=,r=abc").encode())
        # AuthenticationSASLContinue: type, Int32 length, Int32 code, the data
        challenge = AuthenticationSASLContinue(self.wait(wire)[9:]).data
        nonce = challenge.split(b",")[0]
        proof = base64.b64encode(bytes(32))
        wire.send(SASLResponse(b"c=biws," + nonce + b",p=" + proof).encode())
        self.wait(wire)


def costs(
    house: House, meter: Meter, users: tuple[str, ...], *, looked_up: bool = False
) -> list[Cost]:
    """Return what a second attempt costs for each; the first derives verifiers."""
    found = []
    for user in users * 2:
        reply = None
        if looked_up:
            secret = SECRETS.get(user)
            rows = [row(user.encode(), secret.encode())] if secret else []
            reply = answer(*rows)
        found.append(Stranger(house, meter).attempt(user, reply))
    return found[len(users) :]


def alike(found: list[Cost]) -> None:
    """See that nothing tells one from another."""
    first, *others = found
    for cost in others:
        assert cost.derivations == first.derivations
        assert abs(cost.hashes - first.hashes) <= SLACK
        assert cost.turns == first.turns
        assert cost.answers == first.answers


def knowing(build: Build, auth_type: AuthType, **policy: Any) -> House:
    house = build(auth_type=auth_type, scram_iterations=ITERATIONS)
    house.pooler.context.secrets |= SECRETS
    house.pooler.context.policy = Policy(auth_type, **policy)
    return house


def test_by_scram_no_attempt_costs_a_derivation(build: Build, meter: Meter) -> None:
    found = costs(knowing(build, AuthType.SCRAM_SHA_256), meter, USERS)
    assert found[0].derivations == 0
    assert [kind for kind, _ in found[0].answers] == ["R", "R", "E"]
    alike(found)


def test_by_the_password_in_clear_each_costs_one(build: Build, meter: Meter) -> None:
    found = costs(knowing(build, AuthType.PLAIN), meter, USERS)
    assert found[0].derivations == 1
    assert [kind for kind, _ in found[0].answers] == ["R", "E"]
    alike(found)


def test_none_does_where_nobody_has_a_scram_secret(build: Build, meter: Meter) -> None:
    house = knowing(build, AuthType.PLAIN, derives=False)
    found = costs(house, meter, ("md5", "plain", "nobody"))
    assert found[0].derivations == 0
    alike(found)


@pytest.mark.parametrize(
    ("usual", "users"),
    [
        (SecretKind.PLAIN, ("md5", "plain", "nobody")),
        (SecretKind.SCRAM, ("scram", "nobody")),
    ],
)
def test_by_md5_those_cannot_be_told_who_are_asked_for_what_is_usual(
    build: Build, meter: Meter, usual: SecretKind, users: tuple[str, ...]
) -> None:
    found = costs(knowing(build, AuthType.MD5, unknown=usual), meter, users)
    assert found[0].derivations == 0
    alike(found)


@pytest.mark.parametrize("auth_type", [AuthType.PLAIN, AuthType.SCRAM_SHA_256])
def test_who_is_looked_up_cannot_be_told_either(
    build: Build, meter: Meter, auth_type: AuthType
) -> None:
    house = build(auth_type=auth_type, auth_user="bob", scram_iterations=ITERATIONS)
    alike(costs(house, meter, USERS, looked_up=True))


@pytest.mark.parametrize("auth_type", [AuthType.PLAIN, AuthType.SCRAM_SHA_256])
def test_nor_by_the_time_of_the_processor(build: Build, auth_type: AuthType) -> None:
    house = knowing(build, auth_type)
    seconds: dict[str, list[float]] = {user: [] for user in USERS}
    meter = Meter()
    for _ in range(40):
        for user in USERS:
            began = time.thread_time()
            Stranger(house, meter).attempt(user, None)
            seconds[user].append(time.thread_time() - began)
    middle = {user: median(taken) for user, taken in seconds.items()}
    assert max(middle.values()) < 1.5 * min(middle.values()), middle
