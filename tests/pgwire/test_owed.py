"""What a ledger knows, tells and refuses, reply by reply."""

import pytest

from pgwire.codes import TransactionStatus
from pgwire.errors import LocalProtocolError
from pgwire.exchange import (
    ANYTHING,
    BIND,
    CLOSE,
    COPY_END,
    DESCRIBE,
    EXECUTE,
    FUNCTION_CALL,
    PARSE,
    QUERY,
    SYNC,
    ParameterReported,
    ServerError,
    StatementNamed,
    StatementsDropped,
    UnaccountedReply,
)
from pgwire.ledger import Ledger

from .heads import LEGAL, REPLIES, reader_at
from .replies import (
    BOUND,
    CLOSED,
    COPY_IN,
    ERROR,
    FATAL,
    NO_DATA,
    NONCE,
    NONCE_ANSWER,
    PARAMETER,
    PARSED,
    READY,
    READY_FAILED,
    READY_IN_TRANSACTION,
    SELECTED,
    Reader,
    done,
    message,
    row,
)


@pytest.mark.parametrize("head", LEGAL)
@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_is_legal_for_some_heads_and_refused_for_all_others(
    head: str, reply: str
) -> None:
    reader = reader_at(head)
    if reply in LEGAL[head]:
        shown = b"" if head == "draining" and reply != "A" else REPLIES[reply]
        assert reader.feed(REPLIES[reply]) == shown
        return
    with pytest.raises(UnaccountedReply):
        reader.feed(REPLIES[reply])
    assert reader.ledger.runs == []


@pytest.mark.parametrize("reply", sorted(set(REPLIES) - set("ZCESAGc")))
@pytest.mark.parametrize("head", LEGAL)
def test_a_long_reply_is_legal_for_the_same_heads(head: str, reply: str) -> None:
    reader = reader_at(head)
    streamed = reply in "TDdVtN"
    beginning = (reply.encode()) + b"\0\x10\0\0"  # 1 MiB, of which 10 bytes come
    if streamed and reply in LEGAL[head]:
        shown = b"" if head == "draining" else beginning + bytes(10)
        assert reader.feed(beginning + bytes(10)) == shown
        assert reader.ledger.mid_message == bool(shown)
        assert not reader.ledger.answered
        return
    with pytest.raises(UnaccountedReply):
        reader.feed(beginning + bytes(10))
    assert reader.ledger.runs == []


def test_the_head_is_the_oldest_request() -> None:
    reader = Reader(Ledger())
    reader.send("PBDECSFQ")
    heads = [PARSE, BIND, DESCRIBE, EXECUTE, CLOSE, SYNC, FUNCTION_CALL, QUERY, 0]
    replies = [PARSED, BOUND, NO_DATA, done(), CLOSED, READY, READY, READY]
    seen = [reader.ledger.head]
    for reply in replies:
        reader.feed(reply)
        seen.append(reader.ledger.head)
    assert seen == heads


def test_ready_for_query_is_counted_where_it_is_forwarded() -> None:
    reader = Reader(Ledger())
    reader.ledger.skip(QUERY)
    reader.send("QS")
    reader.feed(READY + READY + READY)
    assert reader.ledger.readies == 2


def test_ready_for_query_is_counted_while_uncertain_and_up_to_the_nonce() -> None:
    reader = Reader(Ledger())
    reader.send("EScS")
    reader.feed(COPY_IN + ERROR + READY)
    assert reader.ledger.readies == 1
    reader.ledger.resynchronise(NONCE)
    reader.feed(READY + NONCE_ANSWER)
    assert reader.ledger.readies == 2


@pytest.mark.parametrize(
    ("ready", "status"),
    [
        (READY, TransactionStatus.IDLE),
        (READY_IN_TRANSACTION, TransactionStatus.IN_TRANSACTION),
        (READY_FAILED, TransactionStatus.FAILED),
    ],
)
def test_only_an_idle_server_is_settled(ready: bytes, status: int) -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    reader.feed(ready)
    assert reader.ledger.status == status
    assert reader.ledger.settled == (status == TransactionStatus.IDLE)


def test_an_error_is_told_with_its_fields() -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    reader.feed(ERROR)
    [event] = reader.ledger.events
    assert isinstance(event, ServerError)
    assert (event.error.severity, event.error.sqlstate) == ("ERROR", "22012")
    assert not event.skipped


def test_an_error_that_only_we_have_seen_is_told_so() -> None:
    reader = Reader(Ledger())
    reader.ledger.skip(PARSE, BIND, EXECUTE, SYNC)
    reader.send("Q")
    reader.feed(ERROR)
    [event] = reader.ledger.events
    assert isinstance(event, ServerError)
    assert event.skipped


def test_an_error_of_ours_that_the_client_got_is_told_so() -> None:
    reader = Reader(Ledger())
    reader.ledger.skip(PARSE)
    reader.send("BES")
    reader.feed(ERROR)
    [event] = reader.ledger.events
    assert isinstance(event, ServerError)
    assert not event.skipped


def test_an_error_without_fields_is_an_error() -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    reader.feed(message("E", b"\0"))
    [event] = reader.ledger.events
    assert isinstance(event, ServerError)
    assert event.error.severity == ""


@pytest.mark.parametrize("head", ["Q", "E", "nothing", "uncertain", "draining"])
def test_a_parameter_is_told_whoever_caused_it(head: str) -> None:
    reader = reader_at(head)
    reader.feed(PARAMETER)
    assert reader.ledger.events == [ParameterReported("TimeZone", "UTC")]


