"""What a client sends: what of it is sent on, and what needs a server."""

import pytest

from pgwire import exchange
from pgwire.codes import Target
from pgwire.copying import CopyData, CopyDone, CopyInResponse
from pgwire.errors import ProtocolViolation
from pgwire.frontend import Bind, Close, Describe, Execute, Flush, Parse, Query, Sync
from pgwire.ledger import HOLD_LIMIT, Ledger
from pgwire.requests import NAMES_LIMIT, Requests, Verdict

LIMIT = 4096
QUERY = Query(b"SELECT 1").encode()
SYNC = Sync().encode()
FLUSH = Flush().encode()
PARSE = Parse(b"", b"SELECT 1").encode()
CLOSE_UNNAMED = Close(Target.STATEMENT, b"").encode()
# Many more than a quadratic way through them could bear.
MANY = 200_000


def sent(requests: Requests, data: bytes, ledger: Ledger) -> bytes:
    """Return what of a served client's bytes goes on to its server."""
    requests.receive(memoryview(data), len(data), ledger)
    return b"".join(requests.pieces)


def answer(ledger: Ledger, data: bytes) -> None:
    buffer = bytearray(max(HOLD_LIMIT + 1, len(data)))
    buffer[: len(data)] = data
    assert ledger.receive(buffer, len(data)) == len(data)


# Served: the unnamed statement


def test_a_statement_is_bound_where_it_was_parsed() -> None:
    requests, ledger = Requests(), Ledger()
    batch = PARSE + Bind(b"", b"").encode() + Execute(b"").encode() + SYNC
    assert sent(requests, batch, ledger) == batch
    assert not requests.awaits_bind


def test_a_parse_that_was_not_bound_awaits_it() -> None:
    requests, ledger = Requests(), Ledger()
    sent(requests, PARSE + Describe(Target.STATEMENT, b"").encode() + SYNC, ledger)
    assert requests.awaits_bind
    sent(requests, Bind(b"p", b"other").encode(), ledger)
    assert requests.awaits_bind
    sent(requests, Bind(b"p", b"").encode(), ledger)
    assert not requests.awaits_bind


@pytest.mark.parametrize(
    "use",
    [
        Bind(b"", b""),
        Bind(b"portal", b"", (), (b"value",)),
        Describe(Target.STATEMENT, b""),
    ],
)
def test_what_another_client_parsed_is_closed_before_use(use: Bind | Describe) -> None:
    first, second, ledger = Requests(), Requests(), Ledger()
    sent(first, PARSE, ledger)
    assert sent(second, use.encode(), ledger) == CLOSE_UNNAMED + use.encode()


@pytest.mark.parametrize(
    "use",
    [
        Bind(b"", b"s"),
        Bind(b"portal", b"s"),
        Describe(Target.STATEMENT, b"s"),
        Describe(Target.PORTAL, b""),
        Execute(b""),
    ],
)
def test_what_is_about_another_name_goes_on_as_it_is(
    use: Bind | Describe | Execute,
) -> None:
    requests, ledger = Requests(), Ledger()
    assert sent(requests, use.encode(), ledger) == use.encode()


def test_parameters_that_were_set_for_it_leave_no_statement() -> None:
    requests, ledger = Requests(), Ledger()
    sent(requests, PARSE, ledger)
    ledger.skip(exchange.PARSE)
    bind = Bind(b"", b"").encode()
    assert sent(requests, bind, ledger) == CLOSE_UNNAMED + bind


def test_the_answer_to_our_close_is_skipped() -> None:
    requests, ledger = Requests(), Ledger()
    sent(requests, Bind(b"", b"").encode(), ledger)
    assert ledger.head & exchange.SKIP


def test_names_are_awaited_byte_by_byte() -> None:
    bind = Bind(b"a portal", b"").encode()
    requests, ledger = Requests(), Ledger()
    pending, out = b"", b""
    for byte in bind:
        pending += bytes((byte,))
        used = requests.receive(memoryview(pending), len(pending), ledger)
        out += b"".join(requests.pieces)
        pending = pending[used:]
    assert out == CLOSE_UNNAMED + bind


def test_a_portals_name_has_a_limit() -> None:
    bind = Bind(b"p" * NAMES_LIMIT, b"").encode()
    with pytest.raises(ProtocolViolation, match=f"longer than {NAMES_LIMIT} bytes"):
        sent(Requests(), bind, Ledger())


def test_a_bind_without_the_end_of_a_name_is_postgresqls_to_refuse() -> None:
    # 'B', length 12, 8 bytes without a NUL
    bind = b"B\0\0\0\x0cabcdefgh"
    assert sent(Requests(), bind, Ledger()) == bind


# Served: copy data


def test_syncs_in_copy_data_do_not_pile_up() -> None:
    requests, ledger = Requests(), Ledger()
    sent(requests, Query(b"COPY t FROM STDIN").encode(), ledger)
    answer(ledger, CopyInResponse(0, (0,)).encode())
    sent(requests, SYNC * MANY + CopyData(b"x").encode(), ledger)
    assert len(ledger._behind) == 1


# Unserved


def reviewed(requests: Requests, data: bytes) -> tuple[bytes, Verdict]:
    requests.keep(memoryview(data))
    verdict = requests.review(LIMIT)
    return bytes(requests.take() or b""), verdict


def test_a_whole_message_needs_a_server_and_is_kept() -> None:
    assert reviewed(Requests(), QUERY) == (QUERY, Verdict.SERVER)


def test_a_part_of_a_message_needs_nothing_until_it_fills_the_buffer() -> None:
    long = Query(b"x" * LIMIT).encode()
    assert reviewed(Requests(), long[: LIMIT - 1])[1] is Verdict.NOTHING
    assert reviewed(Requests(), long[:LIMIT])[1] is Verdict.SERVER


@pytest.mark.parametrize(
    "message", [FLUSH, CopyData(b"").encode(), CopyDone().encode()]
)
def test_many_small_messages_are_dropped_in_one_go(message: bytes) -> None:
    assert reviewed(Requests(), message * MANY + QUERY) == (QUERY, Verdict.SERVER)


def pending(data: bytes) -> Requests:
    requests = Requests()
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
    assert reviewed(Requests(), b"X\0\0\0\4")[1] is Verdict.CLOSE


def test_an_unknown_message_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="invalid frontend message type 0x7A"):
        reviewed(Requests(), b"z\0\0\0\4")
