"""A client that is logged in and breaks the protocol: it is told so, its server never
sees it, and serves the next one."""

import struct
import time

import pytest

from pgwire.copying import CopyData, CopyDone, CopyFail
from pgwire.frontend import Bind, Execute, Flush, Parse, Query, Sync, Terminate
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.test_limits import ended
from tests.integration.wire import Wire, batch, extended, kinds, log_in


def header(kind: bytes, length: int) -> bytes:
    """Return a message's type and its length word."""
    return kind + struct.pack("!I", length)


#: By name: the bytes, a part of the message with which they are refused.
REFUSED = {
    "an unknown type": (header(b"!", 4), "invalid frontend message type 0x21"),
    "a type of zero": (header(b"\0", 4), "invalid frontend message type 0x00"),
    "a reply of a server": (header(b"T", 6) + b"\0\0", "invalid frontend message type"),
    "a second login": (
        struct.pack("!II", 18, 3 << 16) + b"user\0one\0\0",
        "invalid frontend message type 0x00",
    ),
    "a password": (header(b"p", 9) + b"pass\0", "invalid frontend message type"),
    "a length of 2 GB": (header(b"Q", 2**31 - 1), "invalid message length"),
    "a length of 4 GB": (header(b"Q", 2**32 - 1), "invalid message length"),
    "a length of zero": (header(b"Q", 0), "invalid message length"),
    "a Sync with a body": (header(b"S", 8) + b"body", "invalid message length"),
    "a long Execute": (header(b"E", 20_000), "invalid message length"),
    "an HTTP request": (b"GET / HTTP/1.1\r\n\r\n", "invalid frontend message type"),
}


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        pool_mode="transaction", default_pool_size=1, client_gone_grace=0.1
    )


@pytest.mark.parametrize("where", ["idle", "in a transaction", "in a batch"])
@pytest.mark.parametrize("what", REFUSED)
def test_a_message_that_would_end_the_server_is_refused_by_us(
    pooler: PoolerProcess, what: str, where: str
) -> None:
    data, text = REFUSED[what]
    wire, other = log_in(pooler), log_in(pooler)
    pid = other.value("SELECT pg_backend_pid()")
    other.query("CREATE TABLE t (i int)")
    if where == "in a transaction":
        wire.query("BEGIN; INSERT INTO t VALUES (1)")
    elif where == "in a batch":
        wire.send(batch("INSERT INTO t VALUES (1)"), Flush().encode())
        wire.read_to("C")
    began = time.monotonic()
    wire.send(data)
    error = ended(wire)
    assert time.monotonic() - began < 1
    assert (error.severity, error.sqlstate) == ("FATAL", "08P01")
    assert text in error.message
    assert other.value("SELECT pg_backend_pid()") == pid
    assert other.value("SELECT count(*) FROM t") == "0"
    assert pooler.log.count("pooler error") == 1


def test_a_query_in_front_of_a_bad_message_is_run(
    pooler: PoolerProcess,
) -> None:
    wire, other = log_in(pooler), log_in(pooler)
    other.query("CREATE TABLE t (i int)")
    pid = other.value("SELECT pg_backend_pid()")
    wire.send(Query(b"INSERT INTO t VALUES (1)").encode(), header(b"!", 4))
    assert ended(wire).sqlstate == "08P01"
    assert other.value("SELECT pg_backend_pid()") == pid
    # As without a pooler: what was sent in front of it is run.
    assert other.value("SELECT count(*) FROM t") == "1"


@pytest.mark.parametrize(
    "message",
    [Query(b"SELECT 1").encode(), extended("SELECT 1")],
    ids=["a query", "a batch"],
)
def test_a_request_in_copy_in_is_refused_by_us(
    pooler: PoolerProcess, message: bytes
) -> None:
    wire, other = log_in(pooler), log_in(pooler)
    other.query("CREATE TABLE t (i int)")
    pid = other.value("SELECT pg_backend_pid()")
    wire.send(Query(b"COPY t FROM STDIN").encode())
    assert wire.read().kind == "G"
    wire.send(CopyData(b"1\n").encode(), message)
    error = ended(wire)
    assert (error.severity, error.sqlstate) == ("FATAL", "08P01")
    assert "during COPY from stdin" in error.message
    assert other.value("SELECT pg_backend_pid()") == pid
    assert other.value("SELECT count(*) FROM t") == "0"


