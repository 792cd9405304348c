"""What a client may have changed of its session, and what of it has to be asked."""

from collections.abc import Mapping
from typing import Final

import pytest

from pgpool_py.client.session_state import EVERYTHING, MOST_NAMES, NOTHING, Touched
from pgpool_py.server.examination import HIDDEN, Questions
from pgpool_py.server.parameters import ParameterBook
from pgwire.classification import HARMLESS, UNSEEN, Classification, Touch

REPORTED: Final = frozenset({"timezone", "datestyle"})


def sets(*names: str | int) -> Classification:
    return Classification(Touch.PARAMETERS, parameters=names)


def resets(*names: str | int) -> Classification:
    return Classification(Touch.RESETS, parameters=names)


def touches(touches: Touch) -> Classification:
    return Classification(touches)


def after(*found: Classification, pinned: bool = False) -> Touched:
    """Return what is to be found out after these statements."""
    touched = NOTHING
    for one in found:
        touched = touched.and_then(one, pinned=pinned, listening=False)
    return touched


# What is noted


@pytest.mark.parametrize(
    ("found", "touched"),
    [
        (HARMLESS, NOTHING),
        (sets("work_mem"), Touched(sets=frozenset({"work_mem"}))),
        # It is reported, and so it is known what is read under which value.
        (sets("timezone"), Touched(sets=frozenset({"timezone"}))),
        (sets("search_path"), Touched(sets=frozenset({"search_path"}), reading=True)),
        (sets("my.x"), Touched(sets=frozenset({"my.x"}), reading=True)),
        # The name is a value of the client's.
        (sets(1), Touched(sets_any=True, reading=True)),
        (
            sets("work_mem", 1),
            Touched(sets=frozenset({"work_mem"}), sets_any=True, reading=True),
        ),
        (sets(), Touched(sets_any=True, reading=True)),
        (resets("work_mem"), Touched(resets=frozenset({"work_mem"}))),
        (resets(), Touched(resets=None, reading=True)),
        (touches(Touch.READING), Touched(reading=True)),
        (touches(Touch.LOCKS), Touched(holdings=True)),
        (touches(Touch.TEMPORARY), Touched(holdings=True)),
        (touches(Touch.CURSORS), Touched(holdings=True)),
        (touches(Touch.LASTING), Touched(lasting=True)),
        (touches(Touch.LISTEN), Touched(listens=True)),
        # Nothing was listened to: there is nothing to be ended.
        (touches(Touch.UNLISTEN), NOTHING),
        (UNSEEN, Touched(sets_any=True, holdings=True, listens=True, reading=True)),
        # Nothing was held: nothing can be gone.
        (touches(Touch.GONE), NOTHING),
        (touches(Touch.NOTIFY), NOTHING),
    ],
)
def test_what_a_statement_touches_is_to_be_found_out(
    found: Classification, touched: Touched
) -> None:
    assert after(found) == touched


def test_what_may_be_gone_is_asked_for_where_something_is_held() -> None:
    assert after(touches(Touch.GONE), pinned=True) == Touched(holdings=True)


def test_what_was_noted_stays_noted() -> None:
    everything = after(UNSEEN, resets(), touches(Touch.LASTING), sets("work_mem"))
    assert everything.and_then(HARMLESS, pinned=False, listening=False) == everything
    assert everything == Touched(
        sets=frozenset({"work_mem"}),
        sets_any=True,
        resets=None,
        holdings=True,
        lasting=True,
        listens=True,
        reading=True,
    )


def test_names_are_gathered() -> None:
    touched = after(sets("a"), sets("b"), resets("c"), resets("d"))
    assert touched.sets == {"a", "b"}
    assert touched.resets == frozenset({"c", "d"})


def test_of_very_many_those_with_a_dot_are_asked_for_by_name() -> None:
    plain = after(*(sets(f"name{number}") for number in range(MOST_NAMES)))
    touched = plain.and_then(sets("my.x"), pinned=False, listening=False)
    assert (touched.sets, touched.sets_any) == (frozenset({"my.x"}), True)
    assert not touched.lasting


def test_very_many_with_a_dot_stay_on_their_server() -> None:
    touched = after(*(sets(f"my.x{number}") for number in range(MOST_NAMES + 1)))
    assert (touched.sets, touched.sets_any) == (frozenset(), True)
    assert touched.lasting


def test_behind_a_path_that_is_not_known_something_may_be_held() -> None:
    assert after(touches(Touch.PATH)) == Touched(holdings=True)


def test_a_reset_of_all_includes_any() -> None:
    touched = after(resets(), resets("a"))
    assert touched.resets is None
    assert touched.is_reset("whatever")
    assert not after(resets("a")).is_reset("b")


def test_of_very_many_names_all_parameters_are_asked_for() -> None:
    names = [f"name{number}" for number in range(MOST_NAMES)]
    most = after(*map(sets, names), *map(resets, names))
    assert (len(most.sets), most.sets_any) == (MOST_NAMES, False)
    assert most.resets is not None
    more = after(*map(sets, [*names, "x"]), *map(resets, [*names, "x"]))
    assert (more.sets, more.sets_any, more.resets) == (frozenset(), True, None)


# What is asked


@pytest.mark.parametrize(
    ("touched", "now", "questions"),
    [
        (NOTHING, {}, Questions((), False, False)),
        # It is reported when it changes.
        (after(sets("timezone")), {}, Questions((), False, False)),
        (after(sets("my.x")), {}, Questions(("my.x",), False, False)),
        (after(sets("role")), {}, Questions(("role",), False, False)),
        (
            after(sets(*reversed(HIDDEN))),
            {"my.x": "1"},
            Questions(HIDDEN, False, False),
        ),
        # Of its default nothing tells but the view.
        (after(sets("work_mem")), {}, Questions(HIDDEN, True, False)),
        (
            after(sets("work_mem", "my.x")),
            {"my.y": "1", "timezone": "CET"},
            Questions(("my.x", "my.y", *HIDDEN), True, False),
        ),
        (after(sets()), {"my.x": "1"}, Questions(("my.x", *HIDDEN), True, False)),
        # There is nothing to reset.
        (after(resets()), {}, Questions((), False, False)),
        (after(resets("work_mem")), {"my.x": "1"}, Questions((), False, False)),
        (after(resets()), {"timezone": "CET"}, Questions((), False, False)),
        (after(resets()), {"my.x": "1"}, Questions(("my.x",), False, False)),
        (after(resets()), {"work_mem": "1MB"}, Questions(HIDDEN, True, False)),
        # Reset and then set to its default, or the other way round?
        (
            after(resets(), sets("timezone")),
            {},
            Questions(HIDDEN, True, False),
        ),
        (after(resets("datestyle"), sets("timezone")), {}, Questions((), False, False)),
        (after(touches(Touch.LOCKS)), {}, Questions((), False, True)),
        (after(touches(Touch.LASTING)), {}, Questions((), False, False)),
        (after(UNSEEN), {}, Questions(HIDDEN, True, True, True)),
        (EVERYTHING, {"my.x": "1"}, Questions(("my.x", *HIDDEN), True, True, True)),
    ],
)
def test_only_what_postgresql_does_not_tell_by_itself_is_asked(
    touched: Touched, now: Mapping[str, str], questions: Questions
) -> None:
    assert touched.questions(ParameterBook().of(now), REPORTED) == questions
