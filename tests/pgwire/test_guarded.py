"""Requests of a client whose messages have a limit, or may not be simple queries."""

import pytest

from pgwire.errors import MessageTooLong, ProtocolViolation
from pgwire.framing import FRONTEND_LENGTHS, lengths_up_to
from pgwire.frontend import Query, Sync
from pgwire.guarded import GuardedRequests
from pgwire.ledger import Ledger
from pgwire.requests import Verdict
from pgwire.statement import StatementBook
from tests.fixtures.messages import BIND

LIMIT = 100
FITS = Query(b"x" * (LIMIT - 6)).encode()
TOO_LONG = Query(b"x" * (LIMIT - 5)).encode()
SYNC = Sync().encode()


def limited() -> GuardedRequests:
    return GuardedRequests(StatementBook(200), lengths_up_to(LIMIT), LIMIT)


def extended_only() -> GuardedRequests:
    return GuardedRequests(StatementBook(200), FRONTEND_LENGTHS, 0)


def test_the_limit_counts_all_of_a_message() -> None:
    assert (len(FITS), len(TOO_LONG)) == (LIMIT, LIMIT + 1)
    requests = limited()
    assert requests.lone_query(memoryview(FITS), len(FITS)) == FITS
    assert not requests.lone_query(memoryview(TOO_LONG), len(TOO_LONG))


@pytest.mark.parametrize("data", [TOO_LONG, TOO_LONG[:5], SYNC + TOO_LONG])
def test_a_longer_one_is_refused_where_its_header_is_seen(data: bytes) -> None:
    with pytest.raises(MessageTooLong) as served:
        limited().receive(memoryview(data), len(data), Ledger(), b"")
    assert (served.value.size, served.value.limit) == (LIMIT + 1, LIMIT)
    requests = limited()
    requests.keep(memoryview(data))
    if data[:1] == b"Q":
        with pytest.raises(MessageTooLong):
            requests.review(1000)


def test_what_is_as_long_as_it_may_be_goes_on() -> None:
    requests = limited()
    assert requests.receive(memoryview(FITS), LIMIT, Ledger(), b"") == LIMIT
    requests.keep(memoryview(FITS))
    assert requests.review(1000) is Verdict.SERVER


def test_what_postgresql_would_refuse_is_refused_in_its_words() -> None:
    requests = limited()
    with pytest.raises(ProtocolViolation, match="invalid message length 5 of"):
        requests.receive(memoryview(b"S\0\0\0\5\0"), 6, Ledger(), b"")


def test_the_table_of_a_limit_is_made_once() -> None:
    assert lengths_up_to(LIMIT) is lengths_up_to(LIMIT)
    assert lengths_up_to(2**31 - 1) == FRONTEND_LENGTHS


def test_no_query_takes_the_short_way_where_none_is_allowed() -> None:
    assert not extended_only().lone_query(memoryview(FITS), len(FITS))


@pytest.mark.parametrize(
    ("data", "position"),
    [
        (FITS, 0),
        (SYNC + FITS, 5),
        (BIND + SYNC + FITS[:5], len(BIND) + 5),
        (FITS[:4], -1),
        (SYNC, -1),
        (BIND[:7], -1),
        (b"X\0\0\0\4" + FITS, -1),
        (b"S\0\0\0\0" + FITS, -1),
    ],
)
def test_a_query_is_found_behind_other_messages(data: bytes, position: int) -> None:
    assert extended_only().find_query(memoryview(data), len(data)) == position


def test_it_is_not_looked_for_within_a_message() -> None:
    requests = extended_only()
    half = len(BIND) - 3
    requests.receive(memoryview(BIND[:half]), half, Ledger(), None)
    rest = BIND[half:] + FITS
    assert requests.find_query(memoryview(rest), len(rest)) == 3


def test_what_is_pending_may_begin_with_one() -> None:
    requests = extended_only()
    assert not requests.begins_with_query
    requests.keep(memoryview(SYNC))
    assert not requests.begins_with_query
    requests.take()
    requests.keep(memoryview(FITS[:1]))
    assert requests.begins_with_query
