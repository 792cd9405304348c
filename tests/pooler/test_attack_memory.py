"""What an attacker leaves behind in memory: nothing, however often it tries."""

import gc
import logging
import secrets
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from pgpool_py.client.arrival import MOST_UNREAD
from pgpool_py.pooler import pace as pace_module
from pgpool_py.settings import AuthType
from pgwire.frontend import PasswordMessage, SASLInitialResponse, SASLResponse
from pgwire.scram import MECHANISM, derive
from pgwire.startup import CancelRequest
from tests.fixtures.hand import Clock, Wire
from tests.fixtures.messages import told, welcome
from tests.pooler.group import warnings
from tests.pooler.house import House, startup
from tests.pooler.test_gatehouse import key_of
from tests.pooler.test_inquiries import answer

Build = Callable[..., House]

#: Bytes that may come and go in so many attempts: caches of the interpreter.
SLACK = 8_000
# More than there are startup packets that are remembered, whoever sent them.
FIRST, ATTEMPTS = 20, 50
SECRETS = {
    "alice": derive("right", b"salt of sixteen!", 2).format(),
    "carol": "right",
}


@dataclass
class Victim:
    """A pooler, and attempts against it."""

    house: House
    clock: Clock

    def knock(self, user: str = "alice", database: str = "app") -> Wire:
        """Say a name; what is asked for does not matter."""
        return self.house.arrive(startup(database, user))

    def refused(self, wire: Wire, text: str) -> None:
        """See that the pooler is done with it."""
        assert text in str(told(wire.received()))
        assert wire.ended
        wire.close()


Attack = Callable[[Victim, int], None]


def raw(body: bytes) -> bytes:
    return b"p" + struct.pack("!I", len(body) + 4) + body


def wrong_proofs_for_names_that_nobody_has(victim: Victim, number: int) -> None:
    first = SASLInitialResponse(MECHANISM, b"n,,n=,r=abc").encode()
    wire = victim.knock(f"nobody{number}")
    challenge = victim.house.send(wire, first)
    # AuthenticationSASLContinue: type, Int32 length, Int32 code, r=
    nonce = challenge.split(b"r=")[1].split(b",")[0]
    final = b"c=biws,r=" + nonce + b",p=" + b"A" * 43 + b"="
    wire.send(SASLResponse(final).encode())
    victim.house.turn()
    victim.refused(wire, "SASL authentication failed")


def truncated_sasl(victim: Victim, number: int) -> None:
    wire = victim.knock()
    wire.received()
    wire.send(SASLInitialResponse(MECHANISM, b"n,,n=,r=abc").encode()[: number % 30])
    victim.house.turn()
    wire.close()
    victim.house.turn()


def oversized_sasl(victim: Victim, number: int) -> None:
    wire = victim.knock()
    wire.received()
    wire.send(SASLInitialResponse(MECHANISM, b"n,,r=" + b"x" * 66_000).encode())
    for _ in range(3):
        victim.house.turn()
    victim.refused(wire, "password too long")


def passwords_of_64_kib(victim: Victim, number: int) -> None:
    wire = victim.knock("carol" if number % 2 else f"nobody{number}")
    wire.received()
    wire.send(PasswordMessage(b"x" * 65_530).encode())
    for _ in range(3):
        victim.house.turn()
    victim.refused(wire, "password authentication failed")


def passwords_that_never_end(victim: Victim, number: int) -> None:
    wire = victim.knock()
    wire.received()
    # Int32 length of all that may be kept
    wire.send(b"p" + struct.pack("!I", MOST_UNREAD - 1) + b"x" * 60_000)
    for _ in range(3):
        victim.house.turn()
    wire.close()
    victim.house.turn()


def null_bytes(victim: Victim, number: int) -> None:
    wire = victim.knock()
    wire.received()
    wire.send(raw(b"right\0rest\0"))
    victim.house.turn()
    victim.refused(wire, "08P01")


def logins_that_stay_half_open(victim: Victim, number: int) -> None:
    wire = victim.house.arrive(startup()[: number % 30] if number % 2 else startup())
    wire.received()
    victim.clock.advance(60.0)
    victim.house.pooler.gatehouse.refuse_late(victim.clock.now)
    victim.house.turn()
    victim.refused(wire, "client_login_timeout")


def databases_that_do_not_exist(victim: Victim, number: int) -> None:
    wire = victim.knock("carol", f"nowhere{number}")
    wire.received()
    wire.send(PasswordMessage(b"right").encode())
    victim.house.turn()
    victim.refused(wire, "no such database")


