"""The rig notices what it is there for, and tells it so that it can be repeated."""

from collections.abc import Callable

import pytest

from pgwire.codes import Target
from pgwire.copying import CopyData, CopyDone
from pgwire.frontend import Describe, Parse, Query, Sync
from tests.integration.wire import Message

from . import houses, player
from .channel import Channel
from .conftest import NewRig
from .conversation import Conversation, Ending, Turn
from .minimising import minimised
from .outstanding import IllegalConversationError
from .report import report
from .session import LOOK
from .tables import table_of

Lie = Callable[[Message], list[Message]]


def query(client: int, sql: str) -> Turn:
    return Turn(client, (Query(sql.encode()),))


WHOLE = Conversation(
    (
        query(0, "BEGIN"),
        query(1, "SELECT 'one'"),
        Turn(0, (Sync(), Query(b"SELECT 'zero'"), Sync()), cuts=(3, 12)),
        query(0, "COMMIT"),
        query(1, "SELECT 'one' || ' more'"),
    ),
    servers=1,
)


def lie(monkeypatch: pytest.MonkeyPatch, tell: Lie) -> None:
    """Let the pooler's clients hear something else than what it says."""

    class Liar(Channel):
        def _take(self, message: Message) -> None:
            for told in tell(message):
                super()._take(told)

    class LyingPooler(houses.Pooler):
        channel = Liar

    monkeypatch.setattr("tests.differential.rig.Pooler", LyingPooler)


def dropped(message: Message) -> list[Message]:
    return [] if message == Message("C", b"COMMIT\0") else [message]


def doubled(message: Message) -> list[Message]:
    return [message] * (1 + (message == Message("C", b"COMMIT\0")))


def changed(message: Message) -> list[Message]:
    told = message.body.replace(b"COMMIT", b"ROLLBK")
    return [Message(message.kind, told)]


@pytest.mark.parametrize("tell", [dropped, doubled, changed])
def test_a_wrong_reply_is_found_and_cut_down_to_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, new_rig: NewRig, tell: Lie
) -> None:
    lie(monkeypatch, tell)
    rig = new_rig(1)
    smallest = minimised(WHOLE, lambda candidate: rig.judge(candidate) is not None)
    assert smallest.turns == (query(0, "COMMIT"),)
    difference = rig.judge(smallest)
    assert difference is not None
    text = report(difference, smallest, "this test")
    assert "reply 2 to client 0 is not PostgreSQL's" in text or tell is not doubled
    assert "1. client 0\n       Query(sql=b'COMMIT')" in text


def test_a_client_that_must_wait_for_a_server_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, new_rig: NewRig
) -> None:
    # So that a busy machine is not taken for a pooler that keeps silent.
    monkeypatch.setattr(player, "STALL", player.PATIENCE)
    rig = new_rig(1)
    assert rig.judge(WHOLE) is None
    assert rig.stalls == 0


def test_what_a_client_leaves_open_is_gone_in_both_houses(new_rig: NewRig) -> None:
    rig = new_rig(1)
    table = table_of(0)
    insert = f"INSERT INTO {table} VALUES (50, 1)"
    for ending in Ending:
        turns = (
            query(0, f"BEGIN; {insert}"),
            Turn(0, (), ending=ending),
            query(1, "SELECT 1"),
        )
        assert rig.judge(Conversation(turns, 1)) is None


def test_a_write_that_only_one_of_them_has_done_is_found(
    monkeypatch: pytest.MonkeyPatch, new_rig: NewRig
) -> None:
    class Committing(houses.Pooler):
        def leave(self, channel: Channel) -> bool:
            channel.socket.setblocking(True)
            channel.socket.sendall(Query(b"COMMIT").encode())
            channel.read_to("Z")
            return super().leave(channel)

    monkeypatch.setattr("tests.differential.rig.Pooler", Committing)
    sql = f"BEGIN; DELETE FROM {table_of(0)} WHERE id = 3"
    difference = new_rig(1).judge(Conversation((query(0, sql),), 1))
    assert difference is not None
    assert difference.what.startswith("the table of client 0 holds")


def test_a_conversation_that_postgresql_will_not_have_is_refused(
    new_rig: NewRig,
) -> None:
    copy = f"COPY {table_of(0)} (id, n) FROM STDIN"
    turns = (query(0, copy), query(0, "SELECT 1"))
    rig = new_rig(1)
    with pytest.raises(IllegalConversationError):
        rig.judge(Conversation(turns, 1))
    # It has left nothing behind that would disturb the next one.
    data = Turn(0, (CopyData(b"7\t7\n"), CopyDone()))
    assert rig.judge(Conversation((query(0, copy), data), 1)) is None


def test_a_statement_that_a_server_lacks_may_not_be_described_when_all_has_failed(
    new_rig: NewRig,
) -> None:
    turns = (
        query(0, "BEGIN"),
        # On the other server, which somebody else has by then.
        Turn(1, (Parse(b"s", b"SET work_mem = '7MB'"), Sync())),
        query(2, "BEGIN"),
        query(0, "COMMIT"),
        query(1, "BEGIN; SELECT 1 / 0"),
        Turn(1, (Describe(Target.STATEMENT, b"s"), Sync())),
        query(1, "ROLLBACK"),
        query(2, "COMMIT"),
    )
    assert new_rig(2).judge(Conversation(turns, 2)) is None


SHARED = [
    ("SET work_mem = '7MB'", LOOK),
    ("SET ROLE rig_reader", LOOK),
    ("SET rig.word = 'leaks'", LOOK),
    ("LISTEN a", "NOTIFY a"),
    ("PREPARE s AS SELECT 1", "EXECUTE s"),
    ("CREATE TEMP TABLE mine (client int)", "SELECT client FROM mine"),
    ("SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)"),
    ("DECLARE h CURSOR WITH HOLD FOR SELECT 1", "FETCH 1 FROM h"),
]


@pytest.mark.parametrize(("before", "after"), SHARED)
def test_what_a_client_leaves_to_another_is_found(
    new_rig: NewRig, before: str, after: str
) -> None:
    rig = new_rig(1, session_state="ignore")
    assert rig.judge(Conversation((query(0, before), query(1, after)), 1)) is not None
