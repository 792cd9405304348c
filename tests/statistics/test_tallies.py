"""What is counted by name."""

from dataclasses import fields

import pytest

from pgpool_py.reasons import Reason
from pgpool_py.statistics import OTHER, Tallied, Tallies, Tally, tallies


def test_names_are_counted_one_by_one() -> None:
    tally = Tally()
    for reason in (Reason.EVICTED, Reason.EVICTED, Reason.PAUSE_MODE):
        tally.note(reason)
    assert dict(tally.snapshot()) == {"evicted": 2, "pause mode": 1}


def test_beyond_the_limit_names_are_summed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "MOST_NAMES", 2)
    tally = Tally()
    for code in ("42P01", "AAAAA", "AAAAB", "AAAAC", "42P01"):
        tally.note(code)
    assert dict(tally.snapshot()) == {"42P01": 2, "AAAAA": 1, OTHER: 2}


def test_a_snapshot_has_every_tally_and_stays_as_it_was_taken() -> None:
    names = [field.name for field in fields(Tallies)]
    assert [field.name for field in fields(Tallied)] == names
    counted = Tallies()
    counted.clients_closed.note(Reason.CLIENT_EOF)
    counted.cancels = 3
    counted.logins.observe(0.1)
    taken = counted.snapshot()
    counted.clients_closed.note(Reason.CLIENT_EOF)
    counted.cancels += 1
    assert dict(taken.clients_closed) == {"client unexpected eof": 1}
    assert (taken.cancels, taken.logins.count) == (3, 1)


def test_tallies_are_added_one_by_one_as_their_snapshots_are() -> None:
    one, two = Tallies(), Tallies(servers_opened=2, exhausted=0.5)
    one.server_errors.note("23505")
    two.server_errors.note("23505")
    two.server_errors.note("40001")
    two.waits.observe(1.0)
    two.unserved.observe(2.0)
    both = one.snapshot().plus(two.snapshot())
    one.add(two)
    assert one.snapshot() == both
    assert dict(both.server_errors) == {"23505": 2, "40001": 1}
    assert (both.servers_opened, both.exhausted, both.waits.count) == (2, 0.5, 1)
    assert (both.unserved.count, both.unserved.total) == (1, 2.0)


def test_a_count_can_be_asked_for_by_its_name() -> None:
    tally = Tally()
    tally.note(Reason.EVICTED)
    assert (tally.number("evicted"), tally.number("pause mode")) == (1, 0)
