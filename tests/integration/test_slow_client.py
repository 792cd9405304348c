"""A client that does not read, or sends faster than its server takes: memory is
bounded, and the others go on."""

import socket
from pathlib import Path

import pytest

from pgwire.copying import CopyData, CopyDone
from pgwire.frontend import Query
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.wire import kinds, log_in

MEGABYTE = 1024 * 1024
#: What the process may grow by while it relays; the default client_buffer_limit is
#: a quarter of a megabyte.
GROWTH = 8 * MEGABYTE
HUGE = Query(b"SELECT repeat('x', 10000) FROM generate_series(1, 20000)").encode()


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(pool_mode="transaction", default_pool_size=2)


def cpu_ticks(pooler: PoolerProcess) -> int:
    """Return the process' time, user and system, in clock ticks (proc(5))."""
    stat = Path(f"/proc/{pooler.pid}/stat").read_text().rsplit(")")[-1].split()
    return int(stat[11]) + int(stat[12])


def test_a_client_that_does_not_read_holds_up_nobody_else(
    pooler: PoolerProcess,
) -> None:
    slow, other = log_in(pooler), log_in(pooler)
    other.query("SELECT 1")
    before = pooler.rss
    slow.send(HUGE)
    # Its server is stopped by the kernel's buffers, which are full.
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite'"
    until(lambda: other.value(waits) == "1", "the server waits for the slow client")
    for number in range(200):
        assert other.value(f"SELECT {number}") == str(number)
    assert pooler.rss - before < GROWTH
    spent = cpu_ticks(pooler)
    assert other.value("SELECT 1 FROM pg_sleep(0.5)") == "1"
    # Nobody turns in circles meanwhile: less than a tenth of the half second.
    assert cpu_ticks(pooler) - spent <= 5
    size = sum(len(message.body) for message in slow.until_ready())
    assert size >= 20000 * 10000
    assert slow.value("SELECT 1") == "1"
    assert pooler.rss - before < GROWTH


def test_a_client_that_does_not_read_may_be_killed(pooler: PoolerProcess) -> None:
    slow, other = log_in(pooler), log_in(pooler)
    slow.send(HUGE)
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite'"
    until(lambda: other.value(waits) == "1", "the server waits for the slow client")
    slow.reset()
    holders = [log_in(pooler) for _ in range(2)]
    for holder in holders:
        assert kinds(holder.query("BEGIN")) == "CZ"


def test_one_row_larger_than_all_buffers_passes_through(
    pooler: PoolerProcess,
) -> None:
    client = log_in(pooler)
    client.query("SELECT 1")
    before = pooler.rss
    replies = client.query("SELECT repeat('x', 52428800)")
    assert kinds(replies) == "TDCZ"
    assert len(replies[1].body) == 2 + 4 + 52_428_800
    assert pooler.rss - before < GROWTH


def test_a_copy_that_the_server_does_not_take_makes_the_client_wait(
    pooler: PoolerProcess,
) -> None:
    client, other = log_in(pooler), log_in(pooler)
    other.query("CREATE TABLE t (s text)")
    before = pooler.rss
    # The server reads no copy data while it waits for this lock.
    with pooler.direct() as direct, direct.transaction():
        direct.execute("LOCK TABLE t")
        client.send(Query(b"COPY t FROM STDIN").encode())
        data = CopyData(b"x" * 9999 + b"\n").encode()
        taken = fill(client.socket, data * 100, 64 * MEGABYTE)
        assert taken < 32 * MEGABYTE
        assert other.value("SELECT 1") == "1"
        assert pooler.rss - before < GROWTH
    # The lock is free: the rest goes out, on a message's boundary.
    client.socket.settimeout(10)
    client.send(data[taken % len(data) :] if taken % len(data) else b"")
    client.send(CopyDone().encode())
    assert kinds(client.until_ready()) == "GCZ"
    rows = -(-taken // len(data))
    assert other.value("SELECT count(*) FROM t") == str(rows)


def fill(sock: socket.socket, data: bytes, most: int) -> int:
    """Send until nothing was taken for a moment; return how much was."""
    taken = 0
    sock.settimeout(0.5)
    while taken < most:
        try:
            taken += sock.send(data[taken % len(data) :])
        except TimeoutError:
            break
    return taken


def test_what_a_waiting_client_sends_is_held_up_to_a_limit(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=1)
    holder, waiting = log_in(pooler), log_in(pooler)
    holder.query("BEGIN")
    before = pooler.rss
    queries = Query(b"SELECT 1 -- " + b"x" * 100_000).encode()
    taken = fill(waiting.socket, queries, 64 * MEGABYTE)
    assert taken < 32 * MEGABYTE
    assert pooler.rss - before < GROWTH
    waiting.close()
    assert kinds(holder.query("COMMIT")) == "CZ"
    assert kinds(log_in(pooler).query("SELECT 1")) == "TDCZ"


def test_silent_connections_cost_little(start_pooler: StartPooler) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, max_client_conn=1000
    )
    log_in(pooler).query("SELECT 1")
    before = pooler.rss
    for _ in range(400):
        log_in(pooler)
    assert (pooler.rss - before) / 400 < 16 * 1024
