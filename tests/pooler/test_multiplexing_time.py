"""Clients that share servers: what is counted and shown of them, and their limits."""

import pytest

from pgpool_py.pooler.client_views import ClientStatus, clients
from pgpool_py.pooler.orders import kill_client
from pgpool_py.pooler.stopping import Stopping
from pgpool_py.pooler.views import ServerStatus, pools, servers
from tests.fixtures.messages import done, told
from tests.pgwire.replies import COLUMNS, PARSED, row
from tests.pooler.sharing import (
    CANCELED,
    WRITE,
    WRITTEN,
    Share,
    Shared,
    answers,
    asks,
    batch,
    batch_answers,
)
from tests.pooler.test_pooler import let_pass


def counted(shared: Shared) -> tuple[int, int]:
    taken = shared.pool.counters.snapshot()
    return taken.query_count, taken.xact_count


def times(shared: Shared) -> tuple[float, float, float]:
    counters = shared.pool.counters.snapshot()
    spent = counters.wait_time, counters.query_time, counters.xact_time
    first, second, third = (round(seconds, 6) for seconds in spent)
    return first, second, third


# What is counted


def test_each_exchange_is_counted_once(share: Share) -> None:
    shared = share()
    queries, transactions = counted(shared)
    shared.ask(0)
    shared.send(shared.clients[1], batch(1))
    shared.ask(2)
    shared.send(shared.servers[0], answers(0) + batch_answers(1) + answers(2))
    assert counted(shared) == (queries + 3, transactions + 3)


def test_bytes_too(share: Share) -> None:
    shared = share()
    counters = shared.pool.counters
    before = counters.snapshot()
    shared.ask(0, 1, 2)
    shared.send(shared.servers[0], answers(0) + answers(1)[:5])
    shared.send(shared.servers[0], answers(1)[5:] + answers(2))
    grown = counters.snapshot().minus(before)
    assert grown.bytes_received == 3 * len(asks(0))
    assert grown.bytes_sent == 3 * len(answers(0))


