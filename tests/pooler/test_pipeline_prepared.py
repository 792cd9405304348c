"""A prepared statement that is run behind others in one step, and when it is not."""

import pytest

from pgwire.codes import Target
from pgwire.frontend import Describe
from tests.fixtures.messages import EXECUTE, READY, kinds
from tests.pgwire.replies import CLOSED, COLUMNS, STALE
from tests.pooler.sharing import (
    Share,
    Shared,
    answers,
    asks,
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
    counted = shared.pool.counters.query_count
    rows = batch_answers(1, parsed=False)
    if DESCRIBED not in run:
        rows = rows.replace(COLUMNS, b"")
    shared.send(shared.servers[0], answers(0) + answers(2) + rows)
    assert shared.told()[1] == rows
    # The first one was counted when it was sent.
    assert shared.pool.counters.query_count == counted + 2


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