def test_copy_data_that_nobody_asked_for_is_dropped(pooler: PoolerProcess) -> None:
    wire, other = log_in(pooler), log_in(pooler)
    other.query("BEGIN")
    # It needs no server, so that the one that is lent matters nothing.
    wire.send(CopyData(b"x" * 100_000).encode(), CopyDone().encode())
    wire.send(Flush().encode())
    other.query("COMMIT")
    assert wire.value("SELECT 1") == "1"
    wire.query("BEGIN")
    wire.send(CopyData(b"1\n").encode() * 3, CopyDone().encode())
    assert wire.value("SELECT 2") == "2"
    assert wire.query("COMMIT")[-1].body == b"I"


def test_the_rest_of_a_copy_that_failed_is_dropped(pooler: PoolerProcess) -> None:
    wire, other = log_in(pooler), log_in(pooler)
    wire.query("CREATE TABLE t (i int)")
    wire.send(Query(b"COPY t FROM STDIN").encode())
    assert wire.read().kind == "G"
    rows = CopyData(b"number\n").encode()
    wire.send(rows, rows)
    assert kinds(wire.until_ready()) == "EZ"
    # The server may be somebody else's by now.
    other.query("BEGIN")
    wire.send(rows * 1000, CopyDone().encode(), Query(b"SELECT 'mine'").encode())
    assert other.value("SELECT 'other'") == "other"
    other.query("COMMIT")
    assert kinds(wire.until_ready()) == "TDCZ"


#: Its Sync comes before anybody knows that copy data follow: a server in copy-in
#: ignores it, one whose copy-in has failed does not.
OVER_A_SYNC = (
    batch("COPY t FROM STDIN"),
    Sync().encode(),
    CopyData(b"number\n").encode(),
    CopyFail(b"no").encode(),
    Sync().encode(),
)


def test_a_copy_that_fails_over_a_sync_is_answered_in_full(
    pooler: PoolerProcess,
) -> None:
    wire, other = log_in(pooler), log_in(pooler)
    wire.query("CREATE TABLE t (i int)")
    for _ in range(10):
        wire.send(*OVER_A_SYNC, Query(b"").encode())
        assert kinds(wire.read_to("I")) in {"12nGEZI", "12nGEZZI"}
        assert kinds(wire.until_ready()) == "Z"
        assert other.value("SELECT 'other'") == "other"


#: Sent before it is known that the first statement is a COPY, with a statement that the
#: server lacks.
BLINDLY = (
    Sync().encode(),
    Bind(b"", b"s").encode(),
    Execute(b"").encode(),
    Sync().encode(),
)


def forget_a_statement(wire: Wire) -> None:
    """Prepare s, and let the server make place for another one."""
    for name in (b"s", b"t"):
        wire.send(Parse(name, b"SELECT '" + name + b"'").encode(), Sync().encode())
        assert kinds(wire.until_ready()) == "1Z"


def test_what_was_sent_blindly_behind_a_copy_that_is_refused_is_run(
    start_pooler: StartPooler,
) -> None:
    wire = log_in(start_pooler(pool_mode="transaction", max_prepared_statements=1))
    wire.query("CREATE VIEW v AS SELECT 1 AS i")
    forget_a_statement(wire)
    wire.send(batch("COPY v FROM STDIN"), *BLINDLY)
    assert kinds(wire.until_ready()) == "12nGEZ"
    assert kinds(wire.until_ready()) == "2DCZ"


