"""Where messages end, and which ones a server may be sent."""

import pytest

from pgwire.codes import Frontend
from pgwire.errors import ProtocolViolation
from pgwire.framing import FRONTEND_LENGTHS, check_request, message_end, messages

LONGEST = 0x3FFFFFFE


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_message_ends_behind_its_body(kind: type[bytes]) -> None:
    buffer = kind(b"??Q\0\0\0\x09")
    assert message_end(buffer, 2) == 2 + 1 + 9


@pytest.mark.parametrize("kind", FRONTEND_LENGTHS)
def test_the_bounds_of_each_message(kind: int) -> None:
    least, most = FRONTEND_LENGTHS[kind]
    check_request(kind, least)
    check_request(kind, most)
    for length in (least - 1, most + 1):
        with pytest.raises(ProtocolViolation, match=f"invalid message length {length}"):
            check_request(kind, length)


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        (Frontend.QUERY, 5),  # an empty string
        (Frontend.PARSE, 8),  # two empty strings, no types
        (Frontend.BIND, 12),  # two empty strings, three counts
        (Frontend.DESCRIBE, 6),  # a kind and an empty name
        (Frontend.EXECUTE, 9),  # an empty name and a count
        (Frontend.SYNC, 4),
        (Frontend.FUNCTION_CALL, 14),  # an OID, two counts and a format
        (Frontend.COPY_DATA, 4),
        (Frontend.COPY_FAIL, 5),  # an empty string
    ],
)
def test_the_shortest_of_each(kind: int, least: int) -> None:
    assert FRONTEND_LENGTHS[kind][0] == least


@pytest.mark.parametrize("kind", b"p\0?ZzGW1")
def test_other_types_are_refused(kind: int) -> None:
    with pytest.raises(
        ProtocolViolation, match=f"invalid frontend message type 0x{kind:02X}"
    ):
        check_request(kind, 4)


def test_a_limit_of_the_callers_holds_too() -> None:
    check_request(Frontend.QUERY, 1000, limit=1000)
    with pytest.raises(ProtocolViolation) as refused:
        check_request(Frontend.QUERY, 1001, limit=1000)
    assert refused.value.detail == "The length must be between 5 and 1000."


def test_a_negative_length_is_refused() -> None:
    # The word is signed in PostgreSQL, and read unsigned here.
    with pytest.raises(ProtocolViolation):
        check_request(Frontend.COPY_DATA, 0xFFFFFFFF)
    check_request(Frontend.COPY_DATA, LONGEST)


def test_whole_messages_are_taken_apart() -> None:
    assert list(messages(b"")) == []
    assert list(messages(b"1\0\0\0\x04Z\0\0\0\x05I")) == [(0x31, b""), (0x5A, b"I")]
