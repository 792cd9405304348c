"""Two transcripts are compared as far as both must be the same, and no further."""

import pytest

from pgwire.frontend import Query
from tests.integration.wire import Message

from .channel import Channel
from .comparison import compare, compare_contents
from .outstanding import Outstanding
from .streams import Transcript, comparable_login, describe, split
from .tolerance import are_same, unsaid


def transcript(
    kinds: str, certain: int = 0, *, complete: bool = True, ended: bool = False
) -> Transcript:
    messages = [Message(kind, b"") for kind in kinds]
    return Transcript((), messages, certain, complete, ended)


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        (transcript("TDCZ", 4), transcript("TDCZ")),
        # What was on its way when the client left.
        (transcript("TDCZ", 2), transcript("TD")),
        (transcript("12", 1, complete=False), transcript("12C")),
    ],
)
def test_what_may_be_different_is_let_pass(wanted: Transcript, got: Transcript) -> None:
    assert compare({0: wanted}, {0: got}) is None


@pytest.mark.parametrize(
    ("wanted", "got", "reply", "what"),
    [
        (transcript("TDCZ", 4), transcript("TDDZ"), 2, "not PostgreSQL's"),
        (transcript("TDCZ", 4), transcript("TDC"), 3, "waits for reply 3"),
        (transcript("CZ", 2), transcript("CZZ"), 2, "not PostgreSQL's"),
        (transcript("CZ", 2), transcript("CZ", ended=True), 2, "lost its connection"),
    ],
)
def test_a_difference_is_told_by_its_place(
    wanted: Transcript, got: Transcript, reply: int, what: str
) -> None:
    difference = compare({3: wanted}, {3: got})
    assert difference is not None
    assert (difference.client, difference.reply) == (3, reply)
    assert what in difference.what


def test_a_wrong_reply_comes_before_one_that_is_missing() -> None:
    wanted = transcript("CZ", 2)
    found = compare({0: wanted, 1: wanted}, {0: transcript("C"), 1: transcript("CD")})
    assert found is not None
    assert found.client == 1


def test_another_greeting_is_a_difference() -> None:
    wanted = Transcript((Message("S", b"DateStyle\0ISO\0"),), [], 0, complete=True)
    got = Transcript((Message("S", b"DateStyle\0German\0"),), [], 0, complete=True)
    difference = compare({0: wanted}, {0: got})
    assert difference is not None
    assert "was greeted differently" in difference.what


def test_the_greeting_is_compared_without_key_and_order() -> None:
    ready, parameter = Message("Z", b"I"), Message("S", b"a\0b\0")
    one = comparable_login([parameter, Message("K", b"key"), ready])
    assert one == comparable_login([ready, parameter])


def test_other_contents_of_a_table_are_told() -> None:
    assert compare_contents(["a", "b"], ["a", "b"]) == ""
    told = compare_contents(["a", "b"], ["a", "c"])
    assert told.startswith("the table of client 1 holds 'c'")


def test_messages_are_split_wherever_the_bytes_were_cut() -> None:
    # C, Int32 length 4 + 3, "OK" and its end; Z, Int32 length 4 + 1, and no status yet
    buffer = bytearray(b"C\0\0\0\x07OK\0Z\0\0\0\x05")
    assert split(buffer) == [Message("C", b"OK\0")]
    buffer += b"I"
    assert split(buffer) == [Message("Z", b"I")]
    assert not buffer


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (Message("Z", b"I"), "Z b'I'"),
        (Message("1", b""), "1"),
        (Message("E", b"SERROR\0C22012\0\0"), "E S='ERROR' C='22012'"),
        # Int16 two columns: Int32 length 1; Int32 -1
        (Message("D", b"\0\2\0\0\0\1x\xff\xff\xff\xff"), "D b'x', NULL"),
    ],
)
def test_a_message_is_one_line(message: Message, line: str) -> None:
    assert describe(message) == line


def test_differences_are_of_a_kind_where_the_same_replies_differ() -> None:
    error = Message("E", b"SERROR\0C26000\0M\0\0")
    wanted = transcript("12CZ", 4)
    found = Transcript((), [*wanted.messages[:2], error])
    difference = compare({3: wanted}, {3: found})
    assert difference is not None
    assert difference.kind == ("C", "E26000")


HEARD = ["a: 1", "a: 2", "b: 1"]


def heard(*notifications: str, hears_all: bool = True) -> dict[int, Transcript]:
    """Return what a client was told that was told nothing else."""
    transcript = Transcript(notifications=list(notifications), hears_all=hears_all)
    return {0: transcript}


