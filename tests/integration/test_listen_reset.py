"""UNLISTEN in a transaction, and what RESET ALL takes away of what tells of it."""

import pytest

from pgwire.frontend import Sync
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.test_listen import connect, notify, told
from tests.integration.wire import batch, log_in


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        pool_mode="transaction", default_pool_size=2, debug_rotate_servers=1
    )


@pytest.mark.parametrize("rolled_back", [False, True])
@pytest.mark.parametrize("reset", ["RESET ALL", "SELECT 1"])
@pytest.mark.parametrize("unlisten", ["UNLISTEN news", "UNLISTEN *"])
def test_a_reset_does_not_make_it_forget_what_became_of_unlisten(
    pooler: PoolerProcess, unlisten: str, reset: str, *, rolled_back: bool
) -> None:
    client = connect(pooler)
    client.execute("LISTEN news")
    client.execute("LISTEN more")
    client.execute("BEGIN")
    client.execute("UNLISTEN more")
    client.execute("SAVEPOINT s")
    client.execute(unlisten)
    client.execute(reset)
    client.execute("ROLLBACK TO s" if rolled_back else "RELEASE s")
    client.execute("COMMIT; RESET ALL")
    client.execute("LISTEN fence")
    for channel in ("more", "news", "fence"):
        notify(pooler, channel)
    heard = [("news", "")] * rolled_back + [("fence", "")]
    assert told(client, len(heard)) == heard


def test_a_transaction_goes_on_where_a_reset_cannot_be_looked_after(
    pooler: PoolerProcess,
) -> None:
    client = connect(pooler)
    client.execute("LISTEN news")
    pooler.arrange("DROP EXTENSION plpgsql")
    try:
        client.execute("BEGIN")
        client.execute("UNLISTEN news")
        client.execute("RESET ALL")
        assert client.execute("COMMIT").statusmessage == "COMMIT"
    finally:
        pooler.arrange("CREATE EXTENSION plpgsql")


def test_a_reset_within_a_batch_does_not_end_what_that_has_begun(
    pooler: PoolerProcess,
) -> None:
    pooler.arrange("CREATE TABLE t (i int)")
    wire = log_in(pooler)
    for sql in ("LISTEN news", "BEGIN", "UNLISTEN news"):
        wire.query(sql)
    texts = ("COMMIT", "INSERT INTO t VALUES (1)", "RESET ALL", "SELECT 1/0")
    wire.send(*map(batch, texts), Sync().encode())
    assert wire.until_ready()[-2].error.sqlstate == "22012"
    assert wire.value("SELECT count(*) FROM t") == "0"
    wire.query("LISTEN fence")
    notify(pooler, "news")
    notify(pooler, "fence")
    assert b"fence" in wire.read().body
