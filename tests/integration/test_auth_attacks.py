"""What an attacker tries at the door: each attempt ends in a refusal and one line.

downgrades, replays, malformed messages, enumeration, floods, guessed keys

What is counted rather than seen from outside stands in the pooler's tests: that a wrong
password costs the same work for all in ``test_same_work.py``, that nothing is left in
memory in ``test_attack_memory.py``.
"""

import resource
import secrets
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest

from pgpool_py.client.repeats import MOST
from pgpool_py.pooler.peering import QUIET
from pgwire.backend import BackendKeyData
from pgwire.frontend import PasswordMessage, SASLInitialResponse, SASLResponse
from pgwire.md5 import md5_response
from pgwire.scram import MECHANISM, MECHANISM_PLUS, ChannelBinding, derive
from pgwire.scram_client import ScramClient
from pgwire.startup import CancelRequest, StartupMessage
from tests.fixtures.certificates import Authority
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.attacker import (
    DATABASES,
    PASSWORD,
    SECRET,
    challenge,
    encrypted,
    half_open,
    knock,
    lines,
    prove,
    raw,
    refused,
)
from tests.integration.wire import Wire, connect, log_in

Secured = Callable[..., PoolerProcess]


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    """Return one that asks for SCRAM; alice's servers trust her."""
    return start_pooler(
        auth_type="scram-sha-256",
        users={"alice": SECRET},
        databases=DATABASES,
        pool_mode="transaction",
        max_client_conn=2000,
    )


@pytest.fixture
def start_secured(start_pooler: StartPooler, authority: Authority) -> Secured:
    """Return a starter of poolers that ask for SCRAM and have a certificate."""
    issued = authority.issue("127.0.0.1")

    def start(sslmode: str, **settings: Any) -> PoolerProcess:
        return start_pooler(
            auth_type="scram-sha-256",
            users={"alice": SECRET},
            databases=DATABASES,
            pool_mode="transaction",
            client_tls_sslmode=sslmode,
            client_tls_key_file=str(issued.key_file),
            client_tls_cert_file=str(issued.cert_file),
            **settings,
        )

    return start


# Downgrades


def test_md5_is_no_answer_to_scram(pooler: PoolerProcess) -> None:
    wire, _ = knock(pooler)
    wire.send(PasswordMessage(md5_response(PASSWORD, "alice", b"salt")).encode())
    assert refused(pooler, wire).sqlstate == "08P01"


def test_nor_is_the_password_itself(pooler: PoolerProcess) -> None:
    wire, _ = knock(pooler)
    wire.send(PasswordMessage(PASSWORD.encode()).encode())
    assert refused(pooler, wire).sqlstate == "08P01"


def test_a_mechanism_that_was_not_offered_is_not_taken(pooler: PoolerProcess) -> None:
    wire, _ = knock(pooler)
    wire.send(SASLInitialResponse(MECHANISM_PLUS, b"p=x,,n=,r=abc").encode())
    assert "not offered" in refused(pooler, wire).message


def test_who_did_not_see_that_it_could_bind_is_refused(
    start_secured: Secured, authority: Authority
) -> None:
    pooler = start_secured("allow")
    wire = encrypted(pooler, authority.client_context())
    _, request = knock(pooler, wire=wire)
    assert request.body[4:] == b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"
    # y: the client can bind, and somebody has taken that off the list it was sent.
    wire.send(SASLInitialResponse(MECHANISM, b"y,,n=,r=abc").encode())
    error = refused(pooler, wire)
    assert (error.sqlstate, error.message) == ("28P01", "SASL authentication failed")
    assert "did not see the offer of channel binding" in lines(pooler)[0]


def test_in_clear_where_nothing_could_be_bound_it_gets_in(
    start_secured: Secured,
) -> None:
    pooler = start_secured("allow")
    wire, request = knock(pooler)
    assert request.body[4:] == b"SCRAM-SHA-256\0\0"
    assert challenge(wire, b"y,,n=,r=abc")


def test_a_proof_for_another_certificate_is_refused(
    start_secured: Secured, authority: Authority
) -> None:
    pooler = start_secured("allow")
    wire, _ = knock(pooler, wire=encrypted(pooler, authority.client_context()))
    client = ScramClient(PASSWORD, "abc", binding=ChannelBinding(b"h" * 32))
    proof = client.final(challenge(wire, client.first(), MECHANISM_PLUS))
    wire.send(SASLResponse(proof).encode())
    assert "channel binding does not match" in refused(pooler, wire).message