def names_to_be_looked_up(victim: Victim, number: int) -> None:
    house = victim.house
    wire = victim.knock(f"nobody{number}")
    for server in house.postgres.waiting():
        server.received()
        server.send(welcome())
        house.turn()
    server = house.postgres._accepted[0]
    assert server.received()
    server.send(answer())
    house.turn()
    wire.received()
    wire.send(PasswordMessage(b"wrong").encode())
    house.turn()
    victim.refused(wire, "password authentication failed")


def guessed_cancel_keys(victim: Victim, number: int) -> None:
    request = CancelRequest(4_194_305 + number, secrets.token_bytes(4 + number % 200))
    wire = victim.house.arrive(request.encode())
    assert wire.received() == b""
    assert wire.ended
    wire.close()


SCRAM: dict[str, object] = {"auth_type": AuthType.SCRAM_SHA_256}
PLAIN: dict[str, object] = {"auth_type": AuthType.PLAIN, "scram_iterations": 2}
ATTACKS: dict[Attack, dict[str, object]] = {
    wrong_proofs_for_names_that_nobody_has: SCRAM,
    truncated_sasl: SCRAM,
    oversized_sasl: SCRAM,
    passwords_of_64_kib: PLAIN,
    passwords_that_never_end: PLAIN,
    null_bytes: PLAIN,
    logins_that_stay_half_open: SCRAM,
    databases_that_do_not_exist: PLAIN,
    names_to_be_looked_up: {**PLAIN, "auth_user": "bob"},
    guessed_cancel_keys: SCRAM,
}


def kept() -> int:
    """Return the bytes that the code of the pooler has allocated and not given back."""
    gc.collect()
    ours = [tracemalloc.Filter(True, f"*/{room}/*") for room in ("pgpool_py", "pgwire")]
    shot = tracemalloc.take_snapshot().filter_traces(
        [*ours, tracemalloc.Filter(False, "*/tests/*")]
    )
    return sum(trace.size for trace in shot.traces)


@pytest.fixture
def silence() -> Iterator[None]:
    """Log nothing: whoever collects lines for the test would keep what is in them."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("silence")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_leaves_nothing_behind(
    build: Build, clock: Clock, monkeypatch: pytest.MonkeyPatch, attack: Attack
) -> None:
    # The clock stands still, and with it what there is of time for slow work.
    monkeypatch.setattr(pace_module, "CREDIT", 3600.0)
    house = build(**ATTACKS[attack])
    house.pooler.context.secrets |= SECRETS
    victim = Victim(house, clock)
    # Before the first: what is remembered of them makes place for what comes later.
    tracemalloc.start()
    try:
        for number in range(FIRST):
            attack(victim, number)
        before = kept()
        for number in range(FIRST, FIRST + ATTEMPTS):
            attack(victim, number)
        grown = kept() - before
    finally:
        tracemalloc.stop()
    assert grown < SLACK
    gatehouse = house.pooler.gatehouse
    assert (len(gatehouse.arrivals), len(gatehouse.sessions)) == (0, 0)
    assert (len(gatehouse.admission.pace), len(gatehouse.admission.inquiries)) == (0, 0)
    assert len(house.pooler.context.keys) == 0
    assert len(house.pooler.pools) <= 1


def test_an_unfinished_password_is_kept_up_to_a_limit(
    build: Build, clock: Clock
) -> None:
    house = build(**PLAIN)
    victim = Victim(house, clock)
    wires = [victim.knock() for _ in range(20)]
    tracemalloc.start()
    try:
        before = kept()
        for wire in wires:
            wire.send(b"p" + struct.pack("!I", MOST_UNREAD - 1) + b"x" * 60_000)
        for _ in range(5):
            house.turn()
        grown = kept() - before
    finally:
        tracemalloc.stop()
    # A buffer that grows has some room to spare.
    assert 20 * 60_000 < grown < 20 * MOST_UNREAD * 5 / 4


def test_two_thousand_guessed_cancel_keys_reach_nobody(
    house: House, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    client = house.come_in()
    pid = key_of(client.received()).pid
    for _ in range(2000):
        wire = house.arrive(CancelRequest(pid, secrets.token_bytes(4)).encode())
        assert wire.received() == b""
        wire.close()
    assert house.postgres.waiting() == []
    assert house.postgres._accepted[0].received() == b""
    assert client.received() == b""
    assert warnings(caplog) == ["closing because: failed cancel request"]
    clock.advance(10.0)
    house.arrive(CancelRequest(pid, b"once").encode()).close()
    assert warnings(caplog)[1:] == [
        "closing because: failed cancel request (and 1999 more before)"
    ]
    assert len(house.pooler.gatehouse.peering) == 0