@pytest.mark.parametrize("head", ["Q", "E", "uncertain", "draining"])
@pytest.mark.parametrize("tag", [b"DISCARD ALL", b"DEALLOCATE ALL"])
def test_dropping_all_statements_is_told(head: str, tag: bytes) -> None:
    reader = reader_at(head)
    reader.feed(done(tag))
    assert reader.ledger.events == [StatementsDropped()]


@pytest.mark.parametrize("head", ["Q", "E"])
@pytest.mark.parametrize("tag", [b"PREPARE", b"DEALLOCATE"])
def test_one_statement_more_or_less_is_told(head: str, tag: bytes) -> None:
    reader = reader_at(head)
    assert reader.feed(done(tag)) == done(tag)
    assert reader.ledger.events == [StatementNamed(tag)]


@pytest.mark.parametrize("head", ["Q", "E"])
@pytest.mark.parametrize(
    "tag", [b"DELETE 1", b"DISCARD PLANS", b"PREPARE TRANSACTION", b"DO"]
)
def test_other_tags_tell_nothing(head: str, tag: bytes) -> None:
    reader = reader_at(head)
    assert reader.feed(done(tag)) == done(tag)
    assert reader.ledger.events == []


def test_an_error_that_answers_nothing_is_refused() -> None:
    with pytest.raises(UnaccountedReply, match="an error that answers no request"):
        Reader(Ledger()).feed(ERROR)


def test_the_refusal_names_reply_and_head() -> None:
    with pytest.raises(UnaccountedReply, match=r"'1'.*answer to message type 'Q'"):
        reader_at("Q").feed(PARSED)


@pytest.mark.parametrize("status", [READY_IN_TRANSACTION, READY_FAILED])
def test_a_drain_that_ends_in_a_transaction_fails(status: bytes) -> None:
    reader = reader_at("draining")
    with pytest.raises(UnaccountedReply, match="still in a transaction"):
        reader.feed(NONCE_ANSWER[: -len(READY)] + status)


def test_a_drain_does_not_end_without_the_nonce() -> None:
    reader = reader_at("draining")
    reader.feed((SELECTED + READY) * 3 + ERROR + READY_FAILED)
    assert not reader.ledger.answered
    reader.feed(NONCE_ANSWER)
    assert reader.ledger.settled


def test_a_drain_forgets_the_end_of_a_large_row_too() -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    large = row(bytes(100_000))
    reader.feed(large[:50_000])
    reader.ledger.drain(NONCE)
    assert not reader.ledger.mid_message
    assert reader.feed(large[50_000:] + done() + READY + NONCE_ANSWER) == b""
    assert reader.ledger.settled


def test_ours_are_refused_while_uncertain() -> None:
    reader = reader_at("uncertain")
    assert reader.ledger.head == ANYTHING
    with pytest.raises(LocalProtocolError, match="unknown number of replies"):
        reader.ledger.skip(PARSE)


def test_an_empty_nonce_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="empty nonce"):
        Ledger().drain(b"")


def test_a_failed_copy_in_among_ours_is_refused() -> None:
    reader = Reader(Ledger())
    reader.send("ES")
    reader.feed(COPY_IN)
    reader.send("c")
    reader.ledger.skip(QUERY)
    # Whether the Sync was ignored is not known.
    with pytest.raises(UnaccountedReply, match="among messages of ours"):
        reader.feed(ERROR)


def test_the_client_writes_no_data_into_a_copy_in_of_ours() -> None:
    reader = Reader(Ledger())
    reader.ledger.skip(QUERY)
    reader.feed(COPY_IN)
    assert not reader.ledger.reads_copy_data


def test_a_copy_in_that_nobody_ended_cannot_end_well() -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    with pytest.raises(UnaccountedReply, match="without CopyDone"):
        reader.feed(COPY_IN + done(b"COPY 1"))


def test_a_copy_in_cannot_end_well_over_a_query() -> None:
    reader = Reader(Ledger())
    reader.send("QQc")
    with pytest.raises(UnaccountedReply, match="over an unread message type 'Q'"):
        reader.feed(COPY_IN + done(b"COPY 1"))


def test_a_fatal_error_is_told_while_idle() -> None:
    reader = Reader(Ledger())
    reader.feed(FATAL)
    assert len(reader.ledger.events) == 1


def test_marks_of_ours_are_passed_over_like_any() -> None:
    reader = Reader(Ledger())
    reader.ledger.skip(QUERY, COPY_END)
    reader.send("Q")
    assert reader.feed(SELECTED + READY + SELECTED + READY) == SELECTED + READY
    assert reader.ledger.settled


@pytest.mark.parametrize("before", ["", "PS", "PBE", "Q"])
def test_a_lone_query_is_written_down_like_any_request(before: str) -> None:
    alone, other = Reader(Ledger()), Reader(Ledger())
    for reader in (alone, other):
        reader.ledger.statements.unnamed = "of a client"
        reader.send(before)
    alone.ledger.query()
    other.send("Q")
    for name in ("head", "unsynced", "_behind"):
        assert getattr(alone.ledger, name) == getattr(other.ledger, name)
    assert alone.ledger.statements.unnamed is None
    assert other.ledger.statements.unnamed is None


def test_requests_are_outstanding_until_they_are_answered_in_full() -> None:
    reader = Reader(Ledger())
    assert reader.ledger.outstanding == 0
    reader.send("QQ")
    assert reader.ledger.outstanding == 2
    reader.feed(SELECTED + READY + SELECTED)
    assert reader.ledger.outstanding == 1
    reader.feed(READY)
    assert reader.ledger.outstanding == 0
