"""What is asked about volatile functions, and how the answer is read."""

import pytest

from pgpool_py.server.volatile import (
    ASK,
    MOST_BYTES,
    MOST_NAMES,
    UnknownFunctionsError,
    read,
)
from pgwire.backend import DataRow
from pgwire.frontend import Parse
from tests.fixtures.messages import READY, complete, kinds, refused, split


def answer(*names: bytes) -> bytes:
    """Return what answers the question."""
    rows = b"".join(DataRow((name,)).encode() for name in names)
    return b"1\0\0\0\4" + b"2\0\0\0\4" + rows + complete(f"SELECT {len(names)}") + READY


def test_one_batch_asks_and_finds_nothing_in_a_schema_of_a_client() -> None:
    assert kinds(ASK) == "PBES"
    text = Parse.decode(split(ASK)[0][1]).sql
    for operator in (b" = ", b" >= ", b" <> ", b" !~ ", b" IN "):
        assert operator not in text
    tables = text.split(b"FROM ")[1:]
    assert all(table.startswith(b"pg_catalog.") for table in tables)
    # Some client may have switched standard_conforming_strings off.
    assert b"\\" not in text


def test_the_names_are_as_postgresql_has_them() -> None:
    names = frozenset({b"lower", b"Mixed Case"})
    assert read(answer(*names)) == names
    assert read(answer()) == frozenset()


def test_of_too_many_names_none_is_kept() -> None:
    # As long as a name can be.
    names = [b"%063d" % number for number in range(MOST_NAMES)]
    data = answer(*names)
    assert read(data) == frozenset(names)
    assert read(answer(*names, b"one_more")) is None
    assert len(data) < MOST_BYTES


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        (refused("canceling statement") + READY, "canceling statement"),
        (DataRow((b"lower",)).encode(), "the answer has no end"),
        (b"", "the answer has no end"),
        (DataRow((b"a", b"b")).encode(), "the answer is not what was asked for"),
        (b"D\0\0\0\5\0", "the answer is not what was asked for"),
    ],
)
def test_what_is_no_answer_says_so(replies: bytes, told: str) -> None:
    with pytest.raises(UnknownFunctionsError, match=told):
        read(replies)
