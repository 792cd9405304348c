"""A batch whose first statement's tables have changed is run again, unseen."""

import pytest

from pgwire.codes import Target
from pgwire.copying import CopyData
from pgwire.exchange import PlanStale, ServerError
from pgwire.frontend import Describe, Query
from pgwire.naming import KEPT_LIMIT
from tests.fixtures.messages import IN_TRANSACTION, READY, complete, done, kinds
from tests.pgwire.preparing import (
    BOUND,
    CLOSED,
    EXECUTE,
    FLUSH,
    PARSED,
    SYNC,
    Client,
    Server,
    bind,
    close,
    parse,
    prepare,
)

from .replies import NO_DATA, STALE

DESCRIBE = Describe(Target.PORTAL, b"").encode()
BATCH = bind(b"s") + DESCRIBE + EXECUTE + SYNC


@pytest.fixture
def prepared(client: Client, server: Server) -> Client:
    prepare(client, server, b"s", b"SELECT * FROM t")
    return client


def is_run_again(server: Server) -> bool:
    return any(isinstance(event, PlanStale) for event in server.ledger.events)


def test_its_replies_are_dropped_and_it_is_sent_with_a_new_plan(
    prepared: Client, server: Server
) -> None:
    prepared.send(server, BATCH)
    assert server.answer(STALE) == b""
    assert server.ledger.events == [PlanStale(BATCH)]
    assert kinds(prepared.send(server, BATCH)) == "CPBDES"
    assert server.answer(READY, CLOSED, PARSED, BOUND, STALE) == BOUND + STALE


def test_if_it_is_stale_once_more_that_is_told(
    prepared: Client, server: Server
) -> None:
    prepared.send(server, BATCH)
    server.answer(STALE, READY)
    prepared.send(server, BATCH)
    assert server.answer(CLOSED, PARSED, STALE, READY) == STALE + READY
    assert not is_run_again(server)


def test_what_the_batch_did_to_names_is_undone_before(
    prepared: Client, server: Server
) -> None:
    names = dict(prepared.requests.names)
    batch = bind(b"s") + DESCRIBE + EXECUTE + close(b"s") + parse(b"t") + SYNC
    prepared.send(server, batch)
    server.answer(STALE)
    assert is_run_again(server)
    assert prepared.requests.names == names


def test_a_statement_that_is_described_first_as_well(
    prepared: Client, server: Server
) -> None:
    prepared.send(server, Describe(Target.STATEMENT, b"s").encode() + SYNC)
    assert server.answer(STALE) == b""
    assert is_run_again(server)


@pytest.mark.parametrize(
    "sent",
    [
        # The client knows what the rows were like, and is not told what they are.
        [bind(b"s") + EXECUTE + SYNC],
        # Something is behind it.
        [BATCH, Query(b"SELECT 1").encode()],
        [BATCH + BATCH],
        [BATCH, FLUSH],
        # Copy data are in front, as a whole or the end of them, and are dropped.
        [CopyData(b"x").encode() + BATCH],
        [CopyData(b"x" * 9).encode()[:-8], CopyData(b"x" * 9).encode()[-8:] + BATCH],
        # It is not here as a whole, or too long to be kept.
        [bind(b"s") + DESCRIBE + EXECUTE],
        [bind(b"s"), DESCRIBE + EXECUTE + SYNC],
        [BATCH[:-3], BATCH[-3:]],
        [bind(b"s") + DESCRIBE + EXECUTE * (KEPT_LIMIT // len(EXECUTE)) + SYNC],
    ],
)
def test_else_the_error_is_told(
    prepared: Client, server: Server, sent: list[bytes]
) -> None:
    for messages in sent:
        prepared.send(server, messages)
    assert server.answer(STALE) == STALE
    assert not is_run_again(server)


def test_nor_is_it_run_again_where_it_is_not_the_first(
    prepared: Client, server: Server
) -> None:
    prepared.send(server, bind(), EXECUTE, BATCH)
    server.answer(CLOSED)
    replies = BOUND + complete() + STALE + READY
    assert server.answer(replies) == replies


def test_nor_within_a_transaction(prepared: Client, server: Server) -> None:
    prepared.send(server, Query(b"BEGIN").encode())
    server.answer(complete("BEGIN"), IN_TRANSACTION)
    prepared.send(server, BATCH)
    assert server.answer(STALE) == STALE


def test_an_error_in_what_was_run_is_told(prepared: Client, server: Server) -> None:
    prepared.send(server, BATCH)
    server.answer(BOUND)
    assert server.answer(STALE) == STALE
    assert [type(event) for event in server.ledger.events] == [ServerError]


def test_a_batch_without_a_fault_is_answered(prepared: Client, server: Server) -> None:
    prepared.send(server, BATCH)
    assert server.answer(BOUND, NO_DATA, done()) == BOUND + NO_DATA + done()