def test_in_clear_nobody_gets_past_a_required_encryption(
    start_secured: Secured,
) -> None:
    pooler = start_secured("require")
    wire = connect(pooler)
    wire.send(StartupMessage(0, {"user": "alice", "database": "open"}).encode())
    error = refused(pooler, wire)
    assert (error.sqlstate, error.message) == ("28000", "SSL required")


# Replays


def test_a_proof_is_good_for_one_exchange(pooler: PoolerProcess) -> None:
    wire, _ = knock(pooler)
    client = ScramClient(PASSWORD, "thenonceoftheclient")
    proof = prove(wire, client)
    again, _ = knock(pooler)
    challenge(again, client.first())
    again.send(SASLResponse(proof).encode())
    assert "nonce" in refused(pooler, again).message


def test_a_nonce_is_never_given_twice(pooler: PoolerProcess) -> None:
    given = set()
    for _ in range(50):
        wire, _ = knock(pooler)
        given.add(challenge(wire).split(b",")[0])
        wire.close()
    assert len(given) == 50


# Malformed

BROKEN = {
    "nothing": b"",
    "no end of the mechanism": b"SCRAM-SHA-256",
    "no length": b"SCRAM-SHA-256\0",
    # Int32 length of 99, and no such bytes
    "a length beyond the message": b"SCRAM-SHA-256\0\0\0\0\x63n,,",
    # Int32 length of -2
    "a length below zero": b"SCRAM-SHA-256\0\xff\xff\xff\xfen,,",
    "no header": b"SCRAM-SHA-256\0\0\0\0\4xxxx",
    "a null in the nonce": b"SCRAM-SHA-256\0\0\0\0\x0cn,,n=,r=a\0bc",
    "an authorization identity": b"SCRAM-SHA-256\0\0\0\0\x0fn,a=bob,n=,r=ab",
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_first_message_is_refused(pooler: PoolerProcess, what: str) -> None:
    wire, _ = knock(pooler)
    wire.send(raw(BROKEN[what]))
    assert refused(pooler, wire).sqlstate in {"08P01", "0A000", "28P01"}


@pytest.mark.parametrize(
    "final",
    [
        b"",
        b"c=biws",
        b"c=biws,r=thenonceoftheclient,p=" + b"A" * 43 + b"=",
        b"c=biws,r=,p=",
        b"\0" * 100,
        b"c=biws,r=x,p=" + b"A" * 60_000,
    ],
)
def test_what_is_no_final_message_is_refused(
    pooler: PoolerProcess, final: bytes
) -> None:
    wire, _ = knock(pooler)
    challenge(wire)
    wire.send(SASLResponse(final).encode())
    assert refused(pooler, wire).sqlstate in {"08P01", "28P01"}


def test_too_long_a_message_is_not_even_read(pooler: PoolerProcess) -> None:
    wire, _ = knock(pooler)
    # Int32 length of 128 KiB
    wire.send(b"p", struct.pack("!I", 1 << 17), b"x" * 1000)
    assert refused(pooler, wire).message == "password too long"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (65_530, "password authentication failed"),
        (65_536, "password too long"),
        (69_000, "password too long"),
    ],
)
@pytest.mark.parametrize("user", ["alice", "nobody"])
def test_long_passwords_have_a_limit(
    start_pooler: StartPooler, size: int, text: str, user: str
) -> None:
    pooler = start_pooler(
        auth_type="plain",
        users={"alice": SECRET},
        databases=DATABASES,
    )
    wire, _ = knock(pooler, user)
    wire.send(PasswordMessage(b"x" * size).encode())
    assert refused(pooler, wire).message == text


def test_a_null_does_not_end_a_password_early(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        auth_type="plain",
        users={"alice": PASSWORD},
        databases=DATABASES,
    )
    wire, _ = knock(pooler)
    wire.send(raw(PASSWORD.encode() + b"\0rest\0"))
    assert refused(pooler, wire).sqlstate in {"08P01", "28P01"}


# Enumeration


def test_who_does_not_exist_is_challenged_alike_and_always_in_the_same_way(
    pooler: PoolerProcess,
) -> None:
    def asked(user: str) -> tuple[bytes, bytes]:
        wire, request = knock(pooler, user)
        assert request.body[4:] == b"SCRAM-SHA-256\0\0"
        _, salt, count = challenge(wire).split(b",")
        wire.close()
        return salt, count

    assert asked("nobody") == asked("nobody")
    assert asked("nobody")[0] != asked("nobody2")[0]
    assert len(asked("nobody")[0]) == len(asked("alice")[0])
    assert asked("nobody")[1] == asked("alice")[1]