@pytest.mark.parametrize(
    "strange", [["a: 2", "a: 1"], ["a: 1", "a: 1"], ["a: 1", "c: 9"], [*HEARD, "b: 1"]]
)
def test_a_notification_that_was_not_sent_at_that_place_is_a_difference(
    strange: list[str],
) -> None:
    for hears_all in (True, False):
        found = compare(heard(*HEARD, hears_all=hears_all), heard(*strange))
        assert found is not None
        assert "was notified of" in found.what


def test_a_notification_is_missed_unless_its_client_may_have_gone() -> None:
    found = compare(heard(*HEARD), heard("a: 1", "b: 1"))
    assert found is not None
    assert "was not notified of 1 of" in found.what
    assert compare(heard(*HEARD, hears_all=False), heard("a: 1", "b: 1")) is None


def about(sqlstate: str, text: str) -> Message:
    """Return an error about a prepared statement."""
    return Message("E", f"SERROR\0C{sqlstate}\0M{text}\0\0".encode())


@pytest.mark.parametrize("sqlstate", ["08P01", "42P05", "42601"])
def test_of_two_names_of_one_statement_an_error_has_any(sqlstate: str) -> None:
    wanted = about(sqlstate, 'prepared statement "a" is there')
    assert are_same(wanted, about(sqlstate, 'prepared statement "b" is there'))
    assert not are_same(wanted, about(sqlstate, 'prepared statement "b" is gone'))
    ours = about(sqlstate, 'prepared statement "pgpool_b" is there')
    assert not are_same(wanted, ours)


def test_an_error_about_a_name_that_is_not_in_use_has_that_name() -> None:
    wanted = about("26000", 'prepared statement "a" does not exist')
    assert not are_same(wanted, about("26000", 'prepared statement "b" does not exist'))


def test_who_may_not_use_a_schema_may_be_told_that_instead_of_the_table() -> None:
    table = about("42501", "permission denied for table t")
    schema = about("42501", "permission denied for schema s")
    assert are_same(table, schema)
    assert not are_same(schema, table)
    assert not are_same(about("42P01", "no t"), schema)


def test_a_batch_is_let_pass_that_fails_for_want_of_a_statement_to_describe() -> None:
    failed = "SERROR\0C25P02\0MNo\0R{}\0\0"
    ours = Message("E", failed.format("exec_parse_message").encode())
    theirs = Message("E", failed.format("exec_bind_message").encode())
    wanted = transcript("tnEZCZ").messages
    assert unsaid(wanted, ours) == wanted[:3]
    assert not unsaid(wanted, theirs)
    # Of one that returns rows, PostgreSQL would not have said so.
    assert not unsaid(transcript("tTZ").messages, ours)


def test_parameters_that_change_together_are_reported_in_any_order_once_each() -> None:
    one, two = Message("S", b"a\0001\0"), Message("S", b"b\0002\0")
    end = Message("Z", b"I")

    def differs(*got: Message) -> bool:
        wanted = Transcript((), [one, two, end], 3, complete=True)
        return compare({0: wanted}, {0: Transcript((), list(got), 0)}) is not None

    assert not differs(one, two, end)
    assert not differs(two, one, end)
    assert differs(two, two, end)
    assert differs(two, end)
    assert differs(one, Message("S", b"b\0003\0"), end)


def test_who_listens_again_behind_a_chain_may_hear_more() -> None:
    wanted = heard("a: 1", hears_all=False)
    wanted[0].hears_more = True
    assert compare(wanted, heard("a: 0", "a: 1")) is None


def said(*texts: bytes) -> bool:
    """Return whether who says this may hear more than from PostgreSQL."""
    channel = Channel.__new__(Channel)
    channel.transcript, channel.outstanding = Transcript(), Outstanding()
    channel._unlistened = channel.may_be_pinned = False
    channel.note_sent([Query(text) for text in texts])
    return channel.transcript.hears_more


def test_that_is_who_unlistens_in_a_transaction_that_is_chained() -> None:
    assert said(b"BEGIN", b"UNLISTEN *", b"COMMIT AND CHAIN")
    assert said(b"UNLISTEN a", b"ROLLBACK TO s", b"COMMIT AND CHAIN", b"COMMIT")
    assert not said(b"BEGIN", b"UNLISTEN *", b"COMMIT", b"BEGIN", b"COMMIT AND CHAIN")
    assert not said(b"BEGIN", b"COMMIT AND CHAIN", b"UNLISTEN *", b"COMMIT")
