"""What a SET costs who sends one in its life: nothing, once each server has it."""

from collections.abc import Iterator

import pytest

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.testing.faults import Direction
from pgpool_py.testing.proxy import FaultProxy
from pgwire.frontend import Query
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.rotation import SERVERS
from tests.integration.wire import Wire, log_in

TEXT = "SELECT pg_backend_pid()"


@pytest.fixture
def proxy(pooled: EmbeddedPostgres) -> Iterator[FaultProxy]:
    """Return what the pooler's servers are behind, to see what they are sent."""
    with FaultProxy((pooled.host, pooled.port)) as proxy:
        yield proxy


@pytest.fixture
def pooler(start_pooler: StartPooler, proxy: FaultProxy) -> PoolerProcess:
    """Return one with another server for each transaction, all of them opened."""
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=SERVERS,
        debug_rotate_servers=1,
        server_check_delay=0,
        server_check_query="",
    )
    pooler.files.place = f"host={proxy.host} port={proxy.port}"
    pooler.reload()
    first, second = log_in(pooler), log_in(pooler)
    for client in (first, second):
        client.query("BEGIN")
    for client in (first, second):
        client.query("ROLLBACK")
        client.close()
    return pooler


def sent(proxy: FaultProxy, client: Wire, times: int) -> tuple[int, set[str]]:
    """Return how many bytes servers are sent for so many queries, and which servers."""
    before = proxy.passed(Direction.TO_SERVER)
    pids = {client.value(TEXT) for _ in range(times)}
    return proxy.passed(Direction.TO_SERVER) - before, pids


@pytest.mark.parametrize(
    "text",
    [
        "SET work_mem TO '5MB'",
        "SET TimeZone TO 'Asia/Tokyo'",
        "SET my.parameter TO 'x'",
        "SELECT set_config('statement_timeout', '9s', false)",
    ],
)
def test_one_set_costs_nothing_more_once_each_server_has_it(
    pooler: PoolerProcess, proxy: FaultProxy, text: str
) -> None:
    client = log_in(pooler)
    client.query(text)
    _, pids = sent(proxy, client, SERVERS)
    assert len(pids) == SERVERS
    bytes_sent, pids = sent(proxy, client, 10 * SERVERS)
    assert bytes_sent == 10 * SERVERS * len(Query(TEXT.encode()).encode())
    assert len(pids) == SERVERS
