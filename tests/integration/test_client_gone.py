"""A client that is killed, at each point of a transaction: nothing of it is committed,
and its server serves the next one, unless a message was cut in two."""

from collections.abc import Callable

import pytest

from pgwire.copying import CopyData
from pgwire.frontend import Flush, Query, Sync, Terminate
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.wire import Wire, batch, kinds, log_in

Act = Callable[[Wire], None]
Leave = Callable[[Wire], None]

INSERT = "INSERT INTO t VALUES (1)"
FLUSH = Flush().encode()
COPY = Query(b"COPY t FROM STDIN").encode()


def query(sql: str) -> bytes:
    return Query(sql.encode()).encode()


def after_begin(wire: Wire) -> None:
    wire.query("BEGIN")
    wire.query(INSERT)


def after_an_error(wire: Wire) -> None:
    wire.query(f"BEGIN; {INSERT}; SELECT 1 / 0")


def after_terminate(wire: Wire) -> None:
    after_begin(wire)
    wire.send(Terminate().encode())


def in_a_query(wire: Wire) -> None:
    after_begin(wire)
    wire.send(query("SELECT pg_sleep(30)"))


def in_an_extended_query(wire: Wire) -> None:
    after_begin(wire)
    wire.send(batch("SELECT pg_sleep(30)"), Sync().encode())


def in_the_first_of_several_queries(wire: Wire) -> None:
    wire.send(query(f"BEGIN; {INSERT}; SELECT pg_sleep(30)"), query("COMMIT"))


def in_a_header(wire: Wire) -> None:
    after_begin(wire)
    wire.send(query("COMMIT")[:3])


def in_copy_in(wire: Wire) -> None:
    wire.query("BEGIN")
    wire.send(COPY)
    assert wire.read().kind == "G"
    wire.send(CopyData(b"1\n").encode())


def in_copy_in_without_a_transaction(wire: Wire) -> None:
    wire.send(COPY, CopyData(b"1\n").encode() * 1000)
    assert wire.read().kind == "G"


def in_an_extended_copy_in(wire: Wire) -> None:
    wire.send(batch("COPY t FROM STDIN"), FLUSH)
    assert kinds(wire.read_to("G")) == "12nG"
    wire.send(CopyData(b"1\n").encode())


def in_an_extended_copy_in_with_its_sync_sent(wire: Wire) -> None:
    wire.send(batch("COPY t FROM STDIN"), Sync().encode())
    assert kinds(wire.read_to("G")) == "12nG"
    wire.send(CopyData(b"1\n").encode())


def in_copy_out(wire: Wire) -> None:
    after_begin(wire)
    wire.send(
        query(
            "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT"
        )
    )
    assert wire.read().kind == "H"


def in_a_large_result(wire: Wire) -> None:
    after_begin(wire)
    wire.send(query("SELECT repeat('x', 1000) FROM generate_series(1, 100000)"))
    assert wire.read().kind == "T"


def after_a_batch_without_sync(wire: Wire) -> None:
    wire.send(batch(INSERT), FLUSH)
    assert kinds(wire.read_to("C")) == "12nC"


def after_a_batch_without_sync_or_flush(wire: Wire) -> None:
    wire.send(batch(INSERT))


def in_a_sync(wire: Wire) -> None:
    after_a_batch_without_sync(wire)
    wire.send(Sync().encode()[:4])


def after_begin_by_a_batch(wire: Wire) -> None:
    wire.send(batch("BEGIN"), batch(INSERT), FLUSH)
    wire.read_to("C")
    wire.read_to("C")


WHOLE: list[Act] = [
    after_begin,
    after_an_error,
    after_terminate,
    in_a_query,
    in_an_extended_query,
    in_the_first_of_several_queries,
    in_a_header,
    in_copy_in,
    in_copy_in_without_a_transaction,
    in_an_extended_copy_in,
    in_an_extended_copy_in_with_its_sync_sent,
    in_copy_out,
    in_a_large_result,
    after_a_batch_without_sync,
    after_a_batch_without_sync_or_flush,
    in_a_sync,
    after_begin_by_a_batch,
]


def in_a_long_commit(wire: Wire) -> None:
    after_begin(wire)
    wire.send(query("COMMIT" + " " * 100)[:50])


def in_copy_data(wire: Wire) -> None:
    in_copy_in(wire)
    wire.send(CopyData(b"1\n" * 100).encode()[:50])


def in_a_bind(wire: Wire) -> None:
    wire.send(batch(INSERT), batch("SELECT $1", (b"x" * 1000,))[:-500])


HALVES: list[Act] = [in_a_long_commit, in_copy_data, in_a_bind]


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


def end_with_fin(wire: Wire) -> None:
    wire.close()


def end_with_reset(wire: Wire) -> None:
    wire.reset()


@pytest.mark.parametrize("leave", [end_with_fin, end_with_reset])
@pytest.mark.parametrize("act", WHOLE)
def test_the_server_is_rolled_back_and_lent_again(
    pooler: PoolerProcess, act: Act, leave: Leave
) -> None:
    pid = prepare(pooler)
    wire = log_in(pooler)
    act(wire)
    leave(wire)
    with log_in(pooler) as other:
        assert other.value("SELECT pg_backend_pid()") == pid
        assert other.value("SELECT count(*) FROM t") == "0"
        assert other.query(INSERT)[-1].body == b"I"
    assert [str(number) for number in pooler.pids()] == [pid]


@pytest.mark.parametrize("leave", [end_with_fin, end_with_reset])
@pytest.mark.parametrize("act", HALVES)
def test_a_server_with_half_a_message_is_replaced(
    pooler: PoolerProcess, act: Act, leave: Leave
) -> None:
    pid = prepare(pooler)
    wire = log_in(pooler)
    act(wire)
    leave(wire)
    with log_in(pooler) as other:
        assert other.value("SELECT pg_backend_pid()") != pid
        assert other.value("SELECT count(*) FROM t") == "0"
    pooler.wait_for_log("before everything was sent to the server")
    assert len(pooler.backends()) == 1


def test_a_query_that_ends_within_the_grace_is_not_cancelled(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, client_gone_grace=10
    )
    pid = prepare(pooler)
    wire = log_in(pooler)
    wire.send(query(f"SELECT pg_sleep(0.3); {INSERT}"))
    pooler.wait_for_backends(1, "active", "pg_sleep")
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
    pooler.wait_for_backends(1, "active", "pg_sleep")
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
    pids = {str(number) for number in pooler.pids()}
    assert pid in pids
    assert len(pids) == 3
