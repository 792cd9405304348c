"""What comes in before a login and is none: an answer or a close at once, one line in
the log, and the others go on."""

import struct
import time

import pytest

from pgwire.startup import CancelRequest, GSSENCRequest, SSLRequest, StartupMessage
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.test_limits import ended
from tests.integration.wire import connect, kinds, log_in

STARTUP = StartupMessage(0, {"user": "postgres", "database": "app"}).encode()

#: By name: the bytes, the SQLSTATE, a part of the message.
REFUSED = {
    "random bytes": (bytes(range(255, 0, -1)), "08P01", "bad packet header"),
    "an HTTP request": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "08P01", "bad packet"),
    # TLS record: handshake, version 3.1, Int16 length; ClientHello
    "a TLS hello": (b"\x16\x03\x01\x02\0\x01\0\x01\xfc", "08P01", "bad packet"),
    "a line of SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", "08P01", "bad packet"),
    # Int32 length of 2 GB less one
    "a length of 2 GB": (b"\x7f\xff\xff\xff\0\3\0\0", "08P01", "bad packet"),
    "a length below zero": (b"\xff\xff\xff\xff\0\3\0\0", "08P01", "bad packet"),
    "a length of nothing": (b"\0\0\0\0\0\3\0\0", "08P01", "bad packet"),
    "protocol 2": (struct.pack("!II", 8, 2 << 16), "08P01", "old V2 protocol"),
    "protocol 4": (struct.pack("!II", 8, 4 << 16), "08P01", "bad packet"),
    # Int32 length 12, protocol 3.0, a name without its end
    "no end": (struct.pack("!II", 12, 3 << 16) + b"user", "08P01", "terminator"),
    # Int32 length 9, protocol 3.0, the terminator
    "no user": (struct.pack("!II", 9, 3 << 16) + b"\0", "08P01", "no username"),
    "bytes behind SSLRequest": (
        SSLRequest().encode() + STARTUP,
        "08P01",
        "received unencrypted data after SSL request",
    ),
    "bytes behind GSSENCRequest": (
        GSSENCRequest().encode() + STARTUP,
        "08P01",
        "received unencrypted data after GSSAPI encryption request",
    ),
}


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        pool_mode="transaction", default_pool_size=2, max_client_conn=1000
    )


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_login_is_refused_at_once(pooler: PoolerProcess, what: str) -> None:
    data, sqlstate, text = REFUSED[what]
    other = log_in(pooler)
    wire = connect(pooler)
    began = time.monotonic()
    wire.send(data)
    error = ended(wire)
    assert time.monotonic() - began < 1
    assert (error.severity, error.sqlstate) == ("FATAL", sqlstate)
    assert text in error.message
    lines = [line for line in pooler.log.splitlines() if "pooler error" in line]
    assert len(lines) == 1
    assert text in lines[0]
    assert other.value("SELECT 1") == "1"


def test_a_request_for_encryption_is_declined_and_the_login_goes_on(
    pooler: PoolerProcess,
) -> None:
    wire = connect(pooler)
    for request in (GSSENCRequest(), SSLRequest()):
        wire.send(request.encode())
        assert wire.receive(1) == b"N"
    wire.login()
    assert wire.value("SELECT 1") == "1"


def test_a_newer_protocol_is_answered_with_the_newest_that_is_spoken(
    pooler: PoolerProcess,
) -> None:
    wire = connect(pooler)
    words = {"user": "postgres", "database": "app"}
    wire.send(StartupMessage(9, words, {"_pq_.wish": "1"}).encode())
    replies = wire.until_ready()
    assert replies[0].kind == "v"
    assert b"_pq_.wish" in replies[0].body
    assert wire.value("SELECT 1") == "1"


def test_a_login_may_come_byte_by_byte(pooler: PoolerProcess) -> None:
    wire = connect(pooler)
    for position in range(len(STARTUP)):
        wire.send(STARTUP[position : position + 1])
    assert wire.until_ready()[-1].body == b"I"


@pytest.mark.parametrize("auth_type", ["plain", "md5", "scram-sha-256"])
def test_a_password_that_never_ends_is_refused_at_once(
    start_pooler: StartPooler, auth_type: str
) -> None:
    pooler = start_pooler(auth_type=auth_type, users={"postgres": "secret"})
    wire = connect(pooler)
    wire.send(STARTUP)
    assert wire.read().kind == "R"
    # PasswordMessage with an Int32 length of 1 GB
    wire.send(b"p", struct.pack("!I", 1 << 30), b"x" * 1000)
    error = ended(wire)
    assert (error.severity, error.sqlstate) == ("FATAL", "08P01")
    assert error.message == "password too long"


def test_a_query_instead_of_a_password_is_refused(start_pooler: StartPooler) -> None:
    pooler = start_pooler(auth_type="md5", users={"postgres": "secret"})
    wire = connect(pooler)
    wire.send(STARTUP)
    assert wire.read().kind == "R"
    wire.send(b"Q\0\0\0\x0dSELECT 1\0")
    assert ended(wire).sqlstate in {"08P01", "28P01"}


def test_what_is_sent_before_the_welcome_is_refused(pooler: PoolerProcess) -> None:
    wire = connect(pooler)
    wire.send(STARTUP, b"Q\0\0\0\x0dSELECT 1\0")
    messages = wire.rest()
    if messages[-1].kind == "E":
        assert messages[-1].error.sqlstate == "08P01"
    log_in(pooler)


def test_a_cancel_request_for_nobody_is_dropped_in_silence(
    pooler: PoolerProcess,
) -> None:
    client = log_in(pooler)
    for request in (CancelRequest(1, b"1234"), CancelRequest(2**31 - 1, b"1234")):
        wire = connect(pooler)
        wire.send(request.encode())
        assert wire.rest() == []
    assert client.value("SELECT 1") == "1"


def test_connections_that_are_dropped_at_once_leave_nothing(
    pooler: PoolerProcess,
) -> None:
    other = log_in(pooler)
    before = pooler.descriptors
    memory = pooler.rss
    for number in range(500):
        wire = connect(pooler)
        if number % 3 == 1:
            wire.send(STARTUP[: number % len(STARTUP)])
        if number % 2:
            wire.reset()
        else:
            wire.close()
    until(lambda: pooler.descriptors == before, "their descriptors are given back")
    assert pooler.rss - memory < 4 * 1024 * 1024
    assert other.value("SELECT 1") == "1"
    assert kinds(log_in(pooler).query("SELECT 1")) == "TDCZ"
