"""How the ledger walks bytes: runs, long messages, bad lengths.

Whole conversations are in ``test_ledger_exchanges``, ``_copy_in`` and ``_skipping``,
random ones in ``_model``; what single replies mean in ``test_owed``.
"""

import pytest

from pgwire.exchange import PARSE, QUERY, ServerError, UnaccountedReply
from pgwire.ledger import HOLD_LIMIT, Ledger

from .heads import reader_at
from .replies import (
    BOUND,
    COLUMNS,
    PARAMETER,
    PARAMETERS,
    PARSED,
    READY,
    SELECTED,
    Reader,
    done,
    message,
    row,
)


def test_events_and_runs_are_of_the_last_piece_only() -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    reader.feed(PARAMETER)
    reader.feed(READY)
    assert reader.ledger.events == []
    assert reader.ledger.runs == [(0, len(READY))]


def test_neighbours_of_one_owner_are_one_run() -> None:
    reader = Reader(Ledger())
    reader.ledger.skip(QUERY)
    reader.send("QPBES")
    hidden = SELECTED + READY
    shown = SELECTED + READY + PARSED + BOUND + row() + done() + READY
    reader.feed(hidden + shown)
    assert reader.ledger.runs == [(len(hidden), len(hidden) + len(shown))]


def test_what_came_before_a_refused_reply_is_forwarded() -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    with pytest.raises(UnaccountedReply):
        reader.feed(SELECTED + PARSED)
    assert reader.ledger.runs == [(0, len(SELECTED))]


def test_skipped_replies_before_a_refused_one_stay_hidden() -> None:
    reader = Reader(Ledger())
    reader.ledger.skip(QUERY)
    reader.send("Q")
    with pytest.raises(UnaccountedReply):
        reader.feed(SELECTED + message("Z"))
    assert reader.ledger.runs == []


@pytest.mark.parametrize("length", [0, 1, 3, 0x40000004, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("kind", b"TDCZE1")
@pytest.mark.parametrize("head", ["Q", "E", "S", "nothing", "draining"])
def test_a_bad_length_is_refused(head: str, kind: int, length: int) -> None:
    reader = reader_at(head)
    with pytest.raises(UnaccountedReply, match=f"invalid length {length} of"):
        reader.feed(bytes((kind,)) + length.to_bytes(4, "big"))
    assert reader.ledger.runs == []


@pytest.mark.parametrize("head", ["Q", "S", "F", "uncertain", "draining"])
@pytest.mark.parametrize("body", [b"", b"X", b"II", b"\0"])
def test_ready_for_query_without_a_status_is_refused(head: str, body: bytes) -> None:
    reader = reader_at(head)
    status = reader.ledger.status
    with pytest.raises(UnaccountedReply):
        reader.feed(message("Z", body))
    assert reader.ledger.status == status


@pytest.mark.parametrize("kind", ["S", "C", "E"])
@pytest.mark.parametrize("body", [b"", b"Dabc", b"D\0\0\0"])
def test_a_malformed_reply_that_matters_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(UnaccountedReply):
        reader_at("Q").feed(message(kind, body))


@pytest.mark.parametrize("kind", "SCZ1G")
def test_a_long_reply_that_matters_is_refused(kind: str) -> None:
    with pytest.raises(UnaccountedReply, match=f"is above {HOLD_LIMIT}"):
        reader_at("Q").feed(kind.encode() + HOLD_LIMIT.to_bytes(4, "big"))


LONG = [[64 * 1024], [5], [7, 1000], [HOLD_LIMIT + 7]]


@pytest.mark.parametrize("pieces", LONG, ids=str)
@pytest.mark.parametrize("value", [HOLD_LIMIT - 11, HOLD_LIMIT - 10, 100_000])
def test_a_large_row_is_relayed_as_it_comes(pieces: list[int], value: int) -> None:
    reader = Reader(Ledger())
    reader.ledger.skip(QUERY)
    reader.send("Q")
    shown = COLUMNS + row(bytes(value)) + row() + done() + READY
    assert reader.feed(SELECTED + row(bytes(value)) + READY + shown, pieces) == shown
    assert reader.ledger.settled


def test_a_row_of_a_megabyte_is_never_held() -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    large = row(bytes(1_000_000))
    assert reader.feed(large[:100]) == large[:100]
    assert reader.ledger.mid_message
    assert reader.feed(large[100:] + done() + READY) == large[100:] + done() + READY
    assert not reader.ledger.mid_message


def test_a_skipped_large_row_is_not_the_clients() -> None:
    reader = Reader(Ledger())
    reader.ledger.skip(QUERY)
    assert reader.feed(row(bytes(1000))[:100]) == b""
    assert not reader.ledger.mid_message


@pytest.mark.parametrize("pieces", LONG, ids=str)
def test_a_large_row_description_completes_its_describe(pieces: list[int]) -> None:
    reader = Reader(Ledger())
    reader.send("DS")
    stream = PARAMETERS + message("T", bytes(HOLD_LIMIT)) + READY
    assert reader.feed(stream, pieces) == stream
    assert reader.ledger.settled


def large_error(severity: str) -> bytes:
    fields = f"S{severity}\0V{severity}\0C22000\0M{'m' * HOLD_LIMIT}\0Rf\0\0"
    return message("E", fields.encode())


@pytest.mark.parametrize("pieces", LONG, ids=str)
@pytest.mark.parametrize("kinds", ["Q", "PBES"])
def test_a_large_error_is_told_by_its_first_fields(
    kinds: str, pieces: list[int]
) -> None:
    reader = Reader(Ledger())
    reader.send(kinds)
    large = large_error("ERROR")
    errors = []
    for start in range(0, len(large), 4096):
        reader.feed(large[start : start + 4096], pieces)
        errors += reader.ledger.events
    assert reader.feed(READY) == READY
    assert reader.forwarded == large + READY
    assert reader.ledger.settled


def test_a_large_error_is_one_event() -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    large = large_error("FATAL")
    reader.feed(large[:HOLD_LIMIT])
    [event] = reader.ledger.events
    assert isinstance(event, ServerError)
    assert (event.error.severity, event.error.sqlstate) == ("FATAL", "22000")
    reader.feed(large[HOLD_LIMIT:])
    assert reader.ledger.events == []


def test_a_large_error_of_ours_within_a_batch_is_the_batchs() -> None:
    reader = Reader(Ledger())
    reader.ledger.skip(PARSE)
    reader.send("BES")
    large = large_error("ERROR")
    assert reader.feed(large + READY) == large + READY


def test_a_large_error_without_any_field_is_relayed() -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    large = message("E", b"S" + b"x" * HOLD_LIMIT + b"\0\0")
    assert reader.feed(large + READY, [1000]) == large + READY


def test_the_last_readyforquery_can_be_withheld_and_nothing_else() -> None:
    reader = Reader(Ledger())
    reader.send("QQ")
    shown = SELECTED + READY + SELECTED
    reader.feed(shown + READY + PARAMETER)
    behind = len(shown + READY)
    assert reader.ledger.withhold_ready(bytearray(shown + READY + PARAMETER))
    assert reader.ledger.runs == [(0, len(shown)), (behind, behind + len(PARAMETER))]


def test_one_that_came_before_cannot_be_withheld() -> None:
    reader = Reader(Ledger())
    reader.send("Q")
    reader.feed(SELECTED + READY)
    reader.feed(PARAMETER)
    assert not reader.ledger.withhold_ready(bytearray(PARAMETER))
    assert reader.ledger.runs == [(0, len(PARAMETER))]
    reader.ledger.runs.clear()
    assert not reader.ledger.withhold_ready(bytearray(PARAMETER))
