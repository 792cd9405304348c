"""Statement mode: a transaction is rolled back, and its client is told so."""

import pytest

from pgpool_py.client.cancel import cancel_exchange
from pgpool_py.settings import PoolMode
from pgwire.copying import CopyInResponse
from tests.client.parties import Scene, pool_settings
from tests.fixtures.messages import (
    BIND,
    EXECUTE,
    FAILED,
    IN_TRANSACTION,
    READY,
    SYNC,
    complete,
    done,
    errors_of,
    kinds,
    parse,
    query,
    refused,
    reported,
    told,
)

TERMINATE = b"X\0\0\0\4"
FLUSH = b"H\0\0\0\4"
REFUSAL = "0A000", "transaction blocks not allowed in statement pooling mode"
BEGUN = complete("BEGIN") + IN_TRANSACTION
BATCH = parse(sql="BEGIN") + BIND + EXECUTE
# ParseComplete, BindComplete
BOUND = b"1\0\0\0\4" + b"2\0\0\0\4"


@pytest.fixture
def statement(scene: Scene) -> Scene:
    """Return a client in statement mode that has sent BEGIN to its server."""
    scene.lender.settings = pool_settings(pool_mode=PoolMode.STATEMENT)
    scene.send(query("BEGIN"))
    scene.lend()
    return scene


def roll_back(scene: Scene) -> None:
    """End the transaction, as the pool does."""
    scene.server.ledger.status = READY[-1]
    scene.session.on_rolled_back(scene.server)


def test_single_statements_pass(scene: Scene) -> None:
    scene.lender.settings = pool_settings(pool_mode=PoolMode.STATEMENT)
    for _ in range(2):
        scene.send(query("SELECT 1"))
        scene.lend()
        scene.answer(done())
    assert scene.lender.calls == ["request", "give back"] * 2


def test_a_transaction_is_an_error_and_the_session_goes_on(statement: Scene) -> None:
    statement.answer(BEGUN)
    stream = statement.client.received()
    assert kinds(stream) == "CE"
    assert told(stream) == ("ERROR", *REFUSAL)
    assert statement.lender.calls == ["request", "roll back"]
    roll_back(statement)
    assert statement.client.received() == READY
    assert statement.lender.calls == ["request", "roll back", "give back"]
    assert statement.session.server is None
    assert not statement.session.closed


def test_what_comes_before_the_rollback_waits_and_is_a_new_statement(
    statement: Scene,
) -> None:
    statement.answer(BEGUN)
    statement.backend.received()
    statement.send(query("SELECT 1"))
    assert statement.backend.received() == b""
    roll_back(statement)
    assert statement.lender.calls == ["request", "roll back", "give back", "request"]
    statement.lend()
    assert statement.backend.received() == query("SELECT 1")


def test_answers_in_front_of_the_transactions_are_complete(statement: Scene) -> None:
    statement.send(query("SELECT 1"))
    # The status is that of a transaction in between; only the end of all counts.
    statement.answer(BEGUN + complete() + IN_TRANSACTION)
    stream = statement.client.received()
    assert kinds(stream) == "CZCE"
    roll_back(statement)
    assert statement.client.received() == READY


def test_a_batch_fails_at_its_sync(scene: Scene) -> None:
    scene.lender.settings = pool_settings(pool_mode=PoolMode.STATEMENT)
    scene.send(BATCH + SYNC)
    scene.lend()
    scene.answer(BOUND + complete("BEGIN") + IN_TRANSACTION)
    stream = scene.client.received()
    assert kinds(stream) == "12CE"
    assert told(stream) == ("ERROR", *REFUSAL)
    roll_back(scene)
    assert scene.client.received() == READY


@pytest.mark.parametrize("pieces", [1, 2])
def test_a_transaction_that_has_failed_has_one_error_postgresqls(
    statement: Scene, pieces: int
) -> None:
    answer = complete("BEGIN") + refused() + FAILED
    cut = len(answer) if pieces == 1 else len(answer) - len(FAILED)
    statement.answer(answer[:cut], answer[cut:])
    stream = statement.client.received()
    assert kinds(stream) == "CE"
    assert told(stream) == ("ERROR", "22023", "no")
    roll_back(statement)
    assert statement.client.received() == READY


def test_what_the_rollback_undoes_is_reported_to_the_client(statement: Scene) -> None:
    statement.answer(reported("TimeZone", "CET") + BEGUN)
    assert kinds(statement.client.received()) == "SCE"
    statement.session.on_parameter("TimeZone", "UTC")
    roll_back(statement)
    assert statement.client.received() == reported("TimeZone", "UTC") + READY
    statement.session.on_parameter("TimeZone", "GMT")
    assert statement.client.received() == b""


def test_a_client_that_goes_meanwhile_leaves_its_server_as_it_is(
    statement: Scene,
) -> None:
    statement.answer(BEGUN)
    statement.client.close()
    statement.send()
    statement.answer(b"")
    assert statement.lender.calls == ["request", "roll back", "abandon"]


def test_a_terminate_behind_it_ends_the_session(statement: Scene) -> None:
    statement.send(TERMINATE)
    statement.answer(BEGUN)
    assert kinds(statement.client.received()) == "C"
    assert statement.client.ended
    assert statement.lender.calls == ["request", "abandon"]


def ends_with_fatal(scene: Scene) -> bool:
    found = told(scene.client.received())
    assert found == ("FATAL", *REFUSAL)
    return scene.client.ended and scene.lender.calls[-1].startswith("abandon")


def test_within_a_message_the_session_cannot_go_on(statement: Scene) -> None:
    statement.answer(CopyInResponse(0, (0,)).encode())
    # CopyData of 100 bytes, of which three are sent
    statement.send(b"d\0\0\0\x68abc")
    statement.answer(refused() + FAILED)
    *_, last = errors_of(statement.client.received())
    assert (last.severity, last.sqlstate, last.message) == ("FATAL", *REFUSAL)
    assert statement.client.ended
    assert statement.lender.calls == ["request", "abandon half written"]


def test_within_a_batch_the_session_cannot_go_on(scene: Scene) -> None:
    scene.lender.settings = pool_settings(pool_mode=PoolMode.STATEMENT)
    scene.send(BATCH + SYNC + parse() + FLUSH)
    scene.lend()
    scene.answer(BOUND + complete("BEGIN") + IN_TRANSACTION + BOUND[:5])
    assert ends_with_fatal(scene)


def test_while_a_cancel_is_on_its_way_the_session_cannot_go_on(
    statement: Scene,
) -> None:
    cancel_exchange(statement.session)
    statement.server.cancels = 1
    statement.answer(BEGUN)
    assert ends_with_fatal(statement)


def test_a_transaction_of_before_the_mode_was_changed_ends_the_session(
    scene: Scene,
) -> None:
    scene.send(query("BEGIN"))
    scene.lend()
    scene.answer(BEGUN)
    scene.client.received()
    scene.lender.settings = pool_settings(pool_mode=PoolMode.STATEMENT)
    scene.answer(reported("TimeZone", "CET"))
    assert ends_with_fatal(scene)


def test_a_copy_within_a_transaction_is_refused_at_its_end(statement: Scene) -> None:
    statement.answer(CopyInResponse(0, (0,)).encode())
    statement.send(b"c\0\0\0\4")
    statement.answer(complete("COPY 0") + IN_TRANSACTION)
    assert kinds(statement.client.received()) == "GCE"
    roll_back(statement)
    assert statement.client.received() == READY
