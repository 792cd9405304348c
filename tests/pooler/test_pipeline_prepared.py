"""Statements that a batch runs behind others in one step, and when it does not."""

import pytest

from pgpool_py.pooler import statement_counts
from pgwire.codes import Target
from pgwire.frontend import Describe
from tests.fixtures.messages import EXECUTE, READY, kinds
from tests.pgwire.replies import CLOSED, COLUMNS, STALE
from tests.pooler.sharing import (
    FAILED,
    Share,
    Shared,
    answers,
    asks,
    batch,
    batch_answers,
    prepared,
    uses,
)

DESCRIBED = Describe(Target.PORTAL, b"").encode()


def behind_two(shared: Shared, run: bytes) -> str:
    """Send a batch of client 1 behind two others; give what kinds of messages went."""
    prepared(shared, 1)
    shared.ask(0, 2)
    assert kinds(shared.received()[0]) == "QQ"
    shared.send(shared.clients[1], run)
    (sent,) = shared.received()
    return kinds(sent)


@pytest.mark.parametrize("run", [uses("s"), uses("s").replace(DESCRIBED, b"")])
def test_where_much_is_shared_a_prepared_statement_is_run_at_once(
    share: Share, run: bytes
) -> None:
    shared = share()
    assert behind_two(shared, run) == kinds(run)
    counted = shared.pool.counters.snapshot().query_count
    rows = batch_answers(1, parsed=False)
    if DESCRIBED not in run:
        rows = rows.replace(COLUMNS, b"")
    shared.send(shared.servers[0], answers(0) + answers(2) + rows)
    assert shared.told()[1] == rows
    # The first one was counted when it was sent.
    assert shared.pool.counters.snapshot().query_count == counted + 2
    # The batch that prepared it bound it, too.
    assert statement_counts.counted(shared.pool).bind_count == 2


def test_if_its_plan_is_stale_it_is_run_again(share: Share) -> None:
    shared = share()
    assert behind_two(shared, uses("s")) == "BDES"
    shared.send(shared.servers[0], answers(0) + answers(2) + STALE)
    assert kinds(shared.received()[0]) == "CPBDES"
    again = CLOSED + batch_answers(9)
    shared.send(shared.servers[0], READY + again)
    assert shared.told() == [answers(0), batch_answers(9, parsed=False), answers(2)]
    assert shared.shelved()


def test_if_the_server_lacks_it_it_is_prepared_in_front(share: Share) -> None:
    shared = share()
    prepared(shared, 1)
    shared.ask(0, 2)
    shared.received()
    (server,) = shared.pool.books.busy
    server.ledger.statements.doubt_all()
    shared.send(shared.clients[1], uses("s"))
    assert kinds(shared.received()[0]) == "CPBDES"
    last = CLOSED + batch_answers(1)
    shared.send(shared.servers[0], answers(0) + answers(2) + last)
    assert shared.told() == [answers(0), batch_answers(1, parsed=False), answers(2)]


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(uses("s") + asks(5), id="more"),
        pytest.param(uses("s")[:-1], id="less"),
        pytest.param(uses("s").replace(EXECUTE, EXECUTE * 2), id="run twice"),
        pytest.param(uses("t"), id="not there"),
    ],
)
def test_what_else_begins_like_that_waits(share: Share, run: bytes) -> None:
    assert behind_two(share(), run) == ""


@pytest.mark.parametrize("run", [batch(1), batch(1).replace(DESCRIBED, b"")])
def test_so_is_a_text_that_is_parsed_by_the_batch(share: Share, run: bytes) -> None:
    shared = share()
    assert behind_two(shared, run) == kinds(run)
    counted = shared.pool.counters.snapshot().query_count
    rows = batch_answers(1)
    if DESCRIBED not in run:
        rows = rows.replace(COLUMNS, b"")
    shared.send(shared.servers[0], answers(0) + answers(2) + rows)
    assert shared.told()[1] == rows
    assert shared.pool.counters.snapshot().query_count == counted + 2
    # Which is its unnamed statement from now on, wherever it is run.
    shared.send(shared.clients[1], uses())
    assert kinds(shared.received()[0]) == kinds(uses())


def test_a_text_that_is_refused_is_its_clients_alone(share: Share) -> None:
    shared = share()
    assert behind_two(shared, batch(1)) == "PBDES"
    shared.send(shared.servers[0], answers(0) + answers(2) + FAILED)
    assert shared.told() == [answers(0), FAILED, answers(2)]
    # Nothing is left that could be run by the next one.
    shared.send(shared.clients[1], uses())
    assert kinds(shared.received()[0]) == "C" + kinds(uses())


def test_a_text_is_run_elsewhere_when_its_server_is_lost(share: Share) -> None:
    shared = share(servers=2)
    shared.enter(2)
    prepared(shared, 1)
    shared.ask(0, 2, 3, 4)
    shared.received()
    shared.send(shared.clients[1], batch(1))
    first, second = shared.received()
    assert kinds(first) + kinds(second) == "PBDES"
    lost, other = (0, 1) if first else (1, 0)
    shared.servers[lost].close()
    shared.house.turn()
    numbers = (2, 4) if other else (0, 3)
    other_server = shared.servers[other]
    shared.send(other_server, b"".join(answers(n) for n in numbers))
    # Each for itself, in the order in which they came.
    assert kinds(other_server.received()) == "Q"
    shared.send(other_server, answers(9))
    assert kinds(other_server.received()) == "PBDES"
    shared.send(other_server, batch_answers(1))
    assert shared.clients[1].received() == batch_answers(1)