def test_who_sends_blindly_behind_a_copy_is_told_what_postgresql_says(
    start_pooler: StartPooler,
) -> None:
    wire = log_in(start_pooler(pool_mode="transaction", max_prepared_statements=1))
    wire.query("CREATE TABLE t (i int)")
    forget_a_statement(wire)
    wire.send(batch("COPY t FROM STDIN"), *BLINDLY)
    *_, error, fatal = wire.rest()
    assert "during COPY from stdin" in error.error.message
    assert fatal.error.message.endswith("protocol synchronization was lost")


def test_a_transaction_begun_behind_a_copy_that_failed_goes_on(
    pooler: PoolerProcess,
) -> None:
    wire = log_in(pooler)
    wire.query("CREATE TABLE t (i int)")
    for _ in range(10):
        wire.send(*OVER_A_SYNC, Query(b"BEGIN").encode())
        replies = wire.read_to("C")
        assert replies[-1].body == b"BEGIN\0"
        assert wire.until_ready()[-1].body == b"T"
        assert wire.value("SELECT 1") == "1"
        assert wire.query("COMMIT")[-1].body == b"I"


def test_a_parameter_set_behind_a_copy_that_failed_is_kept(
    pooler: PoolerProcess,
) -> None:
    wire, other = log_in(pooler), log_in(pooler)
    wire.query("CREATE TABLE t (i int)")
    for zone in ("Asia/Tokyo", "Europe/Berlin") * 5:
        wire.send(*OVER_A_SYNC, Query(f"SET TimeZone = '{zone}'".encode()).encode())
        wire.read_to("C")
        wire.until_ready()
        assert other.value("SELECT 'other'") == "other"
        assert wire.value("SHOW TimeZone") == zone


def test_a_terminate_glued_to_a_query_ends_the_session_alone(
    pooler: PoolerProcess,
) -> None:
    wire, other = log_in(pooler), log_in(pooler)
    other.query("CREATE TABLE t (i int)")
    pid = other.value("SELECT pg_backend_pid()")
    wire.send(Query(b"INSERT INTO t VALUES (1)").encode(), Terminate().encode())
    wire.rest()
    assert other.value("SELECT pg_backend_pid()") == pid
    # As without a pooler: what was sent in front of the Terminate is run.
    assert other.value("SELECT count(*) FROM t") == "1"
    pooler.wait_for_log("closing because: client close request")


def test_a_sync_alone_is_answered(pooler: PoolerProcess) -> None:
    wire = log_in(pooler)
    wire.send(Sync().encode() * 3)
    for _ in range(3):
        assert kinds(wire.until_ready()) == "Z"


def test_messages_may_come_byte_by_byte(pooler: PoolerProcess) -> None:
    wire, other = log_in(pooler), log_in(pooler)
    for data, answer in (
        (Query(b"SELECT 1").encode(), "TDCZ"),
        (extended("SELECT 1"), "12TDCZ"),
        (Query(b"SELECT 1 / 0").encode(), "EZ"),
    ):
        for position in range(len(data)):
            wire.send(data[position : position + 1])
        assert kinds(wire.until_ready()) == answer
        assert other.value("SELECT 2") == "2"


def test_a_statement_that_is_not_there_is_postgresqls_own_error(
    pooler: PoolerProcess,
) -> None:
    wire = log_in(pooler)
    # Bind: portal "", statement "nowhere", no formats, no parameters, no formats
    body = b"\0nowhere\0" + b"\0\0" * 3
    wire.send(header(b"B", 4 + len(body)), body, Sync().encode())
    replies = wire.until_ready()
    assert kinds(replies) == "EZ"
    assert replies[0].error.sqlstate == "26000"
    assert wire.value("SELECT 1") == "1"


def test_a_bind_that_lies_about_its_lengths_is_postgresqls_own_error(
    pooler: PoolerProcess,
) -> None:
    wire = log_in(pooler)
    # Bind: portal "", statement "", no formats, one parameter of 1 GB
    body = b"\0\0\0\0" + struct.pack("!Hi", 1, 1 << 30) + b"x"
    wire.send(header(b"B", 4 + len(body)), body)
    wire.send(Sync().encode())
    assert kinds(wire.until_ready()) == "EZ"
    assert wire.value("SELECT 1") == "1"
