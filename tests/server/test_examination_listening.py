"""What PostgreSQL says of the channels that a session listens to."""

import pytest

from pgpool_py.server.examination import Questions, ask, keep_mark, mark, read
from pgwire.backend import DataRow
from tests.fixtures.messages import READY, complete, kinds, query

LISTENING = Questions((), all_parameters=False, holdings=False, listening=True)


def answer(*values: bytes | None) -> bytes:
    """Make the answer: what is set, and the channels; then to UNLISTEN."""
    rows = b"".join(DataRow((value,)).encode() for value in values)
    return rows + complete() + complete("UNLISTEN") + READY


def test_it_is_asked_and_made_to_listen_to_nothing() -> None:
    asked = ask(LISTENING)
    assert kinds(asked) == "PBEPBES"
    assert asked.index(b"pg_listening_channels") < asked.index(b"UNLISTEN *")


def test_nothing_has_to_be_asked_where_nobody_wants_to_know() -> None:
    assert Questions((), all_parameters=False, holdings=False).nothing
    assert not LISTENING.nothing


def test_without_a_mark_and_channels_there_is_nothing() -> None:
    found = read(answer(None), LISTENING)
    assert (found.channels, found.last_mark) == (frozenset(), 0)


def test_the_mark_stands_in_front_of_the_channels() -> None:
    found = read(answer(b"17", b"a", b"\xe4"), LISTENING)
    assert found.channels == {b"a", b"\xe4"}
    assert found.last_mark == 17


def test_an_empty_mark_is_none() -> None:
    # As PostgreSQL leaves it behind DISCARD ALL.
    assert read(answer(b""), LISTENING).last_mark == 0


@pytest.mark.parametrize("value", [b"x", b"-1", "\u00b2".encode(), b"9" * 5000])
def test_what_a_client_has_set_in_its_place_is_none(value: bytes) -> None:
    assert read(answer(value), LISTENING).last_mark == 0


def test_a_mark_is_a_parameter_that_a_rollback_takes_back() -> None:
    assert mark(17) == query("SET pgpool_py.unlistened TO '17'")


def test_what_a_reset_would_take_away_is_kept_as_a_channel() -> None:
    assert b"current_setting('pgpool_py.unlistened', true)" in keep_mark()
    assert kinds(keep_mark()) == "QQ"
    found = read(answer(None, b"pgpool_py.unlistened 17", b"a"), LISTENING)
    assert found.channels == {b"a"}
    assert found.last_mark == 17


def test_of_several_marks_the_greatest_counts() -> None:
    kept = (b"pgpool_py.unlistened 17", b"pgpool_py.unlistened 9")
    assert read(answer(b"18", *kept), LISTENING).last_mark == 18
    assert read(answer(b"16", *kept), LISTENING).last_mark == 17
    # There was none, or a client has made one up.
    assert read(answer(None, b"pgpool_py.unlistened "), LISTENING).last_mark == 0
    assert read(answer(None, b"pgpool_py.unlistened x"), LISTENING).last_mark == 0
