"""Notifications under load, and across the loss of the server that listens."""

import os
import signal

import psycopg
from psycopg.rows import TupleRow

from pgpool_py.embedded import EmbeddedPostgres
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.fanout import SETTINGS, fan_out

AGAIN = "listening again: what was sent in"


def notify(pooler: PoolerProcess, payload: str) -> None:
    with pooler.direct() as direct:
        direct.execute("SELECT pg_notify('news', %s)", [payload])


def told(client: psycopg.Connection[TupleRow]) -> str:
    """Return the payload of the next notification that a client gets."""
    (one,) = client.notifies(timeout=10.0, stop_after=1)
    return one.payload


def test_each_of_many_is_told_its_own_in_order_under_load(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(more=SETTINGS)
    assert fan_out(pooler, clients=12, channels=6, notifications=200) == []


def test_what_is_sent_after_a_loss_is_told_and_the_log_says_how_long_it_was(
    start_pooler: StartPooler,
) -> None:
    pooler = start_pooler(pool_mode="transaction", default_pool_size=2)
    client = pooler.keep(pooler.connect())
    client.execute("LISTEN news")
    # Its own server has been told so, too, and by then something else.
    client.execute("SELECT 1")
    listens = next(b.pid for b in pooler.backends() if b.query.startswith("LISTEN"))
    with pooler.direct() as direct:
        direct.execute("SELECT pg_terminate_backend(%s)", [listens])
    pooler.wait_for_log(AGAIN)
    notify(pooler, "again")
    assert told(client) == "again"
    assert client.execute("SELECT 1").fetchone() == (1,)


def test_a_restart_of_postgresql_loses_nothing_that_is_sent_afterwards(
    start_pooler: StartPooler,
) -> None:
    with EmbeddedPostgres() as server:
        server.createdb(POOLED)
        pooler = start_pooler(
            server=server, pool_mode="transaction", server_login_retry=1
        )
        clients = [pooler.keep(pooler.connect()) for _ in range(3)]
        for client in clients:
            client.execute("LISTEN news")
            # Whose session is being looked into loses it with its server.
            client.execute("SELECT 1")
        os.kill(server.pid, signal.SIGINT)
        until(lambda: not is_running(server), "PostgreSQL has stopped")
        server.start()
        pooler.wait_for_log(AGAIN)
        for number in range(10):
            notify(pooler, str(number))
        for client in clients:
            told = [one.payload for one in client.notifies(timeout=10.0, stop_after=10)]
            assert told == [str(number) for number in range(10)]
        pooler.close()


def is_running(server: EmbeddedPostgres) -> bool:
    try:
        os.kill(server.pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_reconnect_and_pause_bring_it_back(start_pooler: StartPooler) -> None:
    pooler = start_pooler(pool_mode="transaction", admin_users="postgres")
    client = pooler.keep(pooler.connect())
    client.execute("LISTEN news")
    with pooler.connect("pgbouncer") as console:
        console.execute("RECONNECT")
        pooler.wait_for_log(AGAIN)
        notify(pooler, "one")
        # What is on its way when the server that listens is closed would be lost.
        assert told(client) == "one"
        console.execute("PAUSE")
        pooler.wait_for_backends(0)
        console.execute("RESUME")
    pooler.wait_for_log(AGAIN, times=2)
    notify(pooler, "two")
    assert told(client) == "two"
