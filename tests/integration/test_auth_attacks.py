"""What an attacker tries at the door: each attempt ends in a refusal and one line."""

import resource
import secrets
import struct
import time
from statistics import median

import pytest

from pgwire.authentication import AuthenticationSASLContinue
from pgwire.backend import BackendKeyData
from pgwire.diagnostics import ErrorResponse
from pgwire.frontend import PasswordMessage, SASLInitialResponse, SASLResponse
from pgwire.md5 import md5_response
from pgwire.scram import MECHANISM, MECHANISM_PLUS, derive
from pgwire.scram_client import ScramClient
from pgwire.startup import CancelRequest, StartupMessage
from tests.fixtures.certificates import Authority
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.test_limits import ended
from tests.integration.wire import Message, Wire, connect, log_in

PASSWORD = "the password"
SECRET = derive(PASSWORD, b"salt of sixteen!", 4096).format()
FIRST = b"n,,n=,r=thenonceoftheclient"


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    """Return one that asks for SCRAM; alice's servers trust her."""
    return start_pooler(
        auth_type="scram-sha-256",
        users={"alice": SECRET},
        databases={"open": "dbname=pooled user=postgres"},
        pool_mode="transaction",
        max_client_conn=2000,
    )


def knock(pooler: PoolerProcess, user: str = "alice") -> tuple[Wire, Message]:
    """Return a connection that has been asked for something, and the request."""
    wire = connect(pooler)
    words = {"user": user, "database": "open"}
    wire.send(StartupMessage(0, words).encode())
    return wire, wire.read()


def challenge(wire: Wire, first: bytes = FIRST) -> bytes:
    """Send client-first-message; return server-first-message."""
    wire.send(SASLInitialResponse(MECHANISM, first).encode())
    message = wire.read()
    assert message.kind == "R", message
    # Int32 code, 11 for a challenge
    assert message.body[:4] == struct.pack("!I", 11)
    return AuthenticationSASLContinue(message.body[4:]).data


def lines(pooler: PoolerProcess) -> list[str]:
    return [line for line in pooler.log.splitlines() if "pooler error" in line]


def refused(pooler: PoolerProcess, wire: Wire) -> ErrorResponse:
    """Return the error with which it ended; the log has it, once."""
    error = ended(wire)
    assert error.severity == "FATAL"
    pooler.wait_for_log("pooler error")
    (line,) = lines(pooler)
    assert error.message in line
    assert PASSWORD not in pooler.log
    return error


def raw(body: bytes) -> bytes:
    """Make a password message of any body."""
    return b"p" + struct.pack("!I", len(body) + 4) + body


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


# Replays


def test_a_proof_is_good_for_one_exchange(pooler: PoolerProcess) -> None:
    wire, _ = knock(pooler)
    client = ScramClient(PASSWORD, "thenonceoftheclient")
    proof = client.final(challenge(wire, client.first()))
    wire.send(SASLResponse(proof).encode())
    assert wire.until_ready()[-1].body == b"I"
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
        databases={"open": "dbname=pooled user=postgres"},
    )
    wire, _ = knock(pooler, user)
    wire.send(PasswordMessage(b"x" * size).encode())
    assert refused(pooler, wire).message == text


def test_a_null_does_not_end_a_password_early(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        auth_type="plain",
        users={"alice": PASSWORD},
        databases={"open": "dbname=pooled user=postgres"},
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


def test_the_answer_to_a_wrong_password_takes_as_long_for_all(
    start_pooler: StartPooler,
) -> None:
    iterations = 20_000
    stored = derive(PASSWORD, b"salt of sixteen!", iterations).format()
    pooler = start_pooler(
        auth_type="plain",
        users={"alice": stored, "bob": stored},
        databases={"open": "dbname=pooled user=postgres"},
        scram_iterations=iterations,
    )

    def seconds(user: str) -> float:
        wire, _ = knock(pooler, user)
        began = time.monotonic()
        wire.send(PasswordMessage(b"wrong").encode())
        assert ended(wire).message == "password authentication failed"
        return time.monotonic() - began

    known, unknown = [], []
    for _ in range(9):
        known.append(seconds("alice"))
        unknown.append(seconds("nobody"))
    # Without the same work for both it is twenty times as long and more.
    assert 1 / 4 < median(known) / median(unknown) < 4


# Floods


def test_half_open_logins_keep_nobody_out_and_cost_little(
    start_pooler: StartPooler,
) -> None:
    free = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200
    most = min(1000, free)
    if most < 100:
        pytest.skip("too few descriptors")
    pooler = start_pooler(
        auth_type="scram-sha-256",
        users={"alice": SECRET},
        databases={"open": "dbname=pooled user=postgres"},
        max_client_conn=most + 10,
        client_login_timeout=3,
    )
    before = pooler.rss
    begun = [knock(pooler)[0] for _ in range(most)]
    wire, _ = knock(pooler)
    client = ScramClient(PASSWORD, secrets.token_urlsafe(18))
    proof = client.final(challenge(wire, client.first()))
    wire.send(SASLResponse(proof).encode())
    assert wire.until_ready()[-1].body == b"I"
    assert pooler.rss - before < most * 40_000
    assert wire.value("SELECT 1") == "1"
    assert ended(begun[-1]).message == "client_login_timeout"
    until(lambda: pooler.descriptors < 100, "all are closed")
    # Of most the log says how many there were.
    assert len(lines(pooler)) < most


def test_a_flood_of_wrong_passwords_leaves_time_to_others(
    start_pooler: StartPooler,
) -> None:
    stored = derive(PASSWORD, b"salt of sixteen!", 50_000).format()
    pooler = start_pooler(
        auth_type="plain",
        users={"alice": stored},
        databases={"open": "dbname=pooled user=postgres"},
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


def test_guessed_cancel_keys_cancel_nothing(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="transaction")
    wire = log_in(pooler)
    key = wire.cancel_request
    # Int32 length, Int32 code, Int32 process id, the key
    (pid,) = struct.unpack_from("!I", key, 8)
    wire.send(b"Q", struct.pack("!I", 4 + 22), b"SELECT pg_sleep(1000)\0")
    pooler.wait_for_backends(1, "active")
    for _ in range(100):
        with Wire(pooler.host, pooler.port) as guess:
            guess.send(CancelRequest(pid, secrets.token_bytes(4)).encode())
            assert guess.rest() == []
    assert len(pooler.wait_for_backends(1, "active")) == 1
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


def test_in_clear_nobody_gets_past_a_required_encryption(
    start_pooler: StartPooler, authority: Authority
) -> None:
    issued = authority.issue("127.0.0.1")
    pooler = start_pooler(
        auth_type="scram-sha-256",
        users={"alice": SECRET},
        databases={"open": "dbname=pooled user=postgres"},
        client_tls_sslmode="require",
        client_tls_key_file=str(issued.key_file),
        client_tls_cert_file=str(issued.cert_file),
    )
    wire = connect(pooler)
    wire.send(StartupMessage(0, {"user": "alice", "database": "open"}).encode())
    error = refused(pooler, wire)
    assert (error.sqlstate, error.message) == ("28000", "SSL required")
