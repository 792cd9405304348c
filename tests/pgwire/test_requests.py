"""What a client sends: what of it is sent on, and what needs a server."""

import pytest

from pgwire.copying import CopyData, CopyDone, CopyInResponse
from pgwire.errors import ProtocolViolation
from pgwire.frontend import Bind, Execute, Flush, Parse, Query, Sync
from pgwire.ledger import HOLD_LIMIT, Ledger
from pgwire.requests import Requests, Verdict
from pgwire.statement import StatementBook
from tests.fixtures.messages import READY, complete, refused

LIMIT = 4096
QUERY = Query(b"SELECT 1").encode()
SYNC = Sync().encode()
FLUSH = Flush().encode()
BIND = Bind(b"", b"").encode()
EXECUTE = Execute(b"").encode()
PARSE = Parse(b"", b"SELECT 1").encode()
# Many more than a quadratic way through them could bear.
MANY = 200_000


def new_client() -> Requests:
    return Requests(StatementBook(200))


def sent(requests: Requests, data: bytes, ledger: Ledger) -> bytes:
    """Return what of a served client's bytes goes on to its server."""
    requests.receive(memoryview(data), len(data), ledger, b"")
    return b"".join(requests.pieces)


def answer(ledger: Ledger, data: bytes) -> None:
    buffer = bytearray(max(HOLD_LIMIT + 1, len(data)))
    buffer[: len(data)] = data
    assert ledger.receive(buffer, len(data)) == len(data)


# Served: copy data


def test_syncs_in_copy_data_do_not_pile_up() -> None:
    requests, ledger = new_client(), Ledger()
    sent(requests, Query(b"COPY t FROM STDIN").encode(), ledger)
    answer(ledger, CopyInResponse(0, (0,)).encode())
    sent(requests, SYNC * MANY + CopyData(b"x").encode(), ledger)
    assert len(ledger._behind) == 1


COPY = Query(b"COPY t FROM STDIN").encode()
# An extended one, with the Sync that libpq sends at once.
BATCH = Parse(b"", b"COPY t FROM STDIN").encode() + BIND + EXECUTE + SYNC
BEGUN = b"1\0\0\0\x04" + b"2\0\0\0\x04" + CopyInResponse(0, (0,)).encode()
DATA = CopyData(b"x").encode()
DONE = CopyDone().encode()


@pytest.mark.parametrize("copy", [COPY, BATCH])
def test_copy_data_wait_until_a_server_wants_them(copy: bytes) -> None:
    requests, ledger = new_client(), Ledger()
    assert sent(requests, copy + DATA + DONE, ledger) == copy
    assert requests.held
    answer(ledger, BEGUN if copy is BATCH else CopyInResponse(0, (0,)).encode())
    assert sent(requests, DATA + DONE, ledger) == DATA + DONE
    assert not requests.held


def test_or_does_not(requests_after_error: tuple[Requests, Ledger]) -> None:
    requests, ledger = requests_after_error
    assert sent(requests, DATA + DONE + QUERY, ledger) == QUERY


@pytest.fixture
def requests_after_error() -> tuple[Requests, Ledger]:
    requests, ledger = new_client(), Ledger()
    sent(requests, COPY, ledger)
    answer(ledger, refused() + READY)
    return requests, ledger


def test_nothing_runs_behind_a_copy_of_which_the_end_may_be_uncertain() -> None:
    requests, ledger = new_client(), Ledger()
    sent(requests, BATCH, ledger)
    answer(ledger, BEGUN)
    # The Sync of the batch lies in front of the data; that behind it is wanted.
    assert sent(requests, DATA + DONE + SYNC + QUERY, ledger) == DATA + DONE + SYNC
    assert requests.held
    answer(ledger, refused())
    assert sent(requests, QUERY, ledger) == b""
    assert requests.held
    answer(ledger, READY)
    assert ledger.resynchronisable


