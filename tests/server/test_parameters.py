"""Sets of session parameters, and what turns one into another."""

import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.server.parameters import ParameterBook, changes, tracked

VALUES = st.dictionaries(
    st.sampled_from(["client_encoding", "datestyle", "timezone", "zz"]),
    st.sampled_from(["", "a", "b"]),
)


def test_equal_sets_are_one_object() -> None:
    book = ParameterBook()
    assert book.of({"a": "1", "b": "2"}) is book.of({"b": "2", "a": "1"})
    assert book.of({}) is book.defaults


def test_a_set_that_nobody_has_is_forgotten() -> None:
    book = ParameterBook()
    held = book.of({"a": "1"})
    alive = weakref.ref(held)
    assert book.of({"a": "1"}) is held
    # In no circle: gone at once. gc.collect() would blame this test for the garbage,
    # such as an open socket, that others have left.
    del held
    assert alive() is None
    # The defaults, which somebody always has.
    assert len(book) == 1
    assert book.of({"a": "1"}).values == {"a": "1"}


def test_a_set_cannot_be_changed_by_who_gave_its_values() -> None:
    book = ParameterBook()
    values = {"a": "1"}
    made = book.of(values)
    values["a"] = "2"
    assert made.values == {"a": "1"}


def test_a_value_of_the_default_is_left_out() -> None:
    book = ParameterBook()
    cet = book.with_value(book.defaults, "timezone", "CET", "UTC")
    assert cet.values == {"timezone": "CET"}
    assert book.with_value(cet, "timezone", "UTC", "UTC") is book.defaults


def test_a_value_that_is_in_force_already_changes_nothing() -> None:
    book = ParameterBook()
    assert book.with_value(book.defaults, "timezone", "UTC", "UTC") is book.defaults
    cet = book.of({"timezone": "CET"})
    assert book.with_value(cet, "timezone", "CET", "UTC") is cet


def test_client_encoding_is_changed_first_for_the_rest_is_decoded_by_it() -> None:
    book = ParameterBook()
    wanted = book.of({"application_name": "x", "client_encoding": "LATIN1"})
    assert changes(book.of({"timezone": "CET"}), wanted) == [
        ("client_encoding", "LATIN1"),
        ("application_name", "x"),
        ("timezone", None),
    ]


def test_a_set_that_is_in_force_needs_no_change() -> None:
    book = ParameterBook()
    assert changes(book.of({"a": "1"}), book.of({"a": "1"})) == []


BOB = {"role": "bob"}
EVE = {"session_authorization": "eve"}


@pytest.mark.parametrize(
    ("now", "wanted", "done"),
    [
        (BOB, BOB, []),
        ({}, BOB, [("role", "bob")]),
        (BOB, {}, [("role", None)]),
        # Who is bob may not be allowed to become another.
        (BOB, {"role": "ann"}, [("role", None), ("role", "ann")]),
        (
            {},
            {**BOB, **EVE},
            [("session_authorization", "eve"), ("role", "bob")],
        ),
        (
            {**BOB, **EVE},
            {},
            [("session_authorization", None), ("role", None)],
        ),
        # A change of the session's user takes the role away, which is set again.
        (
            BOB,
            {**BOB, **EVE},
            [("role", None), ("session_authorization", "eve"), ("role", "bob")],
        ),
        (
            BOB,
            {**EVE, "client_encoding": "LATIN1", "jit": "off"},
            [
                ("role", None),
                ("client_encoding", "LATIN1"),
                ("jit", "off"),
                ("session_authorization", "eve"),
            ],
        ),
        # Bob may not set what was set before he was bob.
        (
            {**BOB, "jit": "off"},
            {**BOB, "log_duration": "on"},
            [
                ("role", None),
                ("jit", None),
                ("log_duration", "on"),
                ("role", "bob"),
            ],
        ),
    ],
)
def test_parameters_are_set_by_who_the_server_has_logged_in_as(
    now: dict[str, str], wanted: dict[str, str], done: list[tuple[str, str | None]]
) -> None:
    book = ParameterBook()
    assert changes(book.of(now), book.of(wanted)) == done


@given(VALUES, VALUES)
def test_the_changes_turn_one_set_into_the_other(
    now: dict[str, str], wanted: dict[str, str]
) -> None:
    book = ParameterBook()
    state = dict(now)
    for name, value in changes(book.of(now), book.of(wanted)):
        assert state.get(name) != value, "a change that changes nothing"
        if value is None:
            del state[name]
        else:
            state[name] = value
    assert state == wanted


def test_what_no_set_can_change_is_not_tracked() -> None:
    assert tracked(["DateStyle", "server_version", "is_superuser", "TimeZone"]) == [
        "datestyle",
        "timezone",
    ]
