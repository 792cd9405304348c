"""EXECUTE behind the end of a failed transaction, in one text with it."""

import pytest

from pgwire.backend import ParameterStatus
from pgwire.exchange import ParameterReported
from tests.fixtures.messages import (
    FAILED,
    IN_TRANSACTION,
    READY,
    complete,
    done,
    kinds,
    query,
    refused,
)
from tests.pgwire.naming_client import OURS, OURS_DONE, Naming
from tests.pgwire.preparing import BOUND, PARSED, Server


@pytest.fixture
def client() -> Naming:
    return Naming()


@pytest.fixture
def failed(client: Naming, server: Server) -> Server:
    """Return a server without the client's statement, in a failed transaction."""
    client.prepare(server)
    other = Server()
    client.send(other, query("BEGIN"))
    client.answer(other, complete("BEGIN"), IN_TRANSACTION)
    client.send(other, query("SELECT 1 / 0"))
    client.answer(other, refused(), FAILED)
    return other


@pytest.mark.parametrize(
    "text",
    ["EXECUTE p (1)", "ROLLBACK TO s; EXECUTE p (1)", "COMMIT AND CHAIN; EXECUTE p"],
)
def test_in_a_failed_transaction_that_goes_on_nothing_is_prepared(
    client: Naming, failed: Server, text: str
) -> None:
    assert "P" not in kinds(client.send(failed, query(text)))


# What ends one transaction, prepares in another, and has that fail.
BETWEEN = "QQ" + OURS + "SQ" + "S"
BEGUN = done("ROLLBACK") + complete("BEGIN") + IN_TRANSACTION
FAILS = refused("no savepoint", "3B001") + FAILED + FAILED
BETWEEN_DONE = BEGUN + OURS_DONE + IN_TRANSACTION + FAILS


@pytest.mark.parametrize(
    "end", ["COMMIT", " end WORK ", "rollback\ntransaction", "Abort"]
)
def test_where_a_text_ends_a_failed_transaction_it_is_prepared_before(
    client: Naming, failed: Server, end: str
) -> None:
    sent = client.send(failed, query(f"{end}; EXECUTE p (1); EXECUTE p (2)"))
    assert kinds(sent) == BETWEEN + "Q"
    answer = complete("ROLLBACK") + complete("SELECT 1") * 2 + READY
    assert client.answer(failed, BETWEEN_DONE, answer) == answer
    assert failed.ledger.settled
    assert not failed.ledger.events
    assert kinds(client.send(failed, query("EXECUTE p (1)"))) == "Q"


@pytest.mark.parametrize("beside", ["EXECUTE q", "DEALLOCATE q"])
def test_what_else_is_done_with_names_is_done_in_the_other_transaction(
    client: Naming, failed: Server, beside: str
) -> None:
    sent = kinds(client.send(failed, query(f"COMMIT; EXECUTE p (1); {beside}")))
    assert sent == "QQC" + OURS + "SQ" + "SQ"


def test_what_the_failed_transaction_had_set_is_told_when_it_is_undone(
    client: Naming, failed: Server
) -> None:
    client.send(failed, query("COMMIT; EXECUTE p (1)"))
    ended, *rest = BEGUN.partition(READY)
    undone = ParameterStatus("TimeZone", "UTC").encode()
    answer = complete("ROLLBACK") + complete("SELECT 1") + READY
    in_front = ended + undone + b"".join(rest) + OURS_DONE
    # What is set where it is prepared is nobody's business.
    set_there = ParameterStatus("TimeZone", "CET").encode() + IN_TRANSACTION
    shown = client.answer(failed, in_front, set_there, FAILS, answer)
    assert shown == undone + answer
    first = failed.ledger.events[0]
    assert isinstance(first, ParameterReported)
    # It is not certain how the statement was read that was sent with it.
    assert first.number == failed.ledger.statements.issued == 1


def test_what_a_failed_transaction_may_have_set_is_gone_behind_it(
    client: Naming, failed: Server
) -> None:
    client.watch.reads_otherwise = True
    client.context = b"search_path\0a\0"
    sent = kinds(client.send(failed, query("COMMIT; EXECUTE p (1)")))
    assert sent == "QQ" + "PBEC" + OURS + "PBEC" + "SQ" + "SQ"


def test_what_cannot_be_prepared_there_is_missed_by_the_text(
    client: Naming, failed: Server
) -> None:
    client.send(failed, query("COMMIT; EXECUTE p (1)"))
    error = refused("no table", "42P01")
    in_front = BEGUN + PARSED + BOUND + error + FAILED + FAILS
    answer = complete("ROLLBACK") + refused("is missing", "26000") + READY
    assert client.answer(failed, in_front, answer) == answer
    assert kinds(client.send(failed, query("EXECUTE p (1)"))) == "C" + OURS + "SQ"
