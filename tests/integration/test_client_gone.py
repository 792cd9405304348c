"""A client that vanishes, at each point of an exchange: nothing of it is committed,
and its server serves the next one, unless a message was cut in two."""

import re

import pytest

from pgwire.copying import CopyData, CopyDone
from pgwire.frontend import Sync
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.departures import (
    COPY,
    FLUSH,
    HALVES,
    INSERT,
    WAYS,
    WHOLE,
    Act,
    Leave,
    in_a_query,
    named,
    query,
)
from tests.integration.wire import Wire, batch, connect, extended, kinds, log_in


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        pool_mode="transaction", default_pool_size=1, client_gone_grace=0.1
    )


def prepare(pooler: PoolerProcess) -> str:
    """Make the table; return the process id of the pool's server."""
    with log_in(pooler) as wire:
        wire.query("CREATE TABLE t (i int)")
        return wire.value("SELECT pg_backend_pid()")


def check_answers(wire: Wire) -> None:
    """See that a server answers what it is asked, in every way of asking."""
    assert wire.value("SELECT count(*) FROM t") == "0"
    wire.send(extended("SELECT 'unnamed'"))
    replies = wire.until_ready()
    assert kinds(replies) == "12TDCZ"
    # Int16 one column, Int32 length, the value
    assert replies[3].body == b"\0\1" + b"\0\0\0\7" + b"unnamed"
    # What a client before may have prepared, and under which name.
    for name, sql in (("s0", f"{INSERT}, (0)"), ("a", INSERT), ("c", INSERT)):
        wire.send(named(name, sql), Sync().encode())
        assert kinds(wire.until_ready()) == "12CZ"
    wire.send(query(COPY))
    assert wire.read().kind == "G"
    wire.send(CopyData(b"1\n").encode(), CopyDone().encode())
    assert kinds(wire.until_ready()) == "CZ"
    assert wire.value("SELECT count(*) FROM t") == "5"
    assert wire.query("DELETE FROM t")[-1].body == b"I"


@pytest.mark.parametrize("act", WHOLE)
def test_the_server_is_rolled_back_and_lent_again(
    pooler: PoolerProcess, act: Act
) -> None:
    pid = prepare(pooler)
    for leave in WAYS:
        wire = log_in(pooler)
        act(wire)
        leave(wire)
        with log_in(pooler) as other:
            assert other.value("SELECT pg_backend_pid()") == pid, leave
            check_answers(other)
    assert [str(number) for number in pooler.pids()] == [pid]


@pytest.mark.parametrize("act", HALVES)
def test_a_server_with_half_a_message_is_replaced(
    pooler: PoolerProcess, act: Act
) -> None:
    pid = prepare(pooler)
    for times, leave in enumerate(WAYS, 1):
        wire = log_in(pooler)
        act(wire)
        leave(wire)
        with log_in(pooler) as other:
            new = other.value("SELECT pg_backend_pid()")
            assert new != pid, leave
            check_answers(other)
        pid = new
        pooler.wait_for_log("before everything was sent to the server", times=times)
    pooler.wait_for_backends(1)


@pytest.mark.parametrize("leave", WAYS)
def test_a_client_that_waits_for_a_server_gets_none(
    pooler: PoolerProcess, leave: Leave
) -> None:
    pid = prepare(pooler)
    holder, waiting = log_in(pooler), log_in(pooler)
    holder.query("BEGIN")
    waiting.send(query(INSERT))
    # It is read before what comes later.
    assert holder.value("SELECT 1") == "1"
    leave(waiting)
    pooler.wait_for_log("closing because: client unexpected eof")
    holder.query("COMMIT")
    assert holder.value("SELECT pg_backend_pid()") == pid
    check_answers(holder)


def test_a_cancel_that_waits_with_its_client_is_no_harm(pooler: PoolerProcess) -> None:
    pid = prepare(pooler)
    for leave in WAYS:
        wire = log_in(pooler)
        in_a_query(wire)
        pooler.wait_for_backends(1, "sleeping", "pg_sleep")
        requests = [connect(pooler) for _ in range(5)]
        for request in requests:
            request.send(wire.cancel_request)
        leave(wire)
        with log_in(pooler) as other:
            for _ in range(50):
                assert other.value("SELECT pg_backend_pid()") == pid, leave
            check_answers(other)


def test_a_query_that_ends_within_the_grace_is_not_cancelled(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, client_gone_grace=10
    )
    pid = prepare(pooler)
    wire = log_in(pooler)
    wire.send(query(f"SELECT pg_sleep(0.3); {INSERT}"))
    pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    wire.close()
    with log_in(pooler) as other:
        # As without a pooler: PostgreSQL does not look whether its client is there.
        assert other.value("SELECT count(*) FROM t") == "1"
        assert other.value("SELECT pg_backend_pid()") == pid


def test_a_server_that_cannot_be_drained_in_time_is_replaced(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=1,
        client_gone_grace=0.1,
        server_drain_timeout=0.3,
    )
    pid = prepare(pooler)
    wire = log_in(pooler)
    # A handler that goes on when it is cancelled.
    wire.send(
        query(
            "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(30); "
            "EXCEPTION WHEN query_canceled THEN END; END LOOP; END $$"
        )
    )
    pooler.wait_for_backends(1, "sleeping", "pg_sleep")
    wire.close()
    with log_in(pooler) as other:
        assert other.value("SELECT pg_backend_pid()") != pid
    pooler.wait_for_log("closing because: server_drain_timeout")


def test_hundreds_of_clients_killed_at_once_cost_no_server(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=3,
        max_client_conn=1000,
        client_gone_grace=0.1,
    )
    pid = prepare(pooler)
    wires = [log_in(pooler) for _ in range(150)]
    for number, wire in enumerate(wires):
        if number % 2:
            wire.send(query(f"BEGIN; {INSERT}; SELECT pg_sleep(0.01)"))
        else:
            wire.send(batch(INSERT), FLUSH)
    for wire in wires:
        wire.reset()
    with log_in(pooler) as other:
        assert other.value("SELECT count(*) FROM t") == "0"
    assert pid in {str(number) for number in pooler.pids()}
    # Of servers, whose lines begin like that.
    assert not re.search(r"LOG S-0x.* closing because", pooler.log)