def test_what_is_only_written_down_of_them_is_bounded(
    share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = share()
    monkeypatch.setattr("pgpool_py.client.sharer.MOST_UNSORTED", 3)
    exchanges = shared.pool.counters.exchanges
    exchanges.spent.clear()
    shared.ask(0, 1, 2)
    shared.answer(0, 1)
    assert len(exchanges.spent) == 2
    shared.answer(2)
    assert not exchanges.spent


def test_a_follower_waits_until_it_is_the_first(share: Share) -> None:
    shared = share()
    before = times(shared)
    shared.ask(0, 1)
    shared.let_pass(0.002)
    shared.answer(0)
    shared.let_pass(0.001)
    shared.answer(1)
    after = times(shared)
    spent = tuple(round(b - a, 6) for a, b in zip(before, after, strict=True))
    assert spent == (0.002, 0.003, 0.003)


def test_so_it_is_if_it_is_taken_back(share: Share) -> None:
    shared = share()
    shared.learn()
    queries, transactions = counted(shared)
    shared.ask(0, 1, first=WRITE)
    before = times(shared)
    shared.let_pass(0.020)
    shared.send(shared.servers[0], WRITTEN + answers(1))
    shared.let_pass(0.001)
    shared.answer(1)
    after = times(shared)
    spent = tuple(round(b - a, 6) for a, b in zip(before, after, strict=True))
    assert spent == (0.020, 0.021, 0.021)
    assert counted(shared) == (queries + 2, transactions + 2)


def test_and_if_it_is_run_again_after_its_server_has_died(share: Share) -> None:
    shared = share()
    queries, transactions = counted(shared)
    shared.ask(0, 1)
    before = times(shared)
    shared.let_pass(0.002)
    shared.answer(0)
    shared.let_pass(0.002)
    shared.servers[0].close()
    shared.house.turn()
    server = shared.log_in_at_once()
    assert server.received() == asks(1)
    shared.let_pass(0.001)
    shared.send(server, answers(1))
    assert counted(shared) == (queries + 2, transactions + 2)
    after = times(shared)
    spent = tuple(round(b - a, 6) for a, b in zip(before, after, strict=True))
    assert spent == (0.004, 0.003, 0.003)


def test_each_is_in_the_histograms_once(share: Share) -> None:
    shared = share(multiplexing_reply_limit=100)
    counters = shared.pool.counters
    before = counters.exchanges.shared_waits.total
    shared.ask(0, 1, 2)
    shared.let_pass(0.002)
    shared.answer(0, 1)
    # The last one gets the server for its own, for it brings too much.
    shared.send(shared.servers[0], COLUMNS + row(b"x" * 100))
    shared.let_pass(0.001)
    shared.send(shared.servers[0], done())
    taken, counted = counters.exchanged(), counters.snapshot()
    assert taken.queries.count == taken.transactions.count == counted.query_count
    assert taken.queries.total == counted.query_time
    assert taken.sizes.count == counted.query_count
    assert taken.sizes.counts[1] == 1
    waits = taken.shared_waits
    assert (waits.count, round(waits.total - before, 6)) == (2, 0.004)


def test_what_was_answered_before_a_server_is_closed_is_counted(share: Share) -> None:
    shared = share()
    queries, transactions = counted(shared)
    shared.ask(0, 1, 2)
    shared.send(shared.servers[0], answers(0) + answers(1) + PARSED)
    server = shared.log_in_at_once()
    shared.send(server, answers(2))
    assert shared.told() == [answers(0), answers(1), answers(2)]
    assert counted(shared) == (queries + 3, transactions + 3)


def test_an_answer_above_the_limit_is_counted_once(share: Share) -> None:
    shared = share(multiplexing_reply_limit=100)
    queries, transactions = counted(shared)
    before = times(shared)
    shared.ask(0, 1)
    shared.let_pass(0.002)
    rows = COLUMNS + row(b"x" * 100)
    shared.send(shared.servers[0], answers(0) + rows)
    shared.let_pass(0.001)
    shared.send(shared.servers[0], done())
    assert shared.told() == [answers(0), rows + done(), b""]
    assert counted(shared) == (queries + 2, transactions + 2)
    after = times(shared)
    spent = tuple(round(b - a, 6) for a, b in zip(before, after, strict=True))
    assert spent == (0.002, 0.003, 0.003)


# What is shown


def test_all_who_share_a_server_are_active_and_linked_to_it(share: Share) -> None:
    shared = share(clients=4, multiplexing_depth=3)
    shared.ask(0, 1, 2, 3)
    (server,) = servers(shared.house.pooler)
    assert server.status is ServerStatus.ACTIVE
    views = {view.number: view for view in clients(shared.house.pooler)}
    seen = [views[shared.sessions[c].identity.number] for c in shared.clients]
    assert [view.status for view in seen] == [ClientStatus.ACTIVE] * 3 + [
        ClientStatus.WAITING
    ]
    assert [view.server for view in seen] == [server.number] * 3 + [None]
    (pool,) = pools(shared.house.pooler)
    assert (pool.cl_active, pool.cl_waiting, pool.sv_active) == (3, 1, 1)
    shared.answer(0, 1)
    shared.answer(2, 3)
    (pool,) = pools(shared.house.pooler)
    assert (pool.cl_waiting, pool.sv_active, pool.sv_idle) == (0, 0, 1)


# Limits


def test_query_timeout_runs_from_when_it_is_the_first(share: Share) -> None:
    shared = share(query_timeout=1.0, multiplexing_patience=60.0)
    shared.house.pooler.start()
    shared.ask(0, 1)
    let_pass(shared.house, shared.clock, 0.8)
    shared.answer(0)
    shared.send(shared.servers[0], COLUMNS)
    let_pass(shared.house, shared.clock, 0.8)
    assert not shared.cancelled()
    let_pass(shared.house, shared.clock, 0.3)
    assert shared.cancelled()
    shared.send(shared.servers[0], CANCELED)
    assert shared.told() == [answers(0), COLUMNS + CANCELED, b""]


def test_a_follower_has_waited_since_it_asked(share: Share) -> None:
    shared = share(query_wait_timeout=0.5, multiplexing_patience=60.0)
    shared.house.pooler.start()
    shared.ask(0)
    let_pass(shared.house, shared.clock, 0.3)
    shared.ask(1)
    let_pass(shared.house, shared.clock, 0.4)
    assert shared.told() == [b"", b"", b""]
    let_pass(shared.house, shared.clock, 0.2)
    assert told(shared.clients[1].received())[2] == "query_wait_timeout"
    shared.answer(0, 1)
    assert shared.clients[0].received() == answers(0)
    assert shared.shelved()


def test_and_so_has_one_that_was_taken_back(share: Share) -> None:
    shared = share(query_wait_timeout=0.5)
    shared.house.pooler.start()
    shared.learn()
    shared.ask(0, 1)
    let_pass(shared.house, shared.clock, 0.4)
    assert shared.told() == [b"", b"", b""]
    assert shared.pool.books.waiters
    let_pass(shared.house, shared.clock, 0.2)
    assert told(shared.clients[1].received())[2] == "query_wait_timeout"


# Orders


def test_a_suspension_waits_for_who_follows(share: Share) -> None:
    shared = share(multiplexing_patience=60.0)
    shared.ask(0, 1)
    suspension = shared.house.pooler.suspend()
    complete = [suspension.complete]
    # It was taken back, for the other one may run long.
    shared.answer(0, 1)
    assert shared.received() == [asks(0) + asks(1) + asks(1)]
    shared.answer(1)
    suspension.check()
    assert [*complete, suspension.complete] == [False, True]
    assert shared.told() == [answers(0), answers(1), b""]


def test_but_not_for_what_runs_long(share: Share) -> None:
    shared = share()
    shared.learn()
    shared.ask(0, 1)
    shared.let_pass(0.02)
    shared.cancel(1)
    assert not shared.pool.multiplexing.pipelines
    assert shared.house.pooler.suspend().complete
    shared.house.pooler.resume()
    shared.answer(0, 1)
    assert shared.told() == [answers(0), CANCELED, b""]


def test_nor_for_the_last_one_that_is_answered(share: Share) -> None:
    shared = share()
    shared.ask(0, 1)
    shared.answer(0)
    assert shared.house.pooler.suspend().complete
    shared.house.pooler.resume()
    shared.answer(1)
    assert shared.told() == [answers(0), answers(1), b""]


def test_a_kill_closes_one_and_answers_the_others(share: Share) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    session = shared.sessions[shared.clients[1]]
    assert kill_client(shared.house.pooler, session.identity.number)
    shared.answer(0, 1, 2)
    assert shared.clients[0].received() == answers(0)
    assert shared.clients[2].received() == answers(2)
    assert told(shared.clients[1].received())[0] == "FATAL"


def test_a_stop_that_waits_for_servers_waits_for_who_follows(share: Share) -> None:
    shared = share(shutdown_grace=0.0)
    shared.house.pooler.start()
    shared.ask(0, 1)
    shared.house.pooler.shut_down(Stopping.WAIT_FOR_SERVERS)
    assert shared.house.pooler.stopping is Stopping.WAIT_FOR_SERVERS
    shared.send(shared.servers[0], answers(0))
    shared.send(shared.servers[0], answers(1))
    assert shared.clients[0].received().startswith(answers(0))
    assert shared.clients[1].received().startswith(answers(1))


def test_a_stop_that_waits_for_clients_serves_them_to_the_end(share: Share) -> None:
    shared = share(shutdown_grace=0.0)
    shared.house.pooler.start()
    shared.learn()
    shared.ask(0, 1, 2)
    shared.house.pooler.shut_down(Stopping.WAIT_FOR_CLIENTS)
    # One is taken back meanwhile, and has a server still.
    shared.let_pass(0.02)
    shared.answer(0, 1, 2)
    shared.answer(1)
    shared.answer(2)
    assert shared.told() == [answers(0), answers(1), answers(2)]
