"""Since when a client does what it does."""

from pgpool_py.client.timing import Timing
from pgpool_py.statistics import Counters
from pgwire.ledger import Ledger
from tests.fixtures.messages import done


def answered(ledger: Ledger) -> None:
    """Let one Query more be answered."""
    ledger.query()
    answer = bytearray(done())
    assert ledger.answer(answer, 0, len(answer))


def test_an_exchange_behind_others_that_are_answered_is_timed_from_its_beginning() -> (
    None
):
    timing, counters, ledger = Timing(0.0), Counters(), Ledger()
    timing.note_progress(10.0, ledger)
    answered(ledger)
    timing.begin_exchange(10.25, counters)
    timing.note_progress(10.5, ledger)
    timing.note_progress(11.0, ledger)
    timing.end_transaction(12.25, counters)
    assert counters.exchanged().queries.total == 2.0


def test_one_that_is_never_over_for_others_are_sent_ahead_is_timed_anew() -> None:
    timing, counters, ledger = Timing(0.0), Counters(), Ledger()
    timing.begin_exchange(10.0, counters)
    timing.note_progress(10.5, ledger)
    answered(ledger)
    timing.note_progress(11.0, ledger)
    assert timing.exchange_since == timing.transaction_since == 11.0