def test_the_end_of_a_copy_is_asked_for_where_something_waits_for_it() -> None:
    requests, ledger = new_client(), Ledger()
    sent(requests, BATCH, ledger)
    answer(ledger, BEGUN)
    assert sent(requests, DONE, ledger) == DONE
    # PostgreSQL would keep it back until a Sync, which is among what waits.
    assert sent(requests, BIND + SYNC, ledger) == FLUSH
    answer(ledger, complete("COPY 1"))
    assert sent(requests, BIND + SYNC, ledger) == BIND + SYNC


def test_what_is_behind_a_copy_and_its_sync_is_asked_for_too() -> None:
    requests, ledger = new_client(), Ledger()
    start = PARSE + BIND + EXECUTE + FLUSH
    sent(requests, start, ledger)
    answer(ledger, BEGUN)
    named = Parse(b"s", b"SELECT 1").encode()
    behind = DONE + SYNC + named + SYNC + BIND
    assert sent(requests, behind + named, ledger).endswith(SYNC + BIND + FLUSH)
    assert requests.held


def test_what_a_failed_copy_throws_away_may_come_without_a_sync() -> None:
    requests, ledger = new_client(), Ledger()
    sent(requests, BATCH, ledger)
    answer(ledger, BEGUN)
    sent(requests, DATA, ledger)
    answer(ledger, refused())
    assert sent(requests, DATA + DONE + SYNC, ledger) == SYNC


def test_nothing_is_sent_that_a_failed_copy_may_throw_away_or_not() -> None:
    requests, ledger = new_client(), Ledger()
    sent(requests, BATCH, ledger)
    answer(ledger, BEGUN)
    sent(requests, DATA, ledger)
    answer(ledger, refused())
    # Whether that Sync of the batch was read as copy data nobody knows.
    assert sent(requests, FLUSH + BIND + SYNC, ledger) == FLUSH
    assert requests.held
    assert ledger.resynchronisable


# Unserved


def reviewed(requests: Requests, data: bytes) -> tuple[bytes, Verdict]:
    requests.keep(memoryview(data))
    verdict = requests.review(LIMIT)
    return bytes(requests.take() or b""), verdict


def test_a_whole_message_needs_a_server_and_is_kept() -> None:
    assert reviewed(new_client(), QUERY) == (QUERY, Verdict.SERVER)


def test_a_part_of_a_message_needs_nothing_until_it_fills_the_buffer() -> None:
    long = Query(b"x" * LIMIT).encode()
    assert reviewed(new_client(), long[: LIMIT - 1])[1] is Verdict.NOTHING
    assert reviewed(new_client(), long[:LIMIT])[1] is Verdict.SERVER


@pytest.mark.parametrize(
    "message", [FLUSH, CopyData(b"").encode(), CopyDone().encode()]
)
def test_many_small_messages_are_dropped_in_one_go(message: bytes) -> None:
    assert reviewed(new_client(), message * MANY + QUERY) == (QUERY, Verdict.SERVER)


def pending(data: bytes) -> Requests:
    requests = new_client()
    requests.keep(memoryview(data))
    return requests


def test_what_is_behind_a_refused_batch_is_dropped_up_to_its_sync() -> None:
    requests = pending(PARSE)
    assert not requests.refuse()
    assert requests.pending is None
    requests.keep(memoryview(PARSE * MANY + SYNC + QUERY))
    assert requests.review(LIMIT) is Verdict.READY
    assert requests.review(LIMIT) is Verdict.SERVER
    assert bytes(requests.take() or b"") == QUERY


def test_an_exchange_that_is_all_there_is_refused_to_its_end() -> None:
    requests = pending(PARSE + SYNC + QUERY)
    assert requests.refuse()
    assert bytes(requests.take() or b"") == QUERY


def test_of_a_query_that_has_begun_the_rest_is_dropped() -> None:
    requests = pending(QUERY[:-3])
    assert requests.refuse()
    assert requests.pending is None
    assert reviewed(requests, QUERY[-3:] + QUERY) == (QUERY, Verdict.SERVER)


def test_terminate_closes() -> None:
    assert reviewed(new_client(), b"X\0\0\0\4")[1] is Verdict.CLOSE


def test_an_unknown_message_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="invalid frontend message type 0x7A"):
        reviewed(new_client(), b"z\0\0\0\4")
