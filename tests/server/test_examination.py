"""What PostgreSQL is asked about its session, and how its answer is read."""

import pytest

from pgpool_py.server.examination import (
    Findings,
    Questions,
    UnknownStateError,
    ask,
    read,
)
from pgwire.backend import DataRow
from pgwire.frontend import Bind, Parse
from tests.fixtures.messages import READY, complete, kinds, refused, reported, split

NAMES = Questions(("my.x", "role"), all_parameters=False, holdings=False)
ALL = Questions((), all_parameters=True, holdings=False)
HOLDINGS = Questions((), all_parameters=False, holdings=True)
EVERYTHING = Questions(("role",), all_parameters=True, holdings=True)
UNTIMED = Questions(("role",), all_parameters=True, holdings=True, untimed=True)
PARSED, BOUND = b"1\0\0\0\4", b"2\0\0\0\4"


def answer(*rows: tuple[bytes | None, ...]) -> bytes:
    """Return what answers one Bind and Execute."""
    found = b"".join(DataRow(row).encode() for row in rows)
    return BOUND + found + complete(f"SELECT {len(rows)}")


# It is the user and the role of its start again.
ITSELF = PARSED + answer((b"alice", b"none", b"none"))


# Asking


@pytest.mark.parametrize(
    ("questions", "messages"),
    [
        (NAMES, "PBEBES"),
        (ALL, "PBEPBES"),
        (HOLDINGS, "PBES"),
        (EVERYTHING, "PBEPBEPBEPBES"),
        (UNTIMED, "PBEPBEPBEPBEPBES"),
    ],
)
def test_one_batch_asks_all(questions: Questions, messages: str) -> None:
    assert kinds(ask(questions)) == messages


def test_names_are_values_and_no_text() -> None:
    questions = Questions(("a'b.c", "\udce9.x"), all_parameters=False, holdings=False)
    parsed, *rest = split(ask(questions))
    assert b"a'b.c" not in parsed[1]
    bound = [Bind.decode(body).parameters for kind, body in rest if kind == "B"]
    assert bound == [(b"a'b.c",), (b"\xe9.x",)]


def test_nothing_is_found_in_a_schema_of_the_clients() -> None:
    for kind, body in split(ask(EVERYTHING) + ask(UNTIMED)):
        if kind == "P":
            text = Parse.decode(body).sql
            assert b" = " not in text
            tables = text.split(b" FROM ")[1:]
            assert all(table.startswith(b"pg_catalog.") for table in tables)


# Reading


def test_values_come_in_the_order_of_the_names() -> None:
    replies = PARSED + answer((b"1",)) + answer((None,)) + READY
    found = Findings({"my.x": "1", "role": None}, None, ())
    assert read(replies, NAMES) == found


def test_names_of_parameters_are_in_lower_case() -> None:
    replies = (
        ITSELF + PARSED + answer((b"TimeZone", b"CET"), (b"work_mem", None)) + READY
    )
    assert read(replies, ALL) == Findings({}, {"timezone": "CET", "work_mem": ""}, ())


@pytest.mark.parametrize("held", [(), ("advisory lock",), ("temporary object", "x")])
def test_holdings_come_in_words(held: tuple[str, ...]) -> None:
    replies = PARSED + answer(*((word.encode(),) for word in held)) + READY
    assert read(replies, HOLDINGS) == Findings({}, None, held)


def test_statements_with_names_such_as_ours_are_no_holdings() -> None:
    replies = PARSED + answer((b"prepared statement",), (b"pgpool_ab",)) + READY
    held = ("prepared statement",)
    assert read(replies, HOLDINGS) == Findings({}, None, held, renamed=(b"pgpool_ab",))


def test_who_it_is_is_asked_before_it_is_itself_again() -> None:
    sent = [
        Parse.decode(body).sql for kind, body in split(ask(EVERYTHING)) if kind == "P"
    ]
    assert [b"'session_authorization', NULL" in text for text in sent] == [
        False,
        True,
        False,
        False,
    ]


def test_all_of_it_is_one_answer() -> None:
    replies = (
        PARSED
        + answer((b"none",))
        + ITSELF
        + PARSED
        + answer((b"work_mem", b"1MB"))
        + PARSED
        + answer((b"advisory lock",))
        + READY
    )
    found = Findings({"role": "none"}, {"work_mem": "1MB"}, ("advisory lock",))
    assert read(replies, EVERYTHING) == found


def test_what_the_timeout_was_is_no_answer() -> None:
    replies = (
        PARSED
        + answer((b"5ms", b"0"))
        + PARSED
        + answer((b"none",))
        + ITSELF
        + PARSED
        + answer((b"statement_timeout", b"5ms"))
        + PARSED
        + answer()
        + READY
    )
    found = Findings({"role": "none"}, {"statement_timeout": "5ms"}, ())
    assert read(replies, UNTIMED) == found


def test_bytes_that_are_no_text_survive() -> None:
    replies = PARSED + answer((b"\xe9",)) + answer((b"none",)) + READY
    assert read(replies, NAMES).parameters["my.x"] == "\udce9"


def test_what_is_reported_in_between_does_not_matter() -> None:
    replies = PARSED + reported("TimeZone", "CET") + answer() + READY
    assert read(replies, HOLDINGS) == Findings({}, None, ())


def test_an_error_says_what_is_not_known() -> None:
    replies = PARSED + answer((b"1",)) + refused("canceling", "57014") + READY
    with pytest.raises(UnknownStateError, match="canceling"):
        read(replies, NAMES)


@pytest.mark.parametrize(
    "replies",
    [
        b"",
        READY,
        PARSED + answer((b"1",)) + READY,
        # No row, two rows, two columns.
        PARSED + answer() + answer((b"1",)) + READY,
        PARSED + answer((b"1",), (b"2",)) + answer((b"1",)) + READY,
        PARSED + answer((b"1", b"2")) + answer((b"1",)) + READY,
        # A row of which not all is there.
        PARSED + BOUND + b"D\0\0\0\x0a\0\1\0\0\0\5" + READY,
    ],
)
def test_another_answer_than_was_asked_for_is_none(replies: bytes) -> None:
    with pytest.raises(UnknownStateError):
        read(replies, NAMES)


@pytest.mark.parametrize("row", [(b"work_mem",), (b"work_mem", b"1MB", b"x")])
def test_a_parameter_is_a_name_and_a_value(row: tuple[bytes, ...]) -> None:
    with pytest.raises(UnknownStateError):
        read(PARSED + answer(row) + READY, ALL)


def test_all_statements_of_our_names_are_told_where_they_are_asked_for() -> None:
    questions = Questions((), all_parameters=False, holdings=False, statements=True)
    assert not questions.nothing
    assert kinds(ask(questions)) == "PBES"
    names = [b"pgpool_1", b"pgpool_\xe4"]
    rows = b"".join(DataRow((name,)).encode() for name in names)
    found = read(rows + complete() + READY, questions)
    assert found.statements == frozenset(names)
    assert read(complete() * 5 + READY, HOLDINGS).statements is None
