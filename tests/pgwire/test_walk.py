"""Following messages that are passed on: where they end, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.codes import Backend, Frontend
from pgwire.errors import ProtocolViolation
from pgwire.walk import MessageWalk

# Query "a", CopyData of three bytes, Sync
STREAM = b"Q\0\0\0\x06a\0" + b"d\0\0\0\x07xyz" + b"S\0\0\0\4"
TERMINATE = b"X\0\0\0\4"


def follow(walk: MessageWalk, data: bytes) -> int:
    return walk.follow(memoryview(data))


def test_before_the_first_message_none_has_begun() -> None:
    walk = MessageWalk.of_client()
    assert (walk.mid_message, walk.last, walk.stopped) == (False, 0, False)


def test_whole_messages_leave_nothing_begun() -> None:
    walk = MessageWalk.of_client()
    assert follow(walk, STREAM) == len(STREAM)
    assert (walk.mid_message, walk.last) == (False, Frontend.SYNC)


@given(st.integers(1, len(STREAM) - 1))
def test_it_does_not_matter_where_the_stream_is_cut(cut: int) -> None:
    walk = MessageWalk.of_client()
    assert follow(walk, STREAM[:cut]) == cut
    # The messages have 7 and 8 bytes.
    assert walk.mid_message is (cut not in {7, 15})
    follow(walk, STREAM[cut:])
    assert (walk.mid_message, walk.last) == (False, Frontend.SYNC)


def test_byte_by_byte_every_message_is_seen() -> None:
    walk = MessageWalk.of_client()
    seen = []
    for index in range(len(STREAM)):
        follow(walk, STREAM[index : index + 1])
        seen += [] if walk.mid_message else [walk.last]
    assert bytes(seen) == b"QdS"


def test_a_client_is_followed_to_its_terminate_and_no_further() -> None:
    walk = MessageWalk.of_client()
    assert follow(walk, STREAM + TERMINATE + b"nonsense") == len(STREAM + TERMINATE)
    assert walk.stopped
    assert follow(walk, STREAM) == 0


def test_a_server_has_no_last_message() -> None:
    walk = MessageWalk.of_server()
    # Kinds that a client's stream would not survive.
    replies = b"Z\0\0\0\5I" + b"\x01\0\0\0\4"
    assert follow(walk, replies) == len(replies)
    assert (walk.stopped, walk.last) == (False, 1)


@pytest.mark.parametrize(
    "head",
    [
        b"!\0\0\0\4",  # no such type
        b"p\0\0\0\5",  # a password, which may only be sent at login
        b"S\0\0\0\5",  # Sync has no body
        b"Q\xff\xff\xff\xff",  # above every limit
    ],
)
def test_a_header_that_no_server_would_survive_is_refused(head: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        follow(MessageWalk.of_client(), head)


@pytest.mark.parametrize("length", [b"\0\0\0\3", b"\x7f\xff\xff\xff"])
def test_a_reply_of_impossible_length_is_refused(length: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="0x44"):
        follow(MessageWalk.of_server(), bytes((Backend.DATA_ROW,)) + length)