# Floods


def test_logins_left_half_open_end_at_the_timeout_and_others_go_on(
    start_secured: Secured,
) -> None:
    free = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200
    most = min(1000, free)
    if most < 100:
        pytest.skip("too few descriptors")
    pooler = start_secured("allow", max_client_conn=most + 10, client_login_timeout=3)
    inside, _ = knock(pooler)
    prove(inside, ScramClient(PASSWORD, secrets.token_urlsafe(18)))
    before, open_before = pooler.rss, pooler.descriptors
    began = time.monotonic()
    begun = [half_open(pooler, number) for number in range(most)]
    late, _ = knock(pooler)
    prove(late, ScramClient(PASSWORD, secrets.token_urlsafe(18)))
    assert pooler.rss - before < most * 40_000

    def all_are_closed() -> bool:
        for wire in (inside, late):
            assert wire.value("SELECT 1") == "1"
        return pooler.descriptors < open_before + 10

    until(all_are_closed, "all are closed")
    assert pooler.rss - before < most * 40_000
    for number, wire in enumerate(begun):
        told = wire.rest()
        # Within a handshake there is no way to say why.
        if number % 5 != 2:
            assert told[-1].error.message == "client_login_timeout"
    # Of most the log says how many there were.
    seconds = time.monotonic() - began
    assert 0 < len(lines(pooler)) < MOST * (seconds + 2)


def test_a_flood_of_wrong_passwords_leaves_time_to_others(
    start_pooler: StartPooler,
) -> None:
    stored = derive(PASSWORD, b"salt of sixteen!", 50_000).format()
    pooler = start_pooler(
        auth_type="plain",
        users={"alice": stored},
        databases=DATABASES,
        pool_mode="transaction",
    )
    inside, _ = knock(pooler)
    inside.send(PasswordMessage(PASSWORD.encode()).encode())
    inside.until_ready()
    flood = [knock(pooler)[0] for _ in range(60)]
    for wire in flood:
        wire.send(PasswordMessage(b"wrong").encode())
    answered = sum(inside.value("SELECT 1") == "1" for _ in range(100))
    assert answered == 100
    # A hundred exchanges are quicker than a quarter of the time for 60 derivations.
    assert any(not wire.has_input(0) for wire in flood)
    for wire in flood:
        wire.close()
    assert inside.value("SELECT 1") == "1"
    assert all("password authentication failed" in line for line in lines(pooler))


def test_guessed_cancel_keys_cancel_nothing(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="transaction")
    wire = log_in(pooler)
    key = wire.cancel_request
    # Int32 length, Int32 code, Int32 process id, the key
    (pid,) = struct.unpack_from("!I", key, 8)
    wire.send(b"Q", struct.pack("!I", 4 + 22), b"SELECT pg_sleep(1000)\0")
    pooler.wait_for_backends(1, "active")
    before, open_before = pooler.rss, pooler.descriptors
    began = time.monotonic()
    for _ in range(2000):
        with Wire(pooler.host, pooler.port) as guess:
            guess.send(CancelRequest(pid, secrets.token_bytes(4)).encode())
            assert guess.rest() == []
    assert len(pooler.wait_for_backends(1, "active")) == 1
    assert pooler.rss - before < 2_000_000
    assert pooler.descriptors == open_before
    said = lines(pooler)
    assert 1 <= len(said) <= 1 + (time.monotonic() - began) / QUIET
    assert "closing because: failed cancel request" in said[0]
    with Wire(pooler.host, pooler.port) as right:
        right.send(key)
        assert right.rest() == []
    (error,) = [m.error for m in wire.until_ready() if m.kind == "E"]
    assert error.sqlstate == "57014"


def test_a_key_is_not_the_same_twice(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="transaction")
    found = set()
    for _ in range(20):
        wire = connect(pooler)
        words = {"user": "postgres", "database": "app"}
        wire.send(StartupMessage(2, words).encode())
        keys = [
            BackendKeyData.decode(message.body).key
            for message in wire.until_ready()
            if message.kind == "K"
        ]
        found.add(keys[0])
    assert len(found) == 20
    assert {len(key) for key in found} == {32}
